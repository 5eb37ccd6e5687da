import BatchEngine
import LLMStreaming
import Synchronization
import Testing

/// When a failed job is sent again, and in whose company.
struct JobRunnerRetryTests {
    @Test func aRetryWaitsForItsTimeAndNotMuchLonger() throws {
        let run = try SimulatedRun(SimulatedRun.jobs(50)) { call in
            call.attempt < 5 ? .fails(.decode, after: .seconds(1)) : .says("one")
        }
        #expect(try run.finish() == .finished)
        #expect(run.store.count(.completed) == 50)
        #expect(run.store.jobs.allSatisfy { $0.attempts == 5 && $0.attemptCount == 5 })
        let waits = waits(run)
        // A commit takes 0.1 s, and a wait at most 1, 2, 4 and 8 s.
        for (retry, bound) in zip(0..<4, [1, 2, 4, 8]) {
            let drawn = waits.map { $0[retry] }
            #expect(drawn.allSatisfy { $0 >= .zero && $0 <= .milliseconds(bound * 1000 + 101) })
            #expect(drawn.max()! > .milliseconds(bound * 700))
            #expect(drawn.min()! < .milliseconds(bound * 300 + 101))
        }
    }

    @Test func retryAfterIsWaitedForWhateverItsLength() throws {
        let run = try SimulatedRun(SimulatedRun.jobs(20)) { call in
            call.attempt == 1 ? .fails(.overloaded, retryAfter: .seconds(7200)) : .says("one")
        }
        #expect(try run.finish() == .finished)
        #expect(waits(run).allSatisfy { $0[0] >= .seconds(7200) && $0[0] <= .seconds(7231) })
    }

    @Test func aRateLimitCostsNoAttempt() throws {
        let run = try SimulatedRun(SimulatedRun.jobs(5)) { call in
            call.attempt <= 200 ? .fails(.rateLimit) : .says("one")
        }
        #expect(try run.finish() == .finished)
        #expect(run.store.jobs.allSatisfy { $0.status == .completed && $0.attempts == 1 && $0.attemptCount == 201 })
    }

    @Test func aJobFailsWithItsLastErrorOnceItsAttemptsAreSpent() throws {
        let run = try SimulatedRun(SimulatedRun.jobs(5)) { _ in .fails(.server) }
        #expect(try run.finish() == .finished)
        #expect(run.source.calls.count == 25)
        #expect(run.store.jobs.allSatisfy { $0.status == .failed && $0.attempts == 5 })
        #expect(try run.snapshot().failed == 5)
    }

    @Test func aStaleConnectionIsRetriedAtOnceAndDoesNotCount() throws {
        let run = try SimulatedRun(SimulatedRun.jobs(200)) { call in
            call.attempt <= 3 ? .isStale : .says("one")
        }
        #expect(try run.finish() == .finished)
        #expect(run.store.jobs.allSatisfy { $0.status == .completed && $0.attempts == 1 && $0.attemptCount == 4 })
        // No more than the COMMIT of the try before it.
        #expect(waits(run).joined().allSatisfy { $0 <= .milliseconds(200) })
        #expect(run.source.peak <= 64)
        #expect(run.store.history.violations.isEmpty)
    }

    @Test func connectionsThatAreAlwaysStaleFailTheJobInTheEnd() throws {
        let run = try SimulatedRun(SimulatedRun.jobs(3)) { _ in .isStale }
        #expect(try run.finish() == .finished)
        #expect(run.store.jobs.allSatisfy { $0.status == .failed && $0.attempts == 5 })
    }

    @Test func aRefusedPrefillFallsBackToRestartOncePerModel() throws {
        let run = try SimulatedRun(SimulatedRun.jobs(40), configure: { $0.concurrency = 1 }) { call in
            if call.prefix != nil { return .fails(.invalidRequest) }
            return call.attempt == 1
                ? .fails(.cut, saying: ["one ", "two", " three four five six seven eight"]) : .says("all of it")
        }
        #expect(try run.finish() == .finished)
        #expect(run.source.calls.count { $0.prefix != nil } == 1)
        #expect(run.store.jobs.allSatisfy { $0.status == .completed })
        #expect(run.store.history.answers.values.allSatisfy { $0[0].choice.content == "all of it" })
        #expect(try run.snapshot().refusedPrefills == ["lab/m"])
        let strategies = run.store.history.starts.values.compactMap(\.strategy)
        #expect(strategies.count { $0 == .restart } == 40)
    }

    @Test func aStreamThatIsCutAgainAndAgainEndsAsLongAsItGetsFurther() throws {
        let text = String(repeating: "word and word, ", count: 80)
        let run = try SimulatedRun(SimulatedRun.jobs(5)) { call in
            let rest = Texts.continuation(of: text, after: call.prefix ?? "") ?? ""
            let said = String(rest.prefix(40))
            return said == rest ? .says(said) : .fails(.cut, saying: ["", said])
        }
        #expect(try run.finish() == .finished)
        #expect(run.store.jobs.allSatisfy { $0.status == .completed && $0.attemptCount > 20 })
        for records in run.store.history.answers.values {
            #expect(records[0].choice.content == text)
            #expect(Texts.rebuild(records[0].seams, from: run.store.history.texts) == text)
        }
    }

