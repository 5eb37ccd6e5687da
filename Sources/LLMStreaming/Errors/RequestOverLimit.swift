/// A request that is refused for a limit of a time which it passes all by itself: no wait makes it fit.
enum RequestOverLimit {
    /// The limit and what was asked for, where a message names both and the latter is more: OpenAI and Groq say "Limit
    /// 7000, Used 0, Requested ~12903".
    ///
    /// - Parameter status: of a refusal for rate or size, or 0; under others the words are of something else.
    static func figures(_ message: String, status: Int) -> (limit: Double, requested: Double)? {
        guard [0, 413, 429].contains(status) else { return nil }
        let text = message.prefix(2048).lowercased()
        guard let limit = number(behind: "limit", in: text), let requested = number(behind: "requested", in: text),
            requested > limit, limit > 0
        else { return nil }
        return (limit, requested)
    }

    private static let fillers = ["of ", "is ", "was ", "to ", "about ", "tokens:", "tokens ", "token count"]

    /// The number behind the first mention of a word that has one right behind it.
    private static func number(behind word: String, in text: String) -> Double? {
        for range in text.ranges(of: word) {
            var rest = text[range.upperBound...]
            // "limit of 6,000", "requested tokens: 12903", "the limit is 7000"
            repeat {
                rest = rest.drop { $0.isWhitespace || ":=~`'\"(".contains($0) }
                guard let word = fillers.first(where: { rest.hasPrefix($0) }) else { break }
                rest = rest.dropFirst(word.count)
            } while true
            var digits = rest.prefix { $0.isASCII && $0.isNumber || $0 == "," || $0 == "_" }
            while let last = digits.last, !last.isNumber { digits = digits.dropLast() }
            if let number = HeaderDuration.number(digits.filter(\.isNumber)), !digits.isEmpty { return number }
        }
        return nil
    }
}
