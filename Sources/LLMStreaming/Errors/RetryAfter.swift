/// The wait that a provider asks for (WIRE.md 5.4).
package enum RetryAfter {
    /// The larger of `retry-after-ms` and `retry-after` (seconds, with or without a fraction, or an HTTP date).
    ///
    /// Azure sends `retry-after: 1` beside `retry-after-ms: 0`, hence the larger. LiteLLM passes an upstream's field
    /// on under a name of its own. Meant for failures only: Anthropic sends the field with good answers too.
    /// - Parameter now: Unix seconds, to which a date is compared where the head has no date of its own.
    package static func wait(_ head: ProviderResponseHead, now: Double) -> Duration? {
        let milliseconds = head["retry-after-ms"].flatMap { number($0) }.map { $0 / 1000 }
        let seconds = (head["retry-after"] ?? head["llm_provider-retry-after"]).flatMap { text in
            number(text) ?? HTTPDate.unixSeconds(text).map { max(0, $0 - (head.date ?? now)) }
        }
        return [milliseconds, seconds].compactMap { $0 }.max().flatMap { duration(seconds: $0) }
    }

    /// The wait of so many seconds, rounded up to whole milliseconds; nil where it is no number or negative.
    ///
    /// A day is the longest wait that is believed; more is a mistake in the unit.
    static func duration(seconds: Double) -> Duration? {
        guard seconds >= 0 else { return nil }
        return HeaderDuration.duration(seconds: min(seconds, 86_400))
    }

    private static func number(_ text: String) -> Double? { HeaderDuration.number(text.trimmingBlanks) }
}
