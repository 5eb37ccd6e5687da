import LLMStreaming
import Testing

@testable import BatchEngine

/// What a run's limits do beside what it is told (Contract, "Control"), in simulated time.
struct ControlledLimitTests {
    private func told<Value: Sendable>(
        _ run: SimulatedRun, _ tell: @escaping @Sendable (JobRunner) async -> Value
    ) throws -> Value {
        try run.simulation.perform { [runner = run.runner] in await tell(runner) }
    }

    /// Nothing is asked in a pause, so that it shows nothing of a provider.
    @Test func aPauseMakesNoOutageOlder() throws {
        let run = try SimulatedRun(
            SimulatedRun.jobs(60), configure: { $0.outageTimeout = .seconds(900) }
        ) { call in
            call.time < .seconds(600) ? .fails(.connect) : .says("one ", "two")
        }
        let process = run.start()
        run.simulation.advance(by: .seconds(120))
        _ = try told(run, { await $0.pause() })
        run.simulation.advance(by: .seconds(3600))
        #expect(process.value == nil)
        try told(run, { await $0.resume() })
        #expect(try run.simulation.finish(process) == .finished)
        #expect(run.store.count(.completed) == 60)
        #expect(run.store.history.violations.isEmpty, "\(run.store.history.violations)")
    }

    /// A job that the budget held back is cancelled: the run goes on with what comes later and costs less.
    @Test func aCancelledJobHoldsNoBudget() throws {
        let prices = try PriceTable(
            JSONParser.parse(Array(#"{"lab/m": {"input_cost_per_token": 0, "output_cost_per_token": 0.01}}"#.utf8)))
        let run = try SimulatedRun(
            SimulatedRun.jobs(2, options: #","options":{"max_tokens":100}"#), isIntakeOpen: true,
            configure: { $0.prices = prices }
        ) { call in
            let tokens = call.job == 1 ? 100 : 1
            let usage = TokenUsage(
                raw: JSONObject([
                    .init(key: "prompt_tokens", value: 10), .init(key: "completion_tokens", value: .int(tokens)),
                ]))
            return SimulatedAnswer(time: .seconds(10), pieces: ["one"], usage: usage)
        }
        _ = try told(run, { await $0.set(costCap: 1.5, earlier: 0) })
        let process = run.start()
        run.simulation.advance(by: .seconds(5))
        #expect(run.source.calls.map(\.job) == [1])
        let leaving = run.simulation.start { [runner = run.runner] in await runner.cancel([2]) }
        _ = try run.simulation.finish(leaving, limit: .seconds(1))
        let stored = run.store.cancel([2])
        try told(run, { await $0.didCancel(stored.map { ($0, "job-\($0)") }) })
        run.simulation.advance(by: .seconds(60))
        #expect(process.value == nil)
        run.store.append(SimulatedRun.jobs(1, from: 3, options: #","options":{"max_tokens":10}"#))
        run.closeIntake()
        #expect(try run.simulation.finish(process) == .finished)
        #expect(run.store.count(.completed) == 2 && run.store.count(.cancelled) == 1)
    }

    @Test func aBoundThatIsNewGivesNothingBackThatItNeverTook() throws {
        var rates = RateBuckets()
        let size = RequestSize(inputTokens: 500, outputTokens: 4000)
        _ = rates.set(.tokens, perMinute: 60_000, at: .seconds(10))
        let before = try #require(rates.wait(for: size, at: .seconds(10))).time
        rates.settle(
            size, actual: RequestSize(inputTokens: 0, outputTokens: 0), startedAt: .seconds(5), at: .seconds(10))
        #expect(rates.wait(for: size, at: .seconds(10))?.time == before)
        // What it took it gives back, and what was used beyond the estimate is charged in any case.
        rates.settle(
            size, actual: RequestSize(inputTokens: 0, outputTokens: 0), startedAt: .seconds(10), at: .seconds(10))
        #expect(rates.wait(for: size, at: .seconds(10)) == nil)
        rates.settle(
            size, actual: RequestSize(inputTokens: 500, outputTokens: 8000), startedAt: .zero, at: .seconds(10))
        #expect(rates.wait(for: size, at: .seconds(10)) != nil)
    }

    @Test func aDebtOfAHigherRateIsPaidWithinAMinute() throws {
        var rates = RateBuckets()
        let size = RequestSize(inputTokens: 0, outputTokens: 100_000)
        _ = rates.set(.tokens, perMinute: 1_000_000, at: .zero)
        rates.take(size, at: .zero)
        _ = rates.set(.tokens, perMinute: 1000, at: .zero)
        let small = RequestSize(inputTokens: 1, outputTokens: 1)
        #expect(try #require(rates.wait(for: small, at: .zero)).time <= .seconds(61))
    }
}
