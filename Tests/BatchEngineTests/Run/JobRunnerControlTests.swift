import LLMStreaming
import Testing

@testable import BatchEngine

/// What a user tells a run while it goes on (Contract, "Control"), in simulated time.
struct JobRunnerControlTests {
    /// Cancels as whoever tells a run to does: its streams, then what nobody works on.
    private func cancel(_ ids: [Int64], in run: SimulatedRun) throws -> Int {
        let process = run.simulation.start { [runner = run.runner] in await runner.cancel(ids) }
        let closed = try run.simulation.finish(process, limit: .seconds(5))
        let stored = run.store.cancel(ids)
        try run.simulation.perform { [runner = run.runner] in
            await runner.didCancel(stored.map { ($0, "job-\($0)") })
        }
        return closed
    }

    private func told<Value: Sendable>(
        _ run: SimulatedRun, _ tell: @escaping @Sendable (JobRunner) async -> Value
    ) throws -> Value {
        try run.simulation.perform { [runner = run.runner] in await tell(runner) }
    }

    private func expectSound(_ run: SimulatedRun) {
        #expect(run.store.history.violations.isEmpty, "\(run.store.history.violations)")
        #expect(!run.store.hasWrites)
    }

    // MARK: Pause

    @Test func aPauseSendsNothingAndOpenStreamsGoOn() throws {
        let run = try SimulatedRun(SimulatedRun.jobs(300)) { call in
            // Some break, and would be sent again.
            call.attempt == 1 && call.job.isMultiple(of: 3) ? .fails(.cut) : .says("one ", "two", after: .seconds(5))
        }
        let process = run.start()
        run.simulation.advance(by: .seconds(3))
        let sent = run.source.calls.count
        let open = run.source.open
        #expect(try told(run, { await $0.pause() }) == open)
        #expect(try run.snapshot().isPaused)
        run.simulation.advance(by: .seconds(3600))
        #expect(run.source.calls.count == sent && run.source.open == 0)
        #expect(try run.snapshot().waits.map(\.reason) == [.paused])
        #expect(process.value == nil)
        try told(run, { await $0.resume() })
        #expect(try run.simulation.finish(process) == .finished)
        #expect(run.store.count(.completed) == 300)
        #expect(try !run.snapshot().isPaused)
        expectSound(run)
    }

    /// A connection that had grown stale is replaced at once, but not in a pause: its job comes first behind it.
    @Test func aPauseHoldsWhatWouldBeSentAgainAtOnce() throws {
        let run = try SimulatedRun(SimulatedRun.jobs(1)) { call in
            call.attempt == 1 ? SimulatedAnswer(time: .seconds(2), ending: .isStale) : .says("one ", "two")
        }
        let process = run.start()
        run.simulation.advance(by: .seconds(1))
        _ = try told(run, { await $0.pause() })
        run.simulation.advance(by: .seconds(60))
        #expect(run.source.calls.count == 1)
        try told(run, { await $0.resume() })
        #expect(try run.simulation.finish(process) == .finished)
        #expect(run.source.calls.count == 2 && run.store.count(.completed) == 1)
        expectSound(run)
    }

    @Test func aPausedRunThatHasNothingLeftEnds() throws {
        let run = try SimulatedRun(SimulatedRun.jobs(10)) { _ in .says("one ", "two", after: .seconds(5)) }
        let process = run.start()
        run.simulation.advance(by: .seconds(1))
        _ = try told(run, { await $0.pause() })
        #expect(try run.simulation.finish(process, limit: .seconds(30)) == .finished)
        #expect(run.store.count(.completed) == 10)
    }

    @Test func aPausedRunWaitsForItsIntakeAndForRetries() throws {
        let run = try SimulatedRun(SimulatedRun.jobs(1), isIntakeOpen: true) { call in
            call.attempt == 1 ? .fails(.server) : .says("one ", "two")
        }
        let process = run.start()
        run.simulation.advance(by: .milliseconds(500))
        _ = try told(run, { await $0.pause() })
        run.simulation.advance(by: .seconds(600))
        run.store.append(SimulatedRun.jobs(3, from: 2))
        run.closeIntake()
        run.simulation.advance(by: .seconds(600))
        #expect(process.value == nil && run.source.calls.count == 1)
        try told(run, { await $0.resume() })
        #expect(try run.simulation.finish(process) == .finished)
        #expect(run.store.count(.completed) == 4)
    }

