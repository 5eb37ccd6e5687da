import BatchEngine
import LLMStreaming
import Testing

/// Rates that only refusals tell, through the real runner in simulated time.
struct JobRunnerRateTests {
    /// What is granted and how long answers and refusals take.
    struct Grant: Sendable, CustomTestStringConvertible {
        var perMinute: Double
        var tokensPerMinute = Double.greatestFiniteMagnitude
        var saved = 3.0
        var answer: Duration
        var refusal: Duration
        var testDescription: String {
            let tokens = tokensPerMinute < 1e9 ? ", \(Int(tokensPerMinute)) tokens" : ""
            let rate = "\(Int(perMinute)) requests\(tokens) a minute, \(Int(saved)) s of them saved up"
            return "\(rate), answers in \(answer), refusals in \(refusal)"
        }
    }

    private static let grants = [
        Grant(perMinute: 6000, answer: .milliseconds(20), refusal: .milliseconds(1)),
        Grant(perMinute: 6000, answer: .milliseconds(20), refusal: .milliseconds(20)),
        Grant(perMinute: 6000, answer: .milliseconds(500), refusal: .milliseconds(50)),
        Grant(perMinute: 600, answer: .milliseconds(200), refusal: .milliseconds(100)),
        Grant(perMinute: 600, answer: .seconds(4), refusal: .milliseconds(200)),
        Grant(perMinute: 60, answer: .seconds(20), refusal: .milliseconds(300)),
        Grant(perMinute: 600, saved: 60, answer: .seconds(2), refusal: .milliseconds(100)),
        Grant(perMinute: 60_000, tokensPerMinute: 600_000, answer: .milliseconds(300), refusal: .milliseconds(50)),
    ]

