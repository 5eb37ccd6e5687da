import BatchEngine
import LLMStreaming
import Testing

/// What a run does with a store whose commits take their time, or that fails.
struct JobRunnerStoreTests {
    @Test func aJobCountsAfterItsCommitAndItsSlotIsFreeBefore() throws {
        let run = try run(jobs: 100, commits: .byHand)
        let process = run.start()
        run.simulation.advance(by: .seconds(60))
        #expect(run.source.calls.count == 100)
        #expect(try run.snapshot().completed == 0)
        #expect(try run.snapshot().running == 0)
        #expect(process.value == nil)
        run.store.commit()
        run.simulation.settle()
        #expect(process.value == .finished)
        #expect(try run.snapshot().completed == 100)
    }

    @Test func aWaitingJobIsNotSentAgainBeforeItsStateIsCommitted() throws {
        let run = try SimulatedRun(
            SimulatedRun.jobs(1), store: { SimulatedJobStore($0, jobs: $1, commits: .byHand) }
        ) { call in call.attempt == 1 ? .fails(.server) : .says("one") }
        let process = run.start()
        run.simulation.advance(by: .seconds(600))
        #expect(run.source.calls.count == 1)
        run.store.commit()
        run.simulation.settle()
        #expect(run.source.calls.count == 2)
        run.simulation.advance(by: .seconds(1))
        run.store.commit()
        run.simulation.settle()
        #expect(process.value == .finished)
        #expect(run.store.history.violations.isEmpty)
    }

    @Test func noMoreAreSentThanMayWaitForTheirCommit() throws {
        let run = try run(jobs: 1000, commits: .byHand) {
            $0.concurrency = 10
            $0.maximumUncommitted = 50
        }
        let process = run.start()
        run.simulation.advance(by: .seconds(600))
        #expect((50..<60).contains(run.source.calls.count))
        while process.value == nil {
            let sent = run.source.calls.count
            run.store.commit()
            run.simulation.advance(by: .seconds(60))
            #expect(run.source.calls.count > sent || process.value != nil)
        }
        #expect(process.value == .finished)
        #expect(run.store.count(.completed) == 1000)
    }

    @Test(arguments: [1, 2, 10, 20])
    func aStoreThatFailsEndsTheRun(commit: Int) throws {
        let run = try SimulatedRun(
            SimulatedRun.jobs(1000),
            store: { SimulatedJobStore($0, jobs: $1, failsAtCommit: commit) }
        ) { call in
            call.job.isMultiple(of: 5) && call.attempt == 1
                ? .isStale : .says("one", after: .milliseconds(150 * call.job % 977))
        }
        let ending = try run.finish()
        guard case .storeFailed = ending else { return #expect(ending == .storeFailed("...")) }
        #expect(run.source.open == 0)
        #expect(run.source.calls.count < 1000)
        let snapshot = try run.snapshot()
        #expect(snapshot.completed == run.store.count(.completed))
        #expect(snapshot.running == 0)
    }

    @Test func aStoreThatCannotBeReadEndsTheRun() throws {
        let run = try run(jobs: 100, commits: .after(.milliseconds(100)))
        run.store.fail()
        guard case .storeFailed = try run.finish() else { return #expect(Bool(false), "the run went on") }
        #expect(run.source.calls.isEmpty)
    }

    @Test func aFailureThatTheStoreReportsItselfEndsTheRun() throws {
        let run = try run(jobs: 100, commits: .after(.milliseconds(100)))
        let process = run.start()
        try run.simulation.perform { [runner = run.runner] in
            await runner.storeDidFail("the disk is full")
            await runner.storeDidFail("something later")
        }
        #expect(run.source.open == 0)
        #expect(try run.simulation.finish(process) == .storeFailed("the disk is full"))
    }

    private func run(
        jobs: Int, commits: SimulatedJobStore.Commits, configure: (inout RunConfiguration) -> Void = { _ in }
    ) throws -> SimulatedRun {
        try SimulatedRun(
            SimulatedRun.jobs(jobs), store: { SimulatedJobStore($0, jobs: $1, commits: commits) },
            configure: configure
        ) { _ in .says("one") }
    }
}
