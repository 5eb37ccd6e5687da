/// The wait that a provider asks for (Provider facts, "Headers").
package enum RetryAfter {
    /// The larger of `retry-after-ms` and `retry-after` (seconds, with or without a fraction, or an HTTP date).
    ///
    /// Azure sends `retry-after: 1` beside `retry-after-ms: 0`, hence the larger. LiteLLM passes an upstream's field
    /// on under a name of its own. Meant for failures only: Anthropic sends the field with successes too.
    /// - Parameter now: Unix seconds, to which a date is compared where the head has no date of its own.
    package static func wait(_ head: ResponseHead, now: Double) -> Duration? {
        let milliseconds = head["retry-after-ms"].flatMap { number($0) }.map { $0 / 1000 }
        let seconds = (head["retry-after"] ?? head["llm_provider-retry-after"]).flatMap { text in
            number(text) ?? HTTPDate.unixSeconds(text).map { max(0, $0 - (head.date ?? now)) }
        }
        return [milliseconds, seconds].compactMap { $0 }.max().flatMap { duration(seconds: $0) }
    }

    /// The wait of a number of seconds, rounded up to whole milliseconds; nil for a negative number and for what is no
    /// number.
    ///
    /// A day is the longest wait that is believed; more is a mistake in the unit.
    static func duration(seconds: Double) -> Duration? {
        guard seconds >= 0 else { return nil }
        return HeaderDuration.duration(seconds: min(seconds, 86_400))
    }

    private static func number(_ text: String) -> Double? { HeaderDuration.number(text.trimmingBlanks) }
}

/// The wait that a server asks for only in its words: "Please try again in 6.2s", "retry after 20 seconds".
enum WaitInWords {
    /// What stands before a length of time, in lower case.
    private static let openings = [
        "try again in", "try again after", "try again later in", "retry in", "retry after", "retry your request in",
        "retry your request after", "retry-after", "retry_after", "retrydelay", "retry delay", "wait", "resets in",
        "reset in", "resets after", "reset after", "available in", "available again in", "back in", "cooldown of",
        "cool down for", "next request in",
    ]

    private static let units: [(names: [String], seconds: Double)] = [
        (["ms", "msec", "msecs", "millisecond", "milliseconds"], 0.001),
        (["s", "sec", "secs", "second", "seconds"], 1), (["m", "min", "mins", "minute", "minutes"], 60),
        (["h", "hr", "hrs", "hour", "hours"], 3600), (["d", "day", "days"], 86_400),
    ]

    /// The longest wait that a message asks for, in seconds; nil where it asks for none.
    static func seconds(_ message: String) -> Double? {
        // No more than is shown; the rest of a long message is what somebody sent.
        let text = message.prefix(2048).lowercased()
        var longest: Double?
        for opening in openings {
            for range in text.ranges(of: opening) {
                guard let seconds = length(text[range.upperBound...]) else { continue }
                longest = max(longest ?? 0, seconds)
            }
        }
        return longest
    }

    /// The length of time at the beginning of a text: `6.2s`, `1m30s`, `about 20 seconds`, `1 hour and 5 minutes`,
    /// `: "34s"`.
    private static func length(_ text: Substring) -> Double? {
        var rest = skipping(text, "about", "approximately", "another", "at", "least", "for", "~", "is", "of")
        var total: Double?
        while let (value, unit, tail) = part(rest) {
            guard let unit else {
                // A bare number is of seconds, and the only part; not one of a date or of a time of day.
                if let total { return total }
                return isInMidst(tail) || value > longestBare ? nil : value
            }
            total = (total ?? 0) + value * unit
            rest = skipping(tail, "and")
        }
        return total.flatMap { $0.isFinite ? $0 : nil }
    }

    /// Passes over marks and these words.
    private static func skipping(_ text: Substring, _ words: String...) -> Substring {
        var rest = text
        while true {
            rest = rest.drop { $0.isWhitespace || ":=\"'`*,(~".contains($0) }
            guard let word = words.first(where: { rest.hasPrefix($0) && !isLetter(rest.dropFirst($0.count).first) })
            else {
                return rest
            }
            rest = rest.dropFirst(word.count)
        }
    }

    /// A bare number above is a time since 1970.
    private static let longestBare = 1e8

    /// Whether digits go on behind a mark, as those of `2026-11-29`, `12:30` and `1/2` do.
    private static func isInMidst(_ text: Substring) -> Bool {
        guard let mark = text.first, "-:/".contains(mark) else { return false }
        return text.dropFirst().first?.isNumber ?? false
    }

    private static func isLetter(_ character: Character?) -> Bool { character.map(\.isLetter) ?? false }

    /// `a minute`, `one hour`: how long the words are, and the unit.
    private static func one(_ text: Substring) -> (length: Int, unit: (names: [String], seconds: Double))? {
        guard let word = ["a ", "an ", "one "].first(where: { text.hasPrefix($0) }) else { return nil }
        let name = text.dropFirst(word.count).prefix { $0.isLetter }
        guard name.count > 2, let unit = units.first(where: { $0.names.contains(String(name)) }) else { return nil }
        return (word.count + name.count, unit)
    }

    /// A number with its unit, and what follows it.
    private static func part(_ text: Substring) -> (value: Double, unit: Double?, rest: Substring)? {
        if let (word, unit) = one(text) { return (1, unit.seconds, text.dropFirst(word)) }
        var digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == "." || $0 == ",") }
        // A point or comma at the end is the sentence's.
        while let last = digits.last, !last.isNumber { digits = digits.dropLast() }
        // A comma before three digits parts thousands.
        let groups = digits.split(separator: ",", omittingEmptySubsequences: false)
        if groups.dropFirst().contains(where: { $0.prefix { $0 != "." }.count != 3 }) { digits = groups[0] }
        guard let value = HeaderDuration.number(digits.filter { $0 != "," }) else { return nil }
        let behind = text[digits.endIndex...]
        let spaced = behind.drop { $0 == " " || $0 == "-" }
        let name = spaced.prefix { $0.isLetter }
        guard let unit = units.first(where: { $0.names.contains(String(name)) }) else { return (value, nil, behind) }
        return (value, unit.seconds, spaced[name.endIndex...])
    }
}
