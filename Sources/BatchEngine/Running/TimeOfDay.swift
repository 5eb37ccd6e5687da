import LLMStreaming

/// What the system says the time is, as far as it is believed.
package enum TimeOfDay {
    /// Unix milliseconds, to ten years before the last that a row may hold: whatever is waited for comes after it.
    package static let range = 0...NumberGate.unixMilliseconds.upperBound - 315_576_000_000

    /// The nearest time that is believed.
    package static func believed(_ milliseconds: Int64) -> Int64 { milliseconds.clamped(to: range) }
}
