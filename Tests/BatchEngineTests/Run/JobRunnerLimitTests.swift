import BatchEngine
import LLMStreaming
import Testing

/// How a run ends with work left: limits of the user's, stopped providers; and when it waits for an intake.
struct JobRunnerLimitTests {
    @Test func maxJobsTakesUpSoManyAndTheirRetries() throws {
        let run = try SimulatedRun(
            SimulatedRun.jobs(100), configure: { ($0.maximumJobs, $0.concurrency) = (20, 3) }
        ) { call in
            call.job.isMultiple(of: 3) && call.attempt < 3 ? .fails(.server) : .says("one")
        }
        #expect(try run.finish() == .limited("max-jobs"))
        #expect(Set(run.source.calls.map(\.job)) == Set(1...20))
        #expect(run.store.count(.completed) == 20)
        #expect(run.store.count(.pending) == 80)
    }

    @Test func maxJobsThatLeavesNothingIsNoLimit() throws {
        for maximum in [20, 21] {
            let run = try SimulatedRun(SimulatedRun.jobs(20), configure: { $0.maximumJobs = maximum }) { _ in
                .says("one")
            }
            #expect(try run.finish() == .finished)
        }
    }

    @Test func maxJobsDoesNotWaitForJobsThatItLeavesAlone() throws {
        let run = try SimulatedRun(SimulatedRun.jobs(40), configure: { $0.maximumJobs = 20 }) { _ in .says("one") }
        for id in 1...20 { run.store.wait(Int64(id), until: Simulation.epoch + 86_400_000) }
        #expect(try run.finish() == .limited("max-jobs"))
        #expect(Set(run.source.calls.map(\.job)) == Set(21...40))
        #expect(run.simulation.clock.elapsed < .seconds(10))
    }

    @Test func maxJobsDoesNotWaitForThoseOfAnotherProvider() throws {
        let jobs = SimulatedRun.jobs(40) + SimulatedRun.jobs(5, from: 41, provider: "other")
        let run = try SimulatedRun(jobs, providers: ["lab", "other"], configure: { $0.maximumJobs = 40 }) { call in
            call.attempt == 1 && call.job == 3 ? .fails(.server) : .says("one")
        }
        for id in 41...45 { run.store.wait(Int64(id), until: Simulation.epoch + 86_400_000) }
        #expect(try run.finish() == .limited("max-jobs"))
        #expect(Set(run.source.calls.map(\.job)) == Set(1...40))
        #expect(run.store.count(.completed) == 40)
        #expect(run.simulation.clock.elapsed < .seconds(100))
    }

    /// Of 20,000 that wait, due and not due, most are never looked at.
    @Test(arguments: [Int64(-1), 86_400_000])
    func maxJobsDoesNotReadTheManyThatItLeavesAlone(milliseconds: Int64) throws {
        let run = try SimulatedRun(
            SimulatedRun.jobs(20_100), configure: { $0.maximumJobs = 80 }
        ) { call in
            call.job % 4 == 0 && call.attempt < 3 ? .fails(.server) : .says("one")
        }
        for id in 1...20_000 { run.store.wait(Int64(id), until: Simulation.epoch + milliseconds) }
        #expect(try run.finish() == .limited("max-jobs"))
        let tried = Set(run.source.calls.map(\.job))
        #expect(tried.count == 80)
        #expect(run.store.count(.completed) == tried.count)
        #expect(run.store.history.handedOut < 1_500)
        #expect(run.simulation.clock.elapsed < .seconds(600))
        #expect(run.store.history.violations == [])
    }

    @Test func maxJobsFindsTheRetriesThatWereReadBeforeItWasReached() throws {
        let run = try SimulatedRun(
            SimulatedRun.jobs(300), store: { SimulatedJobStore($0, jobs: $1, readTime: .milliseconds(300)) },
            configure: { ($0.maximumJobs, $0.concurrency) = (150, 8) }
        ) { call in
            call.attempt < 4 && !call.job.isMultiple(of: 5)
                ? .fails(.rateLimit, after: .milliseconds(20)) : .says("one")
        }
        #expect(try run.finish() == .limited("max-jobs"))
        #expect(run.store.count(.completed) == 150)
        #expect(Set(run.source.calls.map(\.job)).count == 150)
    }

