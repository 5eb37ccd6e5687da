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
