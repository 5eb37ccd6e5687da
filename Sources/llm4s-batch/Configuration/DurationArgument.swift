import ArgumentParser

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
        let digits = argument.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let value = Double(digits), value.isFinite, value >= 0 else { return nil }
        let unit: Double
        switch argument.dropFirst(digits.count) {
        case "ms": unit = 0.001
        case "", "s": unit = 1
        case "m": unit = 60
        case "h": unit = 3600
        default: return nil
        }
        guard value * unit < 1e9 else { return nil }
        duration = .microseconds(Int64((value * unit * 1e6).rounded()))
    }
}
