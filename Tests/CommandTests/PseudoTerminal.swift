import Foundation

/// A terminal for the program under test, made by util-linux's `script`: its output is what a terminal would get.
enum PseudoTerminal {
    /// What stands before the program and its arguments; `%q` of bash keeps them as they are.
    static let launcher = ["/bin/bash", "-c", #"exec script -qefc "$(printf '%q ' "$@")" /dev/null"#, "terminal"]

    /// The same on a terminal of a width in characters.
    private static func launcher(columns: Int) -> [String] {
        ["/bin/bash", "-c", #"exec script -qefc "stty cols \#(columns); $(printf '%q ' "$@")" /dev/null"#, "terminal"]
    }

    static let isAvailable = FileManager.default.isExecutableFile(atPath: "/usr/bin/script")

    /// Runs the program to its end on a terminal.
    ///
    /// - Parameters:
    ///   - environment: what is set beside the terminal's kind.
    ///   - directory: where it runs.
    ///   - typed: what its user types.
    ///   - columns: of the terminal; nil for one that does not say, which is taken for one of 80.
    static func run(
        _ arguments: [String], environment: [String: String] = [:], directory: URL? = nil, typed: String? = nil,
        columns: Int? = nil
    ) async throws -> BatchProcess.Ended {
        try await BatchProcess(
            arguments, environment: ["SHELL": "/bin/bash", "TERM": "xterm"].merging(environment) { $1 },
            directory: directory, input: typed, launcher: columns.map(launcher) ?? launcher
        ).ended()
    }
}
