import Foundation

/// The time of day as tables hold it.
enum UnixTime {
    static var milliseconds: Int64 { Int64(Date().timeIntervalSince1970 * 1000) }

    /// A time of day as people read it, to the second: `2026-03-01 12:00:03 UTC`.
    static func text(_ milliseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(milliseconds / 1000))
            .formatted(Date.ISO8601FormatStyle()).replacing("T", with: " ").replacing("Z", with: " UTC")
    }
}