    @Test func aStreamThatIsCutForEverEndsAfterTenTimesItsAttempts() throws {
        let run = try SimulatedRun(SimulatedRun.jobs(5)) { call in
            .fails(.cut, saying: ["", call.prefix == nil ? "one, two, three, four, five, six and" : " seven and"])
        }
        #expect(try run.finish() == .finished)
        #expect(run.store.jobs.allSatisfy { $0.status == .failed && $0.attemptCount == 50 })
    }

    @Test func retriesDoNotStarveNewJobsNorTheyRetries() throws {
        // Some of the jobs fail again and again, so that always some of them are due.
        let run = try SimulatedRun(
            SimulatedRun.jobs(6000),
            configure: { ($0.concurrency, $0.retry.maximumAttempts) = (16, 200) }
        ) { call in
            call.job <= 500 && call.attempt <= 100
                ? .fails(.decode, after: .milliseconds(500), retryAfter: .seconds(2))
                : .says("one", after: .milliseconds(500))
        }
        let process = run.start()
        run.simulation.advance(by: .seconds(150))
        let calls = run.source.calls.filter { $0.time > .seconds(60) }
        let new = calls.count { $0.attempt == 1 }
        #expect(calls.count > 2500)
        #expect(Double(new) / Double(calls.count) > 0.4)
        #expect(Double(new) / Double(calls.count) < 0.6)
        try run.stop(now: true)
        #expect(try run.simulation.finish(process) == .stopped)
    }

    @Test func concurrencyStaysUnderTheLimitAndTheRamp() throws {
        let ramp = StartRamp()
        let run = try SimulatedRun(SimulatedRun.jobs(3000), configure: { $0.concurrency = 500 }) { call in
            .says("one", after: .milliseconds(12_000 + call.job % 700))
        }
        let process = run.start()
        var peak = 0
        for milliseconds in stride(from: 0, to: 8000, by: 200) {
            let open = run.source.open
            let elapsed = Duration.milliseconds(milliseconds)
            #expect(open == ramp.allowance(after: elapsed, limit: 500).streams, "at \(milliseconds) ms")
            peak = max(peak, open)
            run.simulation.advance(by: .milliseconds(200))
        }
        #expect(peak == 500)
        #expect(try run.simulation.finish(process) == .finished)
        #expect(run.source.peak == 500)
    }

    @Test func timersDoNotPileUp() throws {
        let run = try SimulatedRun(SimulatedRun.jobs(5000), seed: 4, configure: { $0.concurrency = 32 }) { call in
            call.attempt == 1 ? .fails(.server, retryAfter: .seconds(60 + call.job % 50)) : .says("one")
        }
        #expect(try run.finish() == .finished)
        // The streams, the store's commit and a few timers of the run.
        #expect(run.simulation.clock.peak < 32 + 20)
    }

    @Test(arguments: [7_200_000, -7_200_000, -86_400_000 * 365] as [Int64])
    func aDateThatIsSetMovesNoWait(milliseconds: Int64) throws {
        // After ten minutes the system's date is set; the retry is due after an hour.
        let run = try SimulatedRun(
            SimulatedRun.jobs(1),
            unixMilliseconds: { $0.unixMilliseconds() + ($0.clock.elapsed > .seconds(600) ? milliseconds : 0) }
        ) { call in call.attempt == 1 ? .fails(.decode, retryAfter: .seconds(3600)) : .says("one") }
        #expect(try run.finish() == .finished)
        #expect((.seconds(3601)..<(.seconds(3640))).contains(run.simulation.clock.elapsed))
    }

    @Test(arguments: [.min, -1, 0, NumberGate.unixMilliseconds.upperBound, .max] as [Int64])
    func aDateBeyondBeliefHoldsNoRun(date: Int64) throws {
        let run = try SimulatedRun(SimulatedRun.jobs(3), unixMilliseconds: { _ in date }) { call in
            call.attempt == 1 ? .fails(.server, retryAfter: .seconds(60)) : .says("one")
        }
        #expect(try run.finish() == .finished)
        #expect((.seconds(60)..<(.seconds(120))).contains(run.simulation.clock.elapsed))
    }

    /// The times between the end of each try of a job and the next one, by job.
    private func waits(_ run: SimulatedRun) -> [[Duration]] {
        var ends: [Int64: [Int64]] = [:]
        for end in run.store.history.ends { ends[end.jobID, default: []].append(end.endedMilliseconds) }
        return Dictionary(grouping: run.source.calls, by: \.job).map { job, calls in
            zip(calls.dropFirst(), ends[Int64(job)] ?? []).map { call, end in
                call.time - .milliseconds(end - Simulation.epoch)
            }
        }
    }
}
