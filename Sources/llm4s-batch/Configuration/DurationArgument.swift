import ArgumentParser
import LoadTesting

/// A duration as it is typed: a number and `ms`, `s`, `m` or `h`; a bare number is seconds.
struct DurationArgument: ExpressibleByArgument, Equatable, Sendable {
    var duration: Duration

    init(seconds: Int) { duration = .seconds(seconds) }

    /// As it is typed.
    var defaultValueDescription: String {
        let (seconds, attoseconds) = duration.components
        return attoseconds == 0 ? "\(seconds)s" : "\(seconds * 1000 + attoseconds / 1_000_000_000_000_000)ms"
    }

    init?(argument: String) {
        guard let duration = Duration(typed: argument) else { return nil }
        self.duration = duration
    }
}
