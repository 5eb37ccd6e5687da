import LLMStreaming

/// What the system says the time is, as far as it is believed.
package enum TimeOfDay {
    /// Unix milliseconds, to ten years before the last that a row may hold: whatever is waited for comes after it.
    package static let range = 0...NumberGate.unixMilliseconds.upperBound - 315_576_000_000

    /// The nearest time that is believed.
    package static func believed(_ milliseconds: Int64) -> Int64 { milliseconds.clamped(to: range) }
}

/// The numbers of a run's seconds: they follow the time of day, but not back.
///
/// A date that is set back would give the numbers of seconds that are written already, and none for as long as it was set
/// back by.
package struct SecondNumbers: Sendable {
    /// The most by which the time of day was ahead of the run's clock, in milliseconds.
    private var offset: Int64?

    package init() {}

    /// The second, in Unix seconds.
    ///
    /// - Parameters:
    ///   - elapsed: by a clock that nobody sets.
    ///   - unixMilliseconds: the time of day.
    package mutating func second(after elapsed: Duration, unixMilliseconds: Int64) -> Int64 {
        let elapsed = elapsed.pastMilliseconds
        let told = TimeOfDay.believed(unixMilliseconds) - elapsed
        let offset = max(offset ?? told, told)
        self.offset = offset
        return (elapsed + offset) / 1000
    }
}
