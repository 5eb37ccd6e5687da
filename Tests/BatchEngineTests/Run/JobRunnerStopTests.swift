import BatchEngine
import LLMStreaming
import Testing

/// How a run stops: the two signals, the drain time, cancellation (Contract, "Commands").
struct JobRunnerStopTests {
    /// 64 streams are open, those of odd jobs for 3 s, the others for 60 s.
    private func run(
        _ configure: (inout RunConfiguration) -> Void = { _ in }, readTime: Duration = .zero
    ) throws -> SimulatedRun {
        try SimulatedRun(
            SimulatedRun.jobs(300), store: { SimulatedJobStore($0, jobs: $1, readTime: readTime) },
            configure: configure
        ) { call in
            .says("one two ", "three", after: call.job.isMultiple(of: 2) ? .seconds(60) : .seconds(3))
        }
    }

    @Test func theFirstStopLetsOpenStreamsEndWithinTheDrainTime() throws {
        let run = try run()
        let process = run.start()
        run.simulation.advance(by: .seconds(2))
        #expect(run.source.open == 64)
        try run.stop()
        run.simulation.advance(by: .seconds(9))
        #expect(run.source.calls.count == 64)
        #expect(run.source.open == 32)
        #expect(process.value == nil)
        #expect(try run.simulation.finish(process) == .stopped)
        #expect(run.simulation.clock.elapsed == .milliseconds(12_100))
        expectCut(run)
    }

    @Test func theSecondStopClosesOpenStreamsAtOnce() throws {
        let run = try run()
        let process = run.start()
        run.simulation.advance(by: .seconds(2))
        try run.stop()
        run.simulation.advance(by: .seconds(4))
        try run.stop()
        #expect(run.source.open == 0)
        #expect(process.value == nil)
        run.simulation.advance(by: .milliseconds(100))
        #expect(process.value == .stopped)
        expectCut(run)
        try run.stop()
    }

    @Test func aStopAtOnceIsNotTakenBackByAnother() throws {
        let run = try run()
        let process = run.start()
        try run.stop(now: true)
        try run.stop()
        run.simulation.advance(by: .milliseconds(100))
        #expect(process.value == .stopped)
    }

    /// 32 jobs completed, 32 interrupted with their text and no attempt counted, the rest untouched.
    private func expectCut(_ run: SimulatedRun) {
        #expect(run.store.count(.completed) == 32)
        #expect(run.store.count(.interrupted) == 32)
        #expect(run.store.count(.pending) == 236)
        let cut = run.store.jobs.filter { $0.status == .interrupted }
        #expect(cut.allSatisfy { $0.attempts == 0 && $0.notBefore == nil && $0.partial?.answer.text == "one two " })
        let ends = run.store.history.ends.filter { $0.status == .interrupted }
        #expect(ends.allSatisfy { $0.error?.kind == .cancelled && !$0.counts })
        #expect(run.store.history.violations.isEmpty)
        #expect(!run.store.hasWrites)
    }

    @Test func aStoppedRunGoesOnLaterFromWhatWasKept() throws {
        let kept = "one two three four five six seven"
        let run = try SimulatedRun(SimulatedRun.jobs(10)) { _ in .says(kept + " ", "eight", after: .seconds(60)) }
        let process = run.start()
        run.simulation.advance(by: .seconds(1))
        try run.stop(now: true)
        _ = try run.simulation.finish(process)
        let later = try SimulatedRun(
            SimulatedRun.jobs(10).map { job in
                var job = job
                job.partial = run.store.jobs[Int(job.id) - 1].partial
                job.attemptCount = 1
                return job
            }
        ) { _ in .says(" and", " four") }
        #expect(try later.finish() == .finished)
        #expect(later.source.calls.allSatisfy { $0.prefix == kept })
        #expect(later.store.history.answers[3]?.first?.choice.content == kept + " and four")
    }

    @Test func aStopBeforeTheStartSendsNothing() throws {
        for now in [false, true] {
            let run = try run()
            try run.stop(now: now)
            #expect(try run.finish() == .stopped)
            #expect(run.source.calls.isEmpty)
        }
    }

    @Test func aStopEndsTheWaitForARetry() throws {
        let run = try SimulatedRun(SimulatedRun.jobs(3)) { _ in .fails(.rateLimit, retryAfter: .seconds(7200)) }
        let process = run.start()
        run.simulation.advance(by: .seconds(600))
        #expect(try run.snapshot().waiting == 3)
        #expect(try run.snapshot().waitingFor == .rateLimit)
        try run.stop()
        #expect(process.value == .stopped)
        #expect(run.store.jobs.allSatisfy { $0.status == .pending && $0.notBefore != nil && $0.attempts == 0 })
    }

    @Test func aStopEndsTheWaitForTheIntake() throws {
        let run = try SimulatedRun([], isIntakeOpen: true) { _ in .says("never") }
        let process = run.start()
        run.simulation.advance(by: .seconds(600))
        #expect(process.value == nil)
        try run.stop()
        #expect(process.value == .stopped)
    }

    @Test func noJobIsTakenUpOnceAStopCame() throws {
        // Reads take up to 50 ms: the stop comes while one is on.
        for milliseconds in stride(from: 1, through: 60, by: 4) {
            let run = try run(readTime: .milliseconds(50))
            let process = run.start()
            run.simulation.advance(by: .milliseconds(milliseconds))
            let sent = run.source.calls.count
            try run.stop()
            #expect(try run.simulation.finish(process) == .stopped)
            #expect(run.source.calls.count == sent)
        }
    }

    @Test func aCancelledRunClosesItsStreamsAndTakesNothingUp() throws {
        for readTime in [Duration.zero, .milliseconds(50)] {
            let run = try run(readTime: readTime)
            let process = run.start()
            run.simulation.advance(by: .seconds(2))
            process.cancel()
            run.simulation.settle()
            #expect(run.source.open == 0)
            #expect(try run.simulation.finish(process, limit: .seconds(1)) == .stopped)
            #expect(run.source.calls.count == 64)
            #expect(run.store.count(.interrupted) == 64)
        }
    }

    @Test func aCancelledRunThatWaitsEnds() throws {
        let run = try SimulatedRun([], isIntakeOpen: true) { _ in .says("never") }
        let process = run.start()
        process.cancel()
        run.simulation.settle()
        #expect(process.value == .stopped)
    }

    @Test func aStaleConnectionIsNotRepeatedAfterAStop() throws {
        let run = try SimulatedRun(SimulatedRun.jobs(1)) { _ in SimulatedAnswer(time: .seconds(5), ending: .isStale) }
        let process = run.start()
        run.simulation.advance(by: .seconds(1))
        try run.stop()
        #expect(try run.simulation.finish(process) == .stopped)
        #expect(run.source.calls.count == 1)
        #expect(run.store.jobs[0].status == .pending)
    }
}
