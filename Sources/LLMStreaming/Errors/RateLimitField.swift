/// What a header field of a limit is about, by its name.
struct RateLimitField: Equatable {
    /// Which figure of a limit a field holds.
    enum Property: String {
        case limit, remaining, reset
        /// Azure's name of the window.
        case renewalPeriod = "renewalperiod"
    }

    var property: Property
    var resource: RateLimit.Resource
    /// The window that the name tells.
    var window: Duration?

    /// Reads a name; nil for one that is of no limit that is known.
    ///
    /// - `x-ratelimit-{limit,remaining,reset,renewalperiod}-RESOURCE` of OpenAI, Azure, Groq and xAI, with words for
    ///   the window with Mistral and Cerebras (`req-10-second`, `tokens-day`), and for the direction with Fireworks
    ///   (`tokens-prompt`)
    /// - `anthropic-ratelimit-RESOURCE-{limit,remaining,reset}`
    /// - `x-ratelimit-{limit,remaining,reset}`, of requests, of OpenRouter and others
    init?(_ name: String) {
        // Most fields of an answer are of something else.
        guard let first = name.utf8.first, "xXaA".utf8.contains(first), name.utf8.count > 10 else { return nil }
        let name = name.lowercased()
        if name.hasPrefix("x-ratelimit-") {
            let words = name.dropFirst(12).split(separator: "-")
            guard let first = words.first, let property = Property(rawValue: String(first)) else { return nil }
            self.init(property, words.dropFirst())
        } else if name.hasPrefix("anthropic-ratelimit-") {
            let words = name.dropFirst(20).split(separator: "-")
            guard let last = words.last, let property = Property(rawValue: String(last)) else { return nil }
            // Anthropic grants all of them by the minute.
            self.init(property, words.dropLast())
            window = .seconds(60)
        } else {
            return nil
        }
    }

    private init?(_ property: Property, _ words: ArraySlice<Substring>) {
        self.property = property
        var counted: Set<String> = []
        var count = 1
        for word in words {
            if let number = Int(word), number > 0 {
                count = number
            } else if let unit = Self.units[String(word)] {
                window = NumberGate.duration(seconds: unit * Double(count))
            } else {
                counted.insert(String(word))
            }
        }
        switch counted {
        case [], ["requests"], ["req"]: resource = .requests
        case ["tokens"]: resource = .tokens
        case ["input", "tokens"], ["tokens", "prompt"]: resource = .inputTokens
        case ["output", "tokens"], ["tokens", "generated"]: resource = .outputTokens
        // Images, and whatever else is counted.
        default: return nil
        }
    }

    /// In seconds.
    private static let units: [String: Double] = [
        "second": 1, "minute": 60, "hour": 3600, "day": 86_400, "month": 30 * 86_400,
    ]
}
