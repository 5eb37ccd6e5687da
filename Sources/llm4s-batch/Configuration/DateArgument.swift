import ArgumentParser
import LLMStreaming

/// A day or a time as it is typed: `2026-11-01`, which begins at midnight of UTC, or `2026-11-01T12:00:00Z`.
struct DateArgument: ExpressibleByArgument, Equatable, Sendable {
    var unixMilliseconds: Int64

    init?(argument: String) {
        let time = argument.utf8.count == 10 ? argument + "T00:00:00Z" : argument
        guard let seconds = InternetTime.unixSeconds(time) else { return nil }
        unixMilliseconds = NumberGate.unixMilliseconds(seconds: seconds)
    }
}
