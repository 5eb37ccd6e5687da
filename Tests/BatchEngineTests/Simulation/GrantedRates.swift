import BatchEngine
import LLMStreaming
import Synchronization

/// Providers that count their requests in buckets of three seconds, tell their limits in headers, and refuse what is
/// over them.
final class GrantedRates: Sendable {
    private struct State {
        var levels: [String: (level: Double, at: Double)] = [:]
        var refused = 0
    }

    private let plans: [String: [Double]]
    private let day: Double
    private let state = Mutex(State())

    /// - Parameters:
    ///   - plans: requests a minute by provider, each for its part of the day.
    ///   - day: in seconds.
    init(plans: [String: [Double]], day: Double) {
        self.plans = plans
        self.day = day
    }

    /// How many requests were refused.
    var refused: Int { state.withLock { $0.refused } }

    /// What a provider answers.
    func answer(_ call: SimulatedCall) -> SimulatedAnswer {
        let now = call.time.seconds
        let plan = plans[call.provider] ?? [60]
        let rate = plan[Int(now / day * Double(plan.count)) % plan.count]
        return state.withLock { state in
            let capacity = max(1, rate / 20)
            let last = state.levels[call.provider] ?? (capacity, now)
            var level = min(capacity, last.level + (now - last.at) * rate / 60)
            defer { state.levels[call.provider] = (level, now) }
            var answer = SimulatedAnswer.says("one", after: .milliseconds(2000 + call.job % 3000))
            if level < 1 {
                state.refused += 1
                answer = .fails(.rateLimit, after: .milliseconds(50), retryAfter: .seconds(1))
            } else {
                level -= 1
            }
            answer.rateLimits = RateLimitReport([
                RateLimit(.requests, window: .seconds(60), limit: Int(rate), remaining: Int(level))
            ])
            return answer
        }
    }
}