    @Test func failFastEndsTheIntakeAndLetsOpenStreamsFinish() throws {
        let run = try SimulatedRun(SimulatedRun.jobs(300), configure: { $0.failsFast = true }) { call in
            call.job == 7 ? .fails(.invalidRequest, after: .seconds(2)) : .says("one", after: .seconds(30))
        }
        #expect(try run.finish() == .limited("fail-fast"))
        #expect(run.source.calls.count == 64)
        #expect(run.store.count(.completed) == 63)
        #expect(run.store.count(.failed) == 1)
        #expect(run.simulation.clock.elapsed > .seconds(30))
    }

    @Test func aStopWhileFailFastDrainsCountsFromTheStop() throws {
        let run = try SimulatedRun(SimulatedRun.jobs(300), configure: { $0.failsFast = true }) { call in
            call.job == 7 ? .fails(.invalidRequest, after: .seconds(2)) : .says("one", after: .seconds(300))
        }
        let process = run.start()
        run.simulation.advance(by: .seconds(20))
        try run.stop()
        #expect(try run.simulation.finish(process) == .stopped)
        #expect(run.simulation.clock.elapsed == .milliseconds(30_100))
    }

    @Test(arguments: [ErrorKind.auth, .quota])
    func aProviderThatRefusesTheKeyIsStoppedAndItsOpenStreamsGoOn(kind: ErrorKind) throws {
        let jobs = SimulatedRun.jobs(1000) + SimulatedRun.jobs(1000, from: 1001, provider: "other")
        let run = try SimulatedRun(jobs, providers: ["lab", "other"]) { call in
            if call.provider == "other" { return .says("one") }
            return call.job == 5 ? .fails(kind, after: .seconds(2)) : .says("one", after: .seconds(20))
        }
        #expect(try run.finish() == .providersStopped)
        // Each of the two has half of the 64 streams.
        #expect(run.source.calls.count { $0.provider == "lab" } == 32)
        #expect(run.store.jobs[1000...].allSatisfy { $0.status == .completed })
        #expect(run.store.jobs[..<1000].count { $0.status == .completed } == 31)
        #expect(run.store.jobs[4].status == .pending)
        #expect(run.store.jobs[4].attempts == 0)
        #expect(try run.snapshot().stoppedProviders == ["lab": "on purpose"])
    }

    @Test func aRunWhoseProvidersAreAllStoppedDoesNotReadTheRest() throws {
        let run = try SimulatedRun(SimulatedRun.jobs(10_000)) { _ in .fails(.auth) }
        #expect(try run.finish() == .providersStopped)
        #expect(run.source.calls.count <= 64)
        #expect(run.store.history.reads < 20)
    }

    @Test func jobsBehindManyOfAStoppedProviderAreRun() throws {
        let jobs = SimulatedRun.jobs(500) + SimulatedRun.jobs(10, from: 501, provider: "other")
        let run = try SimulatedRun(jobs, providers: ["lab", "other"], configure: { $0.concurrency = 1 }) { call in
            call.provider == "lab" ? .fails(.auth) : .says("one")
        }
        #expect(try run.finish() == .providersStopped)
        #expect(run.source.calls.map(\.job) == [1] + Array(501...510))
    }

    @Test func theRetriesOfAStoppedProviderAreNotWaitedFor() throws {
        let jobs = SimulatedRun.jobs(50) + SimulatedRun.jobs(50, from: 51, provider: "other")
        let run = try SimulatedRun(jobs, providers: ["lab", "other"], configure: { $0.concurrency = 100 }) { call in
            if call.provider == "other" { return .says("one", after: .seconds(30)) }
            return call.job == 50
                ? .fails(.auth, after: .seconds(10))
                : .fails(.rateLimit, after: .seconds(5), retryAfter: .seconds(86_400))
        }
        run.store.wait(60, until: Simulation.epoch + 60_000)
        #expect(try run.finish() == .providersStopped)
        #expect(run.store.jobs[50...].allSatisfy { $0.status == .completed })
        #expect(run.store.jobs[..<50].allSatisfy { $0.status == .pending })
        #expect((60..<120) ~= run.simulation.clock.elapsed.components.seconds)
        #expect(try run.snapshot().waiting == 0)
    }

