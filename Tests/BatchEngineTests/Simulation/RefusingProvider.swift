import BatchEngine
import LLMStreaming
import Synchronization

/// A provider that takes so many requests and tokens a minute and tells its limits by refusals alone: 429 with
/// Retry-After in whole seconds.
final class RefusingProvider: Sendable {
    private struct Bucket {
        var perSecond: Double
        var capacity: Double
        var level: Double

        /// The seconds until so much is there; zero for now.
        func wait(for amount: Double) -> Double { max(0, (min(amount, capacity) - level) / perSecond) }
    }

    private struct State {
        var requests: Bucket
        var tokens: Bucket
        var filled = 0.0
        var refused = 0
        var firstRefusal: Duration?
    }

    private let state: Mutex<State>
    private let answerTime: Duration
    private let refusalTime: Duration
    private let tokens: Double

    /// - Parameters:
    ///   - saved: how many seconds of their rates its buckets hold; they are full at first.
    ///   - answerTime: how long a stream lasts, give or take a quarter.
    ///   - refusalTime: how long it takes until a refusal is there.
    ///   - tokens: what each request costs.
    init(
        perMinute: Double, tokensPerMinute: Double = .greatestFiniteMagnitude, saved: Double, answerTime: Duration,
        refusalTime: Duration, tokens: Double = 1
    ) {
        func bucket(_ perMinute: Double, least: Double) -> Bucket {
            let capacity = max(least, perMinute / 60 * saved)
            return Bucket(perSecond: perMinute / 60, capacity: capacity, level: capacity)
        }
        state = Mutex(State(requests: bucket(perMinute, least: 1), tokens: bucket(tokensPerMinute, least: tokens)))
        self.answerTime = answerTime
        self.refusalTime = refusalTime
        self.tokens = tokens
    }

    /// How many requests were refused.
    var refused: Int { state.withLock { $0.refused } }

    /// When it was asked for the first time what it refused.
    var firstRefusal: Duration? { state.withLock { $0.firstRefusal } }

    /// What it answers.
    func answer(_ call: SimulatedCall) -> SimulatedAnswer {
        state.withLock { state in
            let seconds = call.time.seconds - state.filled
            state.filled += seconds
            state.requests.level = min(
                state.requests.capacity, state.requests.level + seconds * state.requests.perSecond)
            state.tokens.level = min(state.tokens.capacity, state.tokens.level + seconds * state.tokens.perSecond)
            let wait = max(state.requests.wait(for: 1), state.tokens.wait(for: tokens))
            guard wait <= 1e-9 else {
                state.refused += 1
                state.firstRefusal = state.firstRefusal ?? call.time
                return .fails(.rateLimit, after: refusalTime, retryAfter: .seconds(wait.rounded(.up)))
            }
            state.requests.level -= 1
            state.tokens.level -= tokens
            return .says("one", after: answerTime * (3 + call.job % 3) / 4)
        }
    }
}
