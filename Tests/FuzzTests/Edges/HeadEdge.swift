import LLMStreaming

@testable import BatchEngine
@testable import LLM4S

/// A head as lines: the status, then a field each.
enum HeadEdge {
    static func take(_ bytes: [UInt8]) {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        let head = ResponseHead(
            status: lines.first.flatMap { Int($0) } ?? 429,
            headers: lines.dropFirst().map { line in
                let sides = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                return HeaderField(String(sides[0]), sides.dropFirst().first.map(String.init) ?? "")
            })
        let now = 1_790_000_000.0
        _ = (head.requestID, head.mediaType)
        if let origin = Origin.split(url: "https://api.example.com/v1")?.origin {
            _ = Redirect(head: head, origin: origin, path: "/v1/chat/completions?x=1")
        }
        let error = ErrorClassifier.error(head: head, body: [], now: now)
        for provider in ["", "groq"] {
            guard let report = head.rateLimits(provider: provider, now: now) else { continue }
            _ = RateLimit.Resource.allCases.map { report[$0] }
            use(report, error)
        }
        use(nil, error)
    }

    /// Does what the engine does with limits and refusals.
    static func use(_ report: RateLimitReport?, _ error: LLMError) {
        var limiter = RequestLimiter(bound: 8)
        var now = Duration.seconds(1)
        let size = RequestSize(inputTokens: 1e12, outputTokens: 1e12)
        for round in 0..<4 {
            if let report { _ = limiter.rates.learn(report, at: now) }
            _ = limiter.decision(at: now)
            if case .later(let time, _) = limiter.decision(on: size, at: now) { now = max(now, time) }
            limiter.start(Int64(round), size, at: now)
            limiter.refused(
                Int64(round), started: now, sentSince: 1, asked: error.retryAfter, isOverload: false,
                pausesUnasked: true, at: now)
            limiter.release(Int64(round), at: now)
            now += .milliseconds(error.retryAfter?.wholeMilliseconds ?? 1)
        }
        let decision = RetryPolicy().decide(error, countedBefore: 1, attempts: 3, fraction: 1)
        if case .retry(let wait, _) = decision { _ = wait.wholeMilliseconds }
    }

    static let seeds = [
        "429\nx-ratelimit-limit-requests: 200\nx-ratelimit-remaining-requests: 199\nx-ratelimit-reset-requests: 7m12s",
        "200\nx-ratelimit-limit-requests-9000000000000000000-minute: 1",
        "200\nx-ratelimit-limit-req-10-second: 5\nx-ratelimit-remaining-req-10-second: 4\nx-ratelimit-limit-tokens-day: 9",
        "200\nx-ratelimit-limit-requests: 9007199254740991\nx-ratelimit-remaining-requests: 9007199254740990\n"
            + "x-ratelimit-reset-requests: 86400",
        "529\nretry-after: 30\nretry-after-ms: 1500.5\nanthropic-ratelimit-input-tokens-limit: 40000\n"
            + "anthropic-ratelimit-input-tokens-remaining: 39000\n"
            + "anthropic-ratelimit-input-tokens-reset: 2026-04-05T14:28:55.123Z",
        "503\nretry-after: Sun, 06 Nov 2094 08:49:37 GMT\ndate: Sunday, 06-Nov-94 08:49:37 GMT\nx-should-retry: true",
        "429\nx-ratelimit-limit: 100\nx-ratelimit-remaining: 0\nx-ratelimit-reset: 1790000000123",
        "200\nx-ratelimit-renewalperiod-tokens: 60\nx-ratelimit-limit-tokens: 30000\nx-ratelimit-reset-tokens: 17.3999s",
        "301\nlocation: //other.example/v1?x=1#a\nx-request-id: req_1\ncontent-type: text/html; charset=utf-8",
    ]
}
