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

    @Test func refusalsThatComeByChanceDoNotSlowTheRunDownMoreAndMore() throws {
        let jobs = 5000
        let seed = SeededRandom.seed(7)
        let run = try SimulatedRun(SimulatedRun.jobs(jobs)) { call in
            var random = SeededRandom(seed: seed &* 1009 &+ call.job &* 31 &+ call.attempt)
            return Int.random(in: 0..<100, using: &random) < 3
                ? .fails(.rateLimit, after: .milliseconds(20), retryAfter: .seconds(1))
                : .says("one", after: .milliseconds(200))
        }
        #expect(try run.finish() == .finished)
        // Each of some 150 refusals pauses for a second, and what comes between them comes at a rate that was lowered.
        let seconds = run.simulation.clock.elapsed.seconds
        print("\(jobs) jobs, 3 % refused by chance, seed \(seed): \(Int(seconds)) s")
        #expect(seconds < 2000, "seed \(seed)")
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
