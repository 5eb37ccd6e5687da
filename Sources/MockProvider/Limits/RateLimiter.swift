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

    /// Changes the limits of all keys; what is left of the old ones is kept up to the new capacity.
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

    /// Takes a request with its tokens, or tells when to come again; nil where nothing is limited.
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
