import Foundation

/// Numbers in the form of reports.
package enum Figure {
    /// Seconds as milliseconds.
    package static func milliseconds(_ seconds: Double?) -> String {
        guard let seconds else { return "-" }
        let value = seconds * 1000
        return value >= 100 ? String(format: "%.0f", value) : String(format: value >= 1 ? "%.1f" : "%.3f", value)
    }

    /// Seconds with a fitting unit: `500 ms`, `2.5 s`.
    package static func duration(_ seconds: Double) -> String {
        seconds < 1 ? "\(short(seconds * 1000)) ms" : "\(short(seconds)) s"
    }

    /// A number with at most two decimals, and none where it is large.
    package static func short(_ value: Double?) -> String {
        guard let value else { return "-" }
        if value >= 1000 || value == value.rounded() { return String(format: "%.0f", value) }
        return String(format: value >= 10 ? "%.1f" : "%.2f", value)
    }
}

extension Duration {
    /// A duration as it is typed: a number and `ms`, `s`, `m` or `h`; a bare number is seconds.
    package init?(typed text: String) {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let value = Double(digits), value.isFinite, value >= 0 else { return nil }
        let unit: Double
        switch text.dropFirst(digits.count) {
        case "ms": unit = 0.001
        case "", "s": unit = 1
        case "m": unit = 60
        case "h": unit = 3600
        default: return nil
        }
        guard value * unit < 1e9 else { return nil }
        self = .microseconds(Int64((value * unit * 1e6).rounded()))
    }
}