    @Test func aPausedRunCanBeStopped() throws {
        let run = try SimulatedRun(SimulatedRun.jobs(300)) { _ in .says("one ", "two", after: .seconds(5)) }
        let process = run.start()
        _ = try told(run, { await $0.pause() })
        run.simulation.advance(by: .seconds(60))
        #expect(try told(run, { await $0.drain() }) == 0)
        #expect(try run.simulation.finish(process) == .stopped)
        #expect(run.source.calls.count == 32)
    }

    @Test func drainingTwiceClosesNoStream() throws {
        let run = try SimulatedRun(
            SimulatedRun.jobs(300), configure: { $0.drainTimeout = .seconds(60) }
        ) { _ in .says("one ", "two", after: .seconds(20)) }
        let process = run.start()
        run.simulation.advance(by: .seconds(2))
        for _ in 1...3 {
            #expect(try told(run, { await $0.drain() }) == 64)
        }
        #expect(try run.simulation.finish(process) == .stopped)
        #expect(run.store.count(.completed) == 64 && run.store.count(.pending) == 236)
    }

    /// Reads take time, and the pause comes while one is on: what it brings is not sent.
    @Test func nothingIsSentOnceACommandIsAnswered() throws {
        for milliseconds in stride(from: 1, through: 240, by: 7) {
            let run = try SimulatedRun(
                SimulatedRun.jobs(400), seed: milliseconds,
                store: { SimulatedJobStore($0, jobs: $1, readTime: .milliseconds(50), seed: milliseconds) }
            ) { _ in .says("one ", "two", after: .milliseconds(100)) }
            let process = run.start()
            run.simulation.advance(by: .milliseconds(milliseconds))
            if milliseconds.isMultiple(of: 2) {
                _ = try told(run, { await $0.pause() })
                let sent = run.source.calls.count
                run.simulation.advance(by: .seconds(30))
                #expect(run.source.calls.count == sent, "\(milliseconds) ms")
                try told(run, { await $0.resume() })
            } else {
                let over = try told(run, { await $0.set(concurrency: 5) })
                #expect(over == max(0, run.source.open - 5))
                run.simulation.advance(by: .seconds(1))
                #expect(run.source.open <= 5)
            }
            #expect(try run.simulation.finish(process) == .finished)
            #expect(run.store.count(.completed) == 400)
            expectSound(run)
        }
    }

    // MARK: Width, rates and budget

    @Test func aLowerWidthLetsStreamsEndAndAHigherOneRamps() throws {
        let run = try SimulatedRun(
            SimulatedRun.jobs(20_000), keepsCalls: false, configure: { $0.concurrency = 64 }
        ) { _ in .says("one ", "two", after: .seconds(10)) }
        let process = run.start()
        run.simulation.advance(by: .seconds(15))
        #expect(run.source.open == 64)
        #expect(try told(run, { await $0.set(concurrency: 10) }) == 54)
        run.simulation.advance(by: .seconds(1))
        #expect(run.source.open > 10, "open streams go on")
        run.simulation.advance(by: .seconds(11))
        #expect(run.source.open == 10)
        #expect(try told(run, { await $0.limits.concurrency }) == 10)
        #expect(try told(run, { await $0.set(concurrency: 500) }) == 0)
        run.simulation.advance(by: .milliseconds(500))
        #expect(run.source.open == 32)
        run.simulation.advance(by: .seconds(1))
        #expect(run.source.open == 64)
        run.simulation.advance(by: .seconds(4))
        #expect(run.source.open == 500 && run.source.peak == 500)
        try run.stop(now: true)
        _ = try run.simulation.finish(process)
        expectSound(run)
    }

