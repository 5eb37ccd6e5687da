import BatchEngine
import LLMStreaming
import Synchronization
import Testing

/// What the learnt rate brings: runs with it and without it, where only the window, Retry-After and the buckets of
/// headers are left.
struct LearntRateComparisonTests {
    /// A provider that tells its limit by refusals alone.
    enum Limit: Sendable {
        /// A bucket that holds so many seconds of its rate, full at first.
        case bucket(perMinute: Double, saved: Double)
        /// So many from one full minute to the next.
        case window(perMinute: Int)
        /// None, but refusals for no reason.
        case chance(perCent: Int)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var limit: Limit
        var answer: Duration
        var concurrency = 64
        var jobs = 2000
        /// Whether a refusal says when to come back.
        var isTold = true
        /// How many in a hundred are refused for no reason besides.
        var chance = 0

        var testDescription: String {
            let limit =
                switch limit {
                case .bucket(let perMinute, let saved): "\(Int(perMinute)) a minute, \(Int(saved)) s saved up"
                case .window(let perMinute): "\(perMinute) in each minute"
                case .chance(let perCent): "\(perCent) % refused by chance"
                }
            return "\(limit)\(chance > 0 ? " and \(chance) % by chance" : ""), answers in \(answer), "
                + "\(concurrency) streams\(isTold ? "" : ", no Retry-After")"
        }
    }

    private static let cases = [
        Case(limit: .bucket(perMinute: 6000, saved: 3), answer: .milliseconds(20)),
        Case(limit: .bucket(perMinute: 600, saved: 3), answer: .milliseconds(200)),
        Case(limit: .bucket(perMinute: 600, saved: 3), answer: .seconds(10), concurrency: 256),
        Case(limit: .bucket(perMinute: 60, saved: 3), answer: .seconds(20)),
        Case(limit: .bucket(perMinute: 60, saved: 60), answer: .seconds(5)),
        Case(limit: .bucket(perMinute: 60, saved: 3), answer: .seconds(5), isTold: false),
        Case(limit: .window(perMinute: 600), answer: .seconds(4)),
        Case(limit: .window(perMinute: 60), answer: .seconds(5), jobs: 600),
        Case(limit: .bucket(perMinute: 600, saved: 3), answer: .milliseconds(500), chance: 1),
        Case(limit: .chance(perCent: 3), answer: .milliseconds(200)),
        Case(limit: .chance(perCent: 10), answer: .seconds(1)),
    ]

    /// Where a limit would refuse many it refuses a fifth, and nowhere does it cost much time.
    @Test(arguments: cases)
    func itSparesRefusalsAndCostsLittleTime(comparison: Case) throws {
        let (with, without) = (try run(comparison, learns: true), try run(comparison, learns: false))
        print(
            "\(comparison.testDescription): \(with.seconds) s and \(with.refused) refused with the learnt rate, "
                + "\(without.seconds) s and \(without.refused) without it")
        if without.refused >= 400 { #expect(with.refused * 5 < without.refused) }
        #expect(with.seconds * 5 < without.seconds * 6)
    }

    private func run(_ comparison: Case, learns: Bool) throws -> (seconds: Int, refused: Int) {
        let provider = LimitedProvider(comparison)
        let run = try SimulatedRun(
            SimulatedRun.jobs(comparison.jobs), keepsCalls: false,
            configure: {
                $0.concurrency = comparison.concurrency
                for name in ["lab", "lab/m"] { $0.limits[name] = ProviderLimits(learnsRate: learns) }
            }
        ) { provider.answer($0) }
        #expect(try run.finish() == .finished)
        return (Int(run.simulation.clock.elapsed.seconds), provider.refused)
    }

    /// What the cases describe.
    private final class LimitedProvider: Sendable {
        private struct State {
            var level: Double
            var filled = 0.0
            var minute = 0
            var taken = 0
            var refused = 0
        }

        private let rules: Case
        private let state: Mutex<State>

        init(_ rules: Case) {
            self.rules = rules
            var level = 0.0
            if case .bucket(let perMinute, let saved) = rules.limit { level = max(1, perMinute / 60 * saved) }
            state = Mutex(State(level: level))
        }

        var refused: Int { state.withLock { $0.refused } }

        func answer(_ call: SimulatedCall) -> SimulatedAnswer {
            state.withLock { state in
                guard let wait = wait(call, &state) else {
                    return .says("one", after: rules.answer * (3 + call.job % 3) / 4)
                }
                state.refused += 1
                let asked = rules.isTold ? Duration.seconds(wait.rounded(.up)) : nil
                return .fails(.rateLimit, after: .milliseconds(100), retryAfter: asked)
            }
        }

        /// The seconds until a request would be taken; nil for one that is.
        private func wait(_ call: SimulatedCall, _ state: inout State) -> Double? {
            var random = SeededRandom(seed: 1_000_003 &+ call.job &* 1009 &+ call.attempt)
            let number = Int.random(in: 0..<100, using: &random)
            if number < rules.chance { return 1 }
            let now = call.time.seconds
            switch rules.limit {
            case .bucket(let perMinute, let saved):
                let perSecond = perMinute / 60
                state.level = min(max(1, perSecond * saved), state.level + (now - state.filled) * perSecond)
                state.filled = now
                if state.level < 1 - 1e-9 { return (1 - state.level) / perSecond }
                state.level -= 1
            case .window(let perMinute):
                let minute = Int(now / 60)
                if minute != state.minute { (state.minute, state.taken) = (minute, 0) }
                if state.taken >= perMinute { return Double(60 * (minute + 1)) - now }
                state.taken += 1
            case .chance(let perCent): return number < perCent ? 1 : nil
            }
            return nil
        }
    }
}
