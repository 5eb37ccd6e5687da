import ArgumentParser

/// What is worth a line on standard error.
enum LogLevel: String, ExpressibleByArgument, CaseIterable, Sendable, Comparable {
    /// Every try that failed.
    case debug
    /// What a run found, what it waits for, how it ended.
    case info
    /// What needs a look.
    case warning
    /// What ended the program.
    case error

    private var rank: Int {
        switch self {
        case .debug: 0
        case .info: 1
        case .warning: 2
        case .error: 3
        }
    }

    static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
}