    @Test func aRateThatChangesHoldsAtOnceForItsProviderAlone() throws {
        let jobs = (1...12_000).map { number in
            SimulatedRun.jobs(1, from: number, provider: number.isMultiple(of: 2) ? "lab" : "other")[0]
        }
        let run = try SimulatedRun(
            jobs, providers: ["lab", "other"],
            configure: { $0.limits = ["lab": ProviderLimits(requestsPerMinute: 600)] }
        ) { _ in .says("one ", "two", after: .seconds(1)) }
        let process = run.start()
        run.simulation.advance(by: .seconds(30))
        let isTaken = { (provider: String, range: ClosedRange<Double>) in
            run.source.calls.count { $0.provider == provider && range.contains($0.time.seconds) }
        }
        #expect((290...320).contains(isTaken("lab", 0...30)))
        try told(run, { await $0.set(.requests, perMinute: 60, of: "lab") })
        run.simulation.advance(by: .seconds(30))
        #expect((28...33).contains(isTaken("lab", 30.001...60)))
        #expect(isTaken("other", 30.001...60) > 500, "the other one is as fast as before")
        try told(run, { await $0.set(.requests, perMinute: nil, of: nil) })
        run.simulation.advance(by: .seconds(10))
        #expect(isTaken("lab", 60.001...70) > 200, "no rate bounds it")
        #expect(try told(run, { await $0.limits.requestsPerMinute }) == [:])
        #expect(try run.simulation.finish(process) == .finished)
        expectSound(run)
    }

