/// What the headers of an answer say of the provider's limits (WIRE.md 5.4).
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
    init?(_ head: ProviderResponseHead, provider: String, now: Double) {
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

    /// A whole number, not negative, a fraction dropped; nil for one beyond all counts, as servers without a limit send.
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
