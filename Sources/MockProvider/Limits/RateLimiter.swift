import NIOCore
import Synchronization

/// Admits the requests of each key at its rates.
final class RateLimiter: Sendable {
    /// One key's buckets.
    private struct Buckets {
        var requests: TokenBucket?
        var tokens: TokenBucket?
    }

    private struct State {
        var limits: RateLimits
        var buckets: [String: Buckets] = [:]
    }

    private let state: Mutex<State>

    init(_ limits: RateLimits) { state = Mutex(State(limits: limits)) }

    var limits: RateLimits { state.withLock { $0.limits } }

    /// Changes the limits of all keys; what is left of the old ones stays, up to the new capacity.
    func change(now: NIODeadline, _ change: (inout RateLimits) -> Void) {
        state.withLock { state in
            change(&state.limits)
            let limits = state.limits
            state.buckets = state.buckets.mapValues { buckets in
                Buckets(
                    requests: Self.changed(buckets.requests, limits.requestsPerMinute, limits.burst, now: now),
                    tokens: Self.changed(buckets.tokens, limits.tokensPerMinute, limits.burst, now: now))
            }
        }
    }

    private static func changed(
        _ bucket: TokenBucket?, _ perMinute: Int?, _ burst: Duration, now: NIODeadline
    ) -> TokenBucket? {
        guard let perMinute else { return nil }
        guard var bucket else { return TokenBucket(perMinute: perMinute, burst: burst, now: now) }
        bucket.change(perMinute: perMinute, burst: burst, now: now)
        return bucket
    }

    /// Admits a request with its tokens, or says when to come again; nil where nothing is limited.
    func admit(key: String, tokens: Int, now: NIODeadline) -> Admission? {
        state.withLock { state in
            let limits = state.limits
            guard !limits.isUnlimited else { return nil }
            var buckets =
                state.buckets[key]
                ?? Buckets(
                    requests: limits.requestsPerMinute.map { .init(perMinute: $0, burst: limits.burst, now: now) },
                    tokens: limits.tokensPerMinute.map { .init(perMinute: $0, burst: limits.burst, now: now) })
            buckets.requests?.refill(now: now)
            buckets.tokens?.refill(now: now)
            let waits = [buckets.requests?.wait(for: 1), buckets.tokens?.wait(for: Double(tokens))]
            let wait = waits.compactMap(\.self).max() ?? .zero
            if wait == .zero {
                buckets.requests?.take(1)
                buckets.tokens?.take(Double(tokens))
            }
            state.buckets[key] = buckets
            return Admission(
                wait: wait, lacksTokens: waits[1].map { $0 > .zero } ?? false, tokens: tokens,
                requests: buckets.requests, tokensLeft: buckets.tokens, limits: limits)
        }
    }
}

/// The limits of each key.
package struct RateLimits: Sendable, Hashable {
    /// Requests a minute; nil is no limit.
    package var requestsPerMinute: Int?
    /// Tokens a minute, of prompts and answers; nil is no limit.
    package var tokensPerMinute: Int?
    /// The part of its rate that a bucket holds, and that may come in one instant.
    package var burst = Duration.seconds(3)
    /// Whose rate-limit headers are sent.
    package var headers = RateLimitStyle.none
    /// The form of a 429's Retry-After.
    package var retryAfter = RetryAfterForm.seconds

    package init() {}

    var isUnlimited: Bool { requestsPerMinute == nil && tokensPerMinute == nil }
}

/// Whose rate-limit headers are sent.
///
/// Provider facts, "Headers".
package enum RateLimitStyle: String, Sendable, Hashable, CaseIterable {
    case none, openai, groq, azure, anthropic, mistral, openrouter
}

/// The form in which a 429 says when to come again.
package enum RetryAfterForm: String, Sendable, Hashable, CaseIterable {
    case none
    /// Whole seconds.
    case seconds
    /// An HTTP date.
    case date
    /// `retry-after-ms` alone.
    case ms
    /// Seconds and milliseconds.
    case both
    /// Seconds, and `retry-after-ms: 0`, as Azure was seen to send.
    case zeroms
}

/// What is left of a rate: it refills evenly up to a capacity, and can become negative.
struct TokenBucket: Sendable {
    private(set) var perMinute: Int
    private(set) var capacity: Double
    private var level: Double
    private var filled: NIODeadline

    /// A full bucket that holds what its rate gives in `burst`, and at least one.
    init(perMinute: Int, burst: Duration, now: NIODeadline) {
        self.perMinute = perMinute
        capacity = Self.capacity(perMinute, burst)
        level = capacity
        filled = now
    }

    private static func capacity(_ perMinute: Int, _ burst: Duration) -> Double {
        max(1, Double(perMinute) * (burst / .seconds(60)))
    }

    private var perNanosecond: Double { Double(perMinute) / 60e9 }

    /// Changes the rate from now on; what is left above the new capacity is lost.
    mutating func change(perMinute: Int, burst: Duration, now: NIODeadline) {
        refill(now: now)
        self.perMinute = perMinute
        capacity = Self.capacity(perMinute, burst)
        level = min(level, capacity)
    }

    mutating func refill(now: NIODeadline) {
        level = min(capacity, level + Double((now - filled).nanoseconds) * perNanosecond)
        filled = now
    }

    /// The wait until an amount can be taken; zero for now.
    ///
    /// More than the bucket holds can be taken from a full one.
    func wait(for amount: Double) -> Duration {
        let missing = min(amount, capacity) - level
        // A whole one is there, even if rounding leaves it a little short.
        return missing <= 1e-6 ? .zero : .nanoseconds(Int64((missing / perNanosecond).rounded(.up)))
    }

    mutating func take(_ amount: Double) { level -= amount }

    /// The whole ones that can be taken now.
    var remaining: Int { max(0, Int(level + 1e-6)) }
    /// The time until the bucket is full.
    var timeToFull: Duration { .nanoseconds(Int64((max(0, capacity - level) / perNanosecond).rounded(.up))) }
}
