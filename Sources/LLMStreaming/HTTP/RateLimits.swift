/// What the headers of a response say of the provider's limits (Provider facts, "Headers").
public struct RateLimitReport: Sendable, Equatable {
    /// The limits in the order of their first field, one for each resource and window.
    public private(set) var limits: [RateLimit] = []

    /// A report of these limits.
    public init(_ limits: [RateLimit]) { self.limits = limits }

    /// The limit of a resource with the shortest window that is known.
    public subscript(_ resource: RateLimit.Resource) -> RateLimit? {
        let longest = Duration.seconds(Int64.max)
        return limits.filter { $0.resource == resource }.min { $0.window ?? longest < $1.window ?? longest }
    }

    /// Reads a head; nil where it has nothing of limits.
    init?(_ head: ResponseHead, provider: String, now: Double) {
        var periods: [RateLimit.Resource: Double] = [:]
        for header in head.headers {
            guard let field = RateLimitField(header.name) else { continue }
            if field.property == .renewalPeriod { periods[field.resource] = HeaderDuration.seconds(header.value) }
            let place = limits.firstIndex { $0.resource == field.resource && $0.window == field.window }
            let index = place ?? limits.endIndex
            if place == nil { limits.append(RateLimit(field.resource, window: field.window)) }
            switch field.property {
            case .limit: limits[index].limit = Self.count(header.value)
            case .remaining: limits[index].remaining = Self.count(header.value)
            case .reset: limits[index].reset = Self.reset(header.value, now: now)
            case .renewalPeriod: break
            }
        }
        limits.removeAll { $0.limit == nil && $0.remaining == nil && $0.reset == nil }
        if limits.isEmpty { return nil }
        for index in limits.indices where limits[index].window == nil {
            let limit = limits[index]
            let period = periods[limit.resource].flatMap { $0 > 0 ? Self.duration($0) : nil }
            limits[index].window = period ?? Self.window(of: limit, provider)
        }
    }

    /// The window of a limit whose name does not tell it.
    ///
    /// OpenAI's and Groq's limits refill evenly, so the time until all is there again tells it: a fresh limit of 200
    /// requests a day needs 7m12s after one request, one of 15,000 a minute 4 ms.
    private static func window(of limit: RateLimit, _ provider: String) -> Duration? {
        if limit.resource == .requests, provider == "groq" { return .seconds(86_400) }
        if limit.resource != .requests { return .seconds(60) }
        guard let most = limit.limit, let remaining = limit.remaining, let reset = limit.reset, most > remaining,
            reset > .zero
        else { return nil }
        // The time for all of it, reset * most / (most - remaining), may be longer than a duration can be.
        return reset > .seconds(3600) * (Double(most - remaining) / Double(most)) ? .seconds(86_400) : .seconds(60)
    }

    /// A whole number, not negative, a fraction dropped; nil for one beyond all counts, as servers without a limit
    /// send.
    private static func count(_ text: String) -> Int? {
        NumberGate.count(HeaderDuration.number(text.trimmingBlanks).flatMap { Int(exactly: $0.rounded(.down)) })
    }

    /// A duration, a time in RFC 3339, or a number: seconds, or an epoch's seconds or milliseconds where it is too
    /// large for a wait.
    private static func reset(_ text: String, now: Double) -> Duration? {
        if let seconds = HeaderDuration.seconds(text) {
            switch seconds {
            case 1e11...: return duration(max(0, seconds / 1000 - now))
            case 1e9...: return duration(max(0, seconds - now))
            default: return duration(seconds)
            }
        }
        return InternetTime.unixSeconds(text.trimmingBlanks).flatMap { duration(max(0, $0 - now)) }
    }

    private static func duration(_ seconds: Double) -> Duration? {
        seconds < 1e9 ? HeaderDuration.duration(seconds: seconds) : nil
    }
}

/// How much of a resource a provider grants in a window of time, and how much of it is left.
public struct RateLimit: Sendable, Equatable {
    /// What is counted.
    public enum Resource: String, Sendable, Hashable, CaseIterable {
        /// Requests.
        case requests
        /// Input and output together.
        case tokens
        /// Tokens of the input.
        case inputTokens
        /// Tokens of the output.
        case outputTokens
    }

    /// What is counted.
    public var resource: Resource
    /// The time that `limit` is for; nil where neither the provider nor its figures tell.
    public var window: Duration?
    /// The most in a window.
    public var limit: Int?
    /// What is left of it now.
    public var remaining: Int?
    /// The time until all of it is there again.
    public var reset: Duration?

    /// A limit; what is left out is not known.
    public init(
        _ resource: Resource, window: Duration? = nil, limit: Int? = nil, remaining: Int? = nil, reset: Duration? = nil
    ) {
        self.resource = resource
        self.window = window
        self.limit = limit
        self.remaining = remaining
        self.reset = reset
    }
}

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
        // Most fields of a head are of something else.
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
