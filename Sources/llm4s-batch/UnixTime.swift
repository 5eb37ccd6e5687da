import BatchEngine
import Foundation
import LLMStreaming

/// The time of day as tables hold it.
enum UnixTime {
    static var milliseconds: Int64 {
        TimeOfDay.believed(NumberGate.unixMilliseconds(seconds: Date().timeIntervalSince1970))
    }

    /// A time of day as people read it, to the second: `2026-03-01 12:00:03 UTC`.
    static func text(_ milliseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(milliseconds.clamped(to: NumberGate.unixMilliseconds) / 1000))
            .formatted(Date.ISO8601FormatStyle()).replacing("T", with: " ").replacing("Z", with: " UTC")
    }
}