    @Test func jobsOfAProviderThatIsNotConfiguredStayPending() throws {
        let run = try SimulatedRun(
            SimulatedRun.jobs(10) + SimulatedRun.jobs(10, from: 11, provider: "unknown")
        ) { _ in .says("one") }
        #expect(try run.finish() == .providersStopped)
        #expect(run.store.count(.completed) == 10)
        #expect(run.store.jobs[10...].allSatisfy { $0.status == .pending && $0.attemptCount == 0 })
        #expect(try run.snapshot().stoppedProviders["unknown"] == "no such provider is configured")
    }

    @Test func aStoredRequestThatCannotBeReadFailsItsJobAlone() throws {
        var jobs = SimulatedRun.jobs(10)
        jobs[3].request = Array("no JSON".utf8)
        let run = try SimulatedRun(jobs) { _ in .says("one") }
        #expect(try run.finish() == .finished)
        #expect(run.store.count(.completed) == 9)
        #expect(run.store.jobs[3].status == .failed)
        let end = try #require(run.store.history.ends.first { $0.jobID == 4 })
        #expect(end.error?.kind == .invalidRequest)
        #expect(run.source.calls.count == 9)
    }

    @Test func jobsThatAreStoredWhileTheIntakeIsOpenAreRun() throws {
        let run = try SimulatedRun(SimulatedRun.jobs(10), isIntakeOpen: true) { _ in .says("one") }
        let process = run.start()
        run.simulation.advance(by: .seconds(60))
        #expect(run.store.count(.completed) == 10)
        #expect(process.value == nil)
        run.store.append(SimulatedRun.jobs(100, from: 11))
        run.runner.wake()
        run.simulation.advance(by: .seconds(60))
        #expect(run.store.count(.completed) == 110)
        run.store.append(SimulatedRun.jobs(1, from: 111))
        run.closeIntake()
        #expect(try run.simulation.finish(process) == .finished)
        #expect(run.store.count(.completed) == 111)
    }

    @Test(arguments: 0..<100)
    func nothingIsMissedThatChangesWhileTheQueueIsRead(round: Int) throws {
        let seed = SeededRandom.seed(round)
        var random = SeededRandom(seed: seed)
        let run = try SimulatedRun(
            SimulatedRun.jobs(1), isIntakeOpen: true, seed: seed,
            store: { SimulatedJobStore($0, jobs: $1, readTime: .milliseconds(300), seed: seed) }
        ) { call in call.attempt == 1 ? .fails(.server, after: .milliseconds(200)) : .says("one") }
        let process = run.start()
        for number in 2...4 {
            run.simulation.advance(by: .milliseconds(Int.random(in: 0...500, using: &random)))
            run.store.append(SimulatedRun.jobs(1, from: number))
            if number == 4 { run.closeIntake() } else { run.runner.wake() }
        }
        #expect(try run.simulation.finish(process) == .finished)
        #expect(run.store.count(.completed) == 4, "seed \(seed)")
    }

    /// What the store tells of the jobs that wait is older than the ends that came while it was asked.
    @Test(arguments: 0..<100)
    func aJobThatBeginsToWaitWhileTheQueueIsReadIsNotForgotten(round: Int) throws {
        let seed = SeededRandom.seed(round)
        var random = SeededRandom(seed: seed)
        let times = (0..<8).map { _ in Duration.milliseconds(Int.random(in: 0...900, using: &random)) }
        let run = try SimulatedRun(
            SimulatedRun.jobs(9), seed: seed,
            store: { SimulatedJobStore($0, jobs: $1, readTime: .milliseconds(300), seed: seed) }
        ) { call in
            if call.job == 9 { return .says("one", after: .seconds(3_000)) }
            return call.attempt == 1 ? .fails(.server, after: times[call.job - 1]) : .says("one")
        }
        #expect(try run.finish() == .finished)
        let last = run.source.calls.filter { $0.job != 9 }.map(\.time).max()
        #expect(last.map { $0 < .seconds(300) } == true, "\(String(describing: last)), seed \(seed)")
    }
}