    private static let prices = try? PriceTable(
        JSONParser.parse(Array(#"{"lab/m": {"input_cost_per_token": 0, "output_cost_per_token": 0.01}}"#.utf8)))
    /// An answer of a dollar.
    private static let usage = TokenUsage(
        raw: JSONObject([.init(key: "prompt_tokens", value: 10), .init(key: "completion_tokens", value: 100)]))

    @Test func aBudgetThatIsSetLaterCountsWhatWasSpentAndWhatIsUnderWay() throws {
        let prices = try #require(Self.prices)
        let run = try SimulatedRun(
            SimulatedRun.jobs(500, options: #","options":{"max_tokens":100}"#), keepsCalls: false,
            configure: {
                $0.prices = prices
                $0.concurrency = 10
            }
        ) { _ in SimulatedAnswer(time: .seconds(10), pieces: ["one"], usage: Self.usage) }
        let process = run.start()
        run.simulation.advance(by: .seconds(55))
        let spent = run.store.history.ends.compactMap(\.costUSD).reduce(0, +)
        #expect(spent == 50)
        // Of earlier runs 20 are spent; for the streams that are open the longest answer so far is set aside.
        let over = try told(run, { await $0.set(costCap: 100, earlier: 20) })
        #expect(over == 0)
        #expect(try run.simulation.finish(process) == .limited("max-cost"))
        #expect(run.store.history.ends.compactMap(\.costUSD).reduce(0, +) == 80)
        #expect(try run.snapshot().costOvershoot == nil)
    }

    @Test func aBudgetThatIsPassedEndsTheRunAndAHigherOneLetsItGoOn() throws {
        let prices = try #require(Self.prices)
        let run = try SimulatedRun(
            SimulatedRun.jobs(100, options: #","options":{"max_tokens":100}"#), keepsCalls: false,
            configure: {
                $0.prices = prices
                $0.concurrency = 10
            }
        ) { _ in SimulatedAnswer(time: .seconds(10), pieces: ["one"], usage: Self.usage) }
        let process = run.start()
        run.simulation.advance(by: .seconds(25))
        #expect(
            try told(run, { await $0.set(costCap: 25, earlier: 0) }) == 10)
        let sent = run.source.open + run.store.history.ends.count
        run.simulation.advance(by: .seconds(1))
        #expect(run.source.open + run.store.history.ends.count == sent)
        #expect(
            try told(run, { await $0.set(costCap: nil, earlier: 0) }) == 0)
        #expect(try run.simulation.finish(process) == .finished)
        #expect(run.store.count(.completed) == 100)
    }

    @Test func underABudgetNothingIsSentThatHasNoPrice() throws {
        let prices = try #require(Self.prices)
        let jobs = SimulatedRun.jobs(1) + SimulatedRun.jobs(3, from: 2, model: "unknown")
        let run = try SimulatedRun(
            jobs, isIntakeOpen: true, configure: { $0.prices = prices }
        ) { _ in .says("one ", "two", after: .seconds(10)) }
        _ = try told(run, { await $0.set(costCap: 100, earlier: 0) })
        let process = run.start()
        run.simulation.advance(by: .seconds(60))
        #expect(run.source.calls.map(\.job) == [1])
        run.closeIntake()
        #expect(try run.simulation.finish(process) == .limited("max-cost"))
    }

    // MARK: Jobs

    @Test func cancelledJobsAreClosedOrNeverSent() throws {
        let run = try SimulatedRun(SimulatedRun.jobs(100), configure: { $0.concurrency = 10 }) { call in
            call.job == 3 ? .fails(.server, after: .seconds(1)) : .says("one two ", "three", after: .seconds(10))
        }
        let process = run.start()
        run.simulation.advance(by: .milliseconds(1500))
        // 1 and 2 run, 3 waits for another attempt, 50 and 100 were never sent.
        #expect(try cancel([1, 2, 3, 50, 100], in: run) == 2)
        #expect(try run.snapshot().cancelled == 5)
        for id in [1, 2, 3, 50, 100] { #expect(run.store.jobs[id - 1].status == .cancelled) }
        #expect(run.store.jobs[0].partial?.answer.text == "one two ")
        #expect(run.store.history.ends.filter { $0.status == .cancelled }.map(\.jobID).sorted() == [1, 2])
        #expect(
            run.store.history.ends.allSatisfy { $0.status != .cancelled || !$0.counts && $0.error?.kind == .cancelled })
        #expect(try cancel([1, 99], in: run) == 0)
        #expect(try run.simulation.finish(process) == .finished)
        #expect(run.store.count(.completed) == 94 && run.store.count(.cancelled) == 6)
        #expect(run.source.calls.count { [1, 2, 3].contains($0.job) } == 3)
        #expect(!run.source.calls.contains { [50, 99, 100].contains($0.job) })
        #expect(run.source.peak == 10)
        expectSound(run)
    }

    @Test func theLastJobThatWaitsForHoursNeedNotWhenItIsCancelled() throws {
        let run = try SimulatedRun(SimulatedRun.jobs(2)) { call in
            call.job == 1 ? .says("one ", "two") : .fails(.rateLimit, retryAfter: .seconds(7200))
        }
        let process = run.start()
        run.simulation.advance(by: .seconds(60))
        #expect(try run.snapshot().waiting == 1)
        #expect(try cancel([2], in: run) == 0)
        #expect(try run.simulation.finish(process, limit: .seconds(10)) == .finished)
        expectSound(run)
    }

    /// At every moment of a short life: it is completed, or cancelled, and never both or sent again.
    @Test func aJobThatIsCancelledAtAnyMomentEndsOnce() throws {
        for milliseconds in stride(from: 0, through: 1700, by: 13) {
            let run = try SimulatedRun(
                SimulatedRun.jobs(8), seed: milliseconds,
                store: { SimulatedJobStore($0, jobs: $1, readTime: .milliseconds(40), seed: milliseconds) }
            ) { call in
                switch (call.job % 4, call.attempt) {
                case (0, 1): SimulatedAnswer(time: .milliseconds(300), ending: .isStale)
                case (1, 1): .fails(.cut, after: .milliseconds(400), saying: ["one ", "two "])
                default: .says("one ", "two", after: .milliseconds(500))
                }
            }
            let process = run.start()
            run.simulation.advance(by: .milliseconds(milliseconds))
            _ = try cancel(Array(1...8), in: run)
            let sent = run.source.calls.count
            #expect(try run.simulation.finish(process, limit: .seconds(5)) == .finished)
            #expect(run.source.calls.count == sent, "\(milliseconds) ms")
            for job in run.store.jobs { #expect([.completed, .cancelled].contains(job.status), "\(milliseconds) ms") }
            #expect(run.store.history.answers.count == run.store.count(.completed))
            #expect(run.store.count(.cancelled) == (try run.snapshot().cancelled))
            expectSound(run)
        }
    }

    @Test func jobsThatAreWantedNextComeNextAndOnce() throws {
        let run = try SimulatedRun(SimulatedRun.jobs(2000), configure: { $0.concurrency = 2 }) { call in
            call.job == 2 && call.attempt == 1
                ? .fails(.server, retryAfter: .seconds(7200)) : .says("one ", "two", after: .seconds(1))
        }
        let process = run.start()
        run.simulation.advance(by: .milliseconds(2500))
        let sent = run.source.calls.count
        // One at the end of the queue, one of the page at hand, one that would wait for hours, one that is done, one that
        // runs.
        let running = try #require(run.source.calls.last?.job)
        try told(run, { await $0.sendNext([1999, 20, 2, 1, Int64(running)]) })
        run.simulation.advance(by: .seconds(2))
        #expect(run.source.calls[sent...].prefix(3).map(\.job).sorted() == [2, 20, 1999])
        try told(run, { await $0.sendNext([500]) })
        try told(run, { await $0.sendNext([400]) })
        run.simulation.advance(by: .seconds(2))
        #expect(Set(run.source.calls.suffix(6).map(\.job)).isSuperset(of: [400, 500]))
        #expect(try run.simulation.finish(process) == .finished)
        #expect(run.store.count(.completed) == 2000)
        #expect(run.source.calls.count == 2001, "no job is sent twice")
        expectSound(run)
    }

    /// Everything at random moments of a provider that fails in every way: each job ends once, and none is lost.
    @Test(arguments: 1...6)
    func whateverIsToldNothingIsLostOrDoubled(seed: Int) throws {
        var random = SeededRandom(seed: seed)
        let script = SeededScript(seed: seed)
        let run = try SimulatedRun(
            SimulatedRun.jobs(300), seed: seed,
            store: { SimulatedJobStore($0, jobs: $1, readTime: .milliseconds(30), seed: seed) },
            configure: { $0.concurrency = 20 }
        ) { script.answer($0) }
        let process = run.start()
        var cancelled: Set<Int64> = []
        for _ in 1...120 where process.value == nil {
            run.simulation.advance(by: .milliseconds(Int.random(in: 1...700, using: &random)))
            let width = Int.random(in: 1...80, using: &random)
            let ids = (0..<3).map { _ in Int64.random(in: 1...300, using: &random) }
            switch Int.random(in: 0..<7, using: &random) {
            case 0: _ = try told(run, { await $0.pause() })
            case 1, 2: try told(run, { await $0.resume() })
            case 3: _ = try told(run, { await $0.set(concurrency: width) })
            case 4:
                _ = try cancel(ids, in: run)
                cancelled.formUnion(ids)
            case 5: try told(run, { await $0.sendNext(ids) })
            default:
                try told(run, { await $0.set(.requests, perMinute: width > 40 ? nil : width * 60, of: "lab") })
            }
        }
        try told(run, { await $0.resume() })
        try told(run, { await $0.set(.requests, perMinute: nil, of: nil) })
        #expect(try run.simulation.finish(process) == .finished, "seed \(seed)")
        for (index, job) in run.store.jobs.enumerated() {
            let mayBe: [JobStatus] = cancelled.contains(Int64(index + 1)) ? [.completed, .cancelled] : [.completed]
            #expect(mayBe.contains(job.status), "job \(index + 1), seed \(seed): \(job.status)")
        }
        #expect(run.store.history.answers.count == run.store.count(.completed))
        expectSound(run)
    }
}

/// Answers that fail at random, so that each job is answered in the end.
private struct SeededScript: Sendable {
    let seed: Int

    func answer(_ call: SimulatedCall) -> SimulatedAnswer {
        var random = SeededRandom(seed: seed &* 7919 &+ call.job &* 31 &+ call.attempt)
        let time = Duration.milliseconds(Int.random(in: 20...1500, using: &random))
        guard call.attempt < 4 else { return .says("one ", "two", after: time) }
        switch Int.random(in: 0..<10, using: &random) {
        case 0: return .fails(.rateLimit, after: time, retryAfter: .seconds(1))
        case 1: return .fails(.server, after: time)
        case 2: return .fails(.cut, after: time, saying: ["one ", "two "])
        case 3: return SimulatedAnswer(time: .milliseconds(5), ending: .isStale)
        default: return .says("one ", "two", after: time)
        }
    }
}
