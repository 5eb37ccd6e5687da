/// A limiter's decision about a request, and what is left of the limits.
struct Admission: Sendable {
    /// The time after which to come again; zero for an admitted request.
    let wait: Duration
    let lacksTokens: Bool
    /// The tokens that the request costs.
    let tokens: Int
    let requests: TokenBucket?
    let tokensLeft: TokenBucket?
    let limits: RateLimits

    var isAdmitted: Bool { wait == .zero }

    /// Why the request is not admitted.
    func refusal(of model: String) -> ProviderFailure {
        let limit = lacksTokens ? "tokens per min (TPM)" : "requests per min (RPM)"
        return ProviderFailure(status: 429, message: "Rate limit reached for \(model) on \(limit).")
    }
}

extension Admission {
    /// The headers with the limits, and with the time to come again.
    ///
    /// - Parameters:
    ///   - isError: Whether the response is an error.
    ///   - unixTime: Seconds since 1970.
    func headers(isError: Bool, unixTime: Double) -> [(String, String)] {
        style(isError: isError, unixTime: unixTime) + (isAdmitted ? [] : retryAfter(unixTime: unixTime))
    }

    private func retryAfter(unixTime: Double) -> [(String, String)] {
        let exact = wait / .seconds(1)
        let seconds = ("retry-after", String(Int(exact.rounded(.up))))
        let milliseconds = ("retry-after-ms", String(Int((exact * 1_000).rounded(.up))))
        return switch limits.retryAfter {
        case .none: []
        case .seconds: [seconds]
        // A date has whole seconds: the next one after the wait.
        case .date: [("retry-after", Timestamp(unixTime: (unixTime + exact).rounded(.up)).httpDate)]
        case .ms: [milliseconds]
        case .both: [seconds, milliseconds]
        case .zeroms: [seconds, ("retry-after-ms", "0")]
        }
    }

    private func style(isError: Bool, unixTime: Double) -> [(String, String)] {
        let buckets = [("requests", requests), ("tokens", tokensLeft)].compactMap { name, bucket in
            bucket.map { (name: name, bucket: $0) }
        }
        switch limits.headers {
        case .none: return []
        case .openai, .groq: return xHeaders(buckets) { Self.goDuration($0) }
        case .azure:
            return xHeaders(buckets) { String(Int(($0 / .seconds(1)).rounded(.up))) }
                + buckets.map { ("x-ratelimit-renewalperiod-" + $0.name, "60") }
        case .anthropic:
            // Successes have Retry-After too, where it means nothing.
            let traps = isError ? [] : [("retry-after", "17")]
            return buckets.flatMap { name, bucket -> [(String, String)] in
                let names = name == "tokens" ? ["tokens", "input-tokens", "output-tokens"] : [name]
                let reset = Timestamp(unixTime: (unixTime + bucket.timeToFull / .seconds(1)).rounded(.up)).rfc3339
                return names.flatMap {
                    [
                        ("anthropic-ratelimit-\($0)-limit", String(bucket.perMinute)),
                        ("anthropic-ratelimit-\($0)-remaining", String(bucket.remaining)),
                        ("anthropic-ratelimit-\($0)-reset", reset),
                    ]
                }
            } + traps
        case .mistral:
            let named = buckets.map {
                (name: $0.name == "requests" ? "req-minute" : "tokens-minute", bucket: $0.bucket)
            }
            return named.flatMap { name, bucket in
                [
                    ("x-ratelimit-limit-" + name, String(bucket.perMinute)),
                    ("x-ratelimit-remaining-" + name, String(bucket.remaining)),
                ]
            } + [("x-ratelimit-tokens-query-cost", String(tokens))]
        case .openrouter:
            guard isError, let requests else { return [] }
            let reset = unixTime + requests.timeToFull / .seconds(1)
            return [
                ("X-RateLimit-Limit", String(requests.perMinute)),
                ("X-RateLimit-Remaining", String(requests.remaining)),
                ("X-RateLimit-Reset", String(Int((reset * 1_000).rounded(.up)))),
            ]
        }
    }

    private func xHeaders(
        _ buckets: [(name: String, bucket: TokenBucket)], reset: (Duration) -> String
    ) -> [(String, String)] {
        buckets.flatMap { name, bucket in
            [
                ("x-ratelimit-limit-" + name, String(bucket.perMinute)),
                ("x-ratelimit-remaining-" + name, String(bucket.remaining)),
                ("x-ratelimit-reset-" + name, reset(bucket.timeToFull)),
            ]
        }
    }

    /// A duration as Go writes it: `12ms`, `1.5s`, `6m0s`.
    static func goDuration(_ duration: Duration) -> String {
        let milliseconds = Int((duration / .milliseconds(1)).rounded(.up))
        if milliseconds == 0 { return "0s" }
        if milliseconds < 1_000 { return "\(milliseconds)ms" }
        let minutes = milliseconds / 60_000
        let rest = milliseconds % 60_000
        let seconds = rest % 1_000 == 0 ? "\(rest / 1_000)s" : "\(Double(rest) / 1_000)s"
        return minutes > 0 ? "\(minutes)m\(seconds)" : seconds
    }
}