    @Test(arguments: grants)
    func aRateThatOnlyRefusalsTellIsUsedAndHardlyEverPassed(grant: Grant) throws {
        let jobs = 2000
        let tokens = 1000.0
        let provider = RefusingProvider(
            perMinute: grant.perMinute, tokensPerMinute: grant.tokensPerMinute, saved: grant.saved,
            answerTime: grant.answer, refusalTime: grant.refusal, tokens: tokens)
        let run = try SimulatedRun(SimulatedRun.jobs(jobs)) { provider.answer($0) }
        #expect(try run.finish() == .finished)
        let perSecond = min(grant.perMinute, grant.tokensPerMinute / tokens) / 60
        let ideal = Double(jobs) / perSecond
        let elapsed = run.simulation.clock.elapsed.seconds
        let calls = run.source.calls.map(\.time)
        // What was sent before a pause was told may come for as long as a refusal takes.
        let pause = provider.firstRefusal ?? .zero
        let after = calls.filter { $0 > pause + grant.refusal }
        let window = Self.most(after, within: .milliseconds(100))
        let mean = perSecond / 10
        print(
            "\(grant.testDescription): \(Int(elapsed)) s (ideal \(Int(ideal))), \(provider.refused) of \(calls.count) "
                + "refused, at most \(window) in 100 ms (mean \(mean))")
        #expect(elapsed < ideal * 1.1)
        #expect(provider.refused * 50 < calls.count)
        // What a provider has saved up for a minute cannot be told from its rate before the second pause.
        if grant.saved <= 5 { #expect(Double(window) <= max(2, 2 * mean)) }
    }

    /// How often a provider refuses for no reason, and how long answers, refusals and the pauses asked for take.
    struct Chance: Sendable, CustomTestStringConvertible {
        var perThousand: Int
        var concurrency = 64
        var answer: Duration
        var refusal: Duration
        var pause: Duration?
        var testDescription: String {
            "\(perThousand) of 1000 refused, \(concurrency) streams, answers in \(answer), refusals in \(refusal), "
                + "pauses of \(pause.map { "\($0)" } ?? "no told time")"
        }
    }

    private static let chances = [
        Chance(perThousand: 30, answer: .milliseconds(200), refusal: .milliseconds(20), pause: .seconds(1)),
        Chance(perThousand: 30, answer: .milliseconds(200), refusal: .milliseconds(200), pause: .seconds(1)),
        Chance(perThousand: 30, answer: .milliseconds(200), refusal: .milliseconds(20)),
        Chance(perThousand: 30, answer: .seconds(20), refusal: .milliseconds(300), pause: .seconds(1)),
        Chance(perThousand: 30, answer: .seconds(4), refusal: .milliseconds(100), pause: .seconds(5)),
        Chance(
            perThousand: 30, concurrency: 1000, answer: .seconds(4), refusal: .milliseconds(100), pause: .seconds(1)),
        Chance(perThousand: 3, answer: .seconds(1), refusal: .milliseconds(50), pause: .seconds(1)),
        Chance(perThousand: 100, answer: .seconds(1), refusal: .milliseconds(50), pause: .seconds(1)),
        Chance(
            perThousand: 30, concurrency: 4, answer: .seconds(2), refusal: .milliseconds(50), pause: .seconds(1)),
    ]

    @Test(arguments: chances)
    func refusalsThatComeByChanceCostTheirPausesAndLittleMore(chance: Chance) throws {
        let jobs = 5000
        let seed = SeededRandom.seed(7)
        let run = try SimulatedRun(
            SimulatedRun.jobs(jobs), configure: { $0.concurrency = chance.concurrency }
        ) { call in
            var random = SeededRandom(seed: seed &* 1_000_003 &+ call.job &* 1009 &+ call.attempt)
            return Int.random(in: 0..<1000, using: &random) < chance.perThousand
                ? .fails(.rateLimit, after: chance.refusal, retryAfter: chance.pause)
                : .says("one", after: chance.answer * (3 + call.job % 3) / 4)
        }
        #expect(try run.finish() == .finished)
        let refused = run.source.calls.count - jobs
        let ideal = Double(jobs) / Double(chance.concurrency) * chance.answer.seconds
        // After each pause a probe goes first; what is silent for a second holds nobody up.
        let pauses = Double(refused) * ((chance.pause ?? .seconds(1)) + min(chance.answer, .seconds(1))).seconds
        let elapsed = run.simulation.clock.elapsed.seconds
        print(
            "\(chance.testDescription): \(Int(elapsed)) s (\(Int(ideal)) without, "
                + "\(Int(pauses)) for \(refused) pauses and probes)")
        #expect(elapsed < ideal * 1.1 + pauses * 2, "seed \(seed)")
    }

    @Test func aLimitIsKeptToAlsoWhereSomeRefusalsComeByChance() throws {
        let seed = SeededRandom.seed(8)
        let provider = RefusingProvider(
            perMinute: 600, saved: 3, answerTime: .milliseconds(500), refusalTime: .milliseconds(50))
        let run = try SimulatedRun(SimulatedRun.jobs(2000)) { call in
            var random = SeededRandom(seed: seed &* 1_000_003 &+ call.job &* 1009 &+ call.attempt)
            return Int.random(in: 0..<100, using: &random) < 1
                ? .fails(.rateLimit, after: .milliseconds(50), retryAfter: .seconds(1)) : provider.answer(call)
        }
        #expect(try run.finish() == .finished)
        let elapsed = run.simulation.clock.elapsed.seconds
        let calls = run.source.calls.count
        print(
            "10 requests a second and 1 % refused by chance: \(Int(elapsed)) s (ideal 200), \(provider.refused) of \(calls)"
        )
        // A rate cannot be told exactly where chance cuts its cycles short, but it does not fall and fall.
        #expect(elapsed < 200 * 2, "seed \(seed)")
        #expect(provider.refused * 33 < calls, "seed \(seed)")
    }

    @Test func aLimitThatFallsIsFollowed() throws {
        let providers = [600.0, 300].map {
            RefusingProvider(
                perMinute: $0, saved: 3, answerTime: .milliseconds(500), refusalTime: .milliseconds(50))
        }
        let run = try SimulatedRun(SimulatedRun.jobs(2000)) { call in
            providers[call.time < .seconds(100) ? 0 : 1].answer(call)
        }
        #expect(try run.finish() == .finished)
        let elapsed = run.simulation.clock.elapsed.seconds
        let refused = run.source.calls.count - 2000
        print("10 requests a second, 5 after 100 s: \(Int(elapsed)) s (ideal 300), \(refused) refused")
        #expect(elapsed < 300 * 1.1)
        #expect(refused * 50 < run.source.calls.count)
    }

    /// The most times that lie within a duration.
    private static func most(_ times: [Duration], within duration: Duration) -> Int {
        var first = 0
        return times.indices.reduce(0) { most, last in
            while times[last] - times[first] >= duration { first += 1 }
            return max(most, last - first + 1)
        }
    }
}
