import BatchEngine
import LLMStreaming
import Testing

/// A provider with several endpoints: how its jobs are shared by them, and what one that fails means for the others.
struct JobRunnerPoolTests {
    private func run(
        _ count: Int, weights: [Double] = [1, 1], concurrency: Int = 16,
        configure: (inout RunConfiguration) -> Void = { _ in },
        script: @escaping @Sendable (SimulatedCall) -> SimulatedAnswer
    ) throws -> SimulatedRun {
        try SimulatedRun(
            SimulatedRun.jobs(count), endpoints: ["lab": weights],
            configure: {
                $0.concurrency = concurrency
                $0.ramp.step = .zero
                configure(&$0)
            }, script: script)
    }

    private static func failure(_ kind: ErrorKind, status: Int? = nil, retryAfter: Duration? = nil)
        -> SimulatedAnswer
    {
        SimulatedAnswer(
            time: .milliseconds(50),
            ending: .fails(LLMError(kind, "on purpose", httpStatus: status, retryAfter: retryAfter)))
    }

    private func counts(_ run: SimulatedRun, of endpoints: Int) -> [Int] {
        (0..<endpoints).map { endpoint in run.source.calls.count { $0.endpoint == endpoint } }
    }

    // MARK: Shares

    @Test func streamsAreSharedByWeight() throws {
        let run = try run(400, weights: [1, 3], concurrency: 16) { _ in .says("one", "two", after: .seconds(10)) }
        let process = run.start()
        run.simulation.advance(by: .seconds(5))
        #expect(counts(run, of: 2) == [4, 12])
        #expect(try run.simulation.finish(process) == .finished)
        #expect(counts(run, of: 2) == [100, 300])
    }

    @Test func aSlowEndpointGetsLess() throws {
        let run = try run(600, concurrency: 16) { call in
            .says("one", "two", after: call.endpoint == 0 ? .seconds(1) : .seconds(5))
        }
        #expect(try run.finish() == .finished)
        let counts = counts(run, of: 2)
        #expect(counts[0] > 480 && counts[1] > 80, "\(counts)")
    }

    /// Also where the shares do not add up to whole streams.
    @Test(arguments: [1, 2, 3, 7]) func theUsersBoundHoldsForAllEndpointsTogether(concurrency: Int) throws {
        let run = try run(100, weights: [1, 1, 1], concurrency: concurrency) { _ in .says("one", "two") }
        #expect(try run.finish() == .finished)
        #expect(run.source.peak == concurrency)
    }

    @Test func theUsersRateHoldsForAllEndpointsTogether() throws {
        let run = try run(
            60, configure: { $0.limits["lab"] = ProviderLimits(requestsPerMinute: 60) },
            script: { _ in .says("one", "two", after: .milliseconds(10)) })
        #expect(try run.finish() == .finished)
        let last = try #require(run.source.calls.last?.time)
        #expect(last > .seconds(50), "60 requests at 60 a minute within \(last)")
        #expect(counts(run, of: 2).allSatisfy { $0 > 20 })
    }

    // MARK: Keys and models

    @Test(arguments: [ErrorKind.auth, .quota]) func aRefusedKeyStopsItselfOnly(kind: ErrorKind) throws {
        let run = try run(200) { call in
            call.endpoint == 1
                ? Self.failure(kind, status: kind == .auth ? 401 : 402) : .says("one", "two")
        }
        #expect(try run.finish() == .finished)
        let snapshot = try run.snapshot()
        #expect(snapshot.completed == 200)
        #expect(snapshot.failed == 0)
        // Those that were under way when the first was refused.
        #expect(counts(run, of: 2)[1] <= 16)
        let name = "lab at http://127.0.0.1:10/v1"
        #expect(Array(snapshot.stoppedProviders.keys) == [name])
        let told = run.events.count { if case .stopped(name, _) = $0 { true } else { false } }
        #expect(told == 1)
        // They go to the other at once.
        let again = run.source.calls.filter { $0.attempt > 1 }
        #expect(again.allSatisfy { $0.time < .seconds(3) && $0.endpoint == 0 }, "\(again.map(\.time))")
    }

    @Test func whereAllKeysAreRefusedTheProviderIsStopped() throws {
        let run = try run(200) { _ in Self.failure(.auth, status: 401) }
        #expect(try run.finish() == .providersStopped)
        let snapshot = try run.snapshot()
        #expect(snapshot.failed == 0)
        #expect(Array(snapshot.stoppedProviders.keys) == ["lab"])
        #expect(run.source.calls.count <= 32)
    }

    @Test func anEndpointWithoutTheModelIsLeftOutForIt() throws {
        let jobs = SimulatedRun.jobs(100, model: "a") + SimulatedRun.jobs(100, from: 101, model: "b")
        let run = try SimulatedRun(jobs, endpoints: ["lab": [1, 1]], configure: { $0.concurrency = 8 }) { call in
            call.model == "a" && call.endpoint == 0
                ? Self.failure(.notFound, status: 404) : .says("one", "two", after: .milliseconds(100))
        }
        #expect(try run.finish() == .finished)
        #expect(try run.snapshot().completed == 200)
        let wrong = run.source.calls.count { $0.model == "a" && $0.endpoint == 0 }
        #expect(wrong <= 8)
        #expect(run.source.calls.contains { $0.model == "b" && $0.endpoint == 0 })
        #expect(try run.snapshot().stoppedProviders.keys.sorted() == ["lab/a at http://127.0.0.1:9/v1"])
    }

    @Test func aModelThatNoEndpointHasIsStopped() throws {
        let run = try run(50) { _ in Self.failure(.notFound, status: 404) }
        #expect(try run.finish() == .providersStopped)
        #expect(try run.snapshot().stoppedProviders.keys.sorted() == ["lab/m"])
    }

    // MARK: Failures

    /// Asked again each 5 to 10 s, and back when it answers; no job pays for it with its attempts.
    @Test func anEndpointThatIsDownIsLeftAndComesBack() throws {
        let run = try run(2000, weights: [1, 1, 1, 1], concurrency: 32) { call in
            call.endpoint == 2 && call.time > .seconds(20) && call.time < .seconds(120)
                ? Self.failure(.connect) : .says("one", "two", after: .seconds(3))
        }
        #expect(try run.finish() == .finished)
        #expect(try run.snapshot().completed == 2000)
        #expect(run.store.count(.failed) == 0)
        let probes = run.source.calls.filter { $0.endpoint == 2 && $0.time > .seconds(30) && $0.time < .seconds(120) }
            .map(\.time)
        #expect(probes.count >= 8 && probes.count <= 18, "\(probes)")
        let back = run.source.calls.filter { $0.endpoint == 2 && $0.time > .seconds(120) }.map(\.time)
        #expect(try #require(back.first) < .seconds(131))
        #expect(back.count { $0 < .seconds(145) } >= 8, "\(back.prefix(20))")
        // While it is down the others have its streams.
        let meanwhile = run.source.calls.count { $0.endpoint == 0 && $0.time > .seconds(60) && $0.time < .seconds(90) }
        #expect(meanwhile >= 95, "\(meanwhile)")
    }

    @Test func whereAllAreDownItIsAnOutageOfTheProvider() throws {
        let run = try run(
            100, configure: { $0.outageTimeout = .seconds(100) }, script: { _ in Self.failure(.connect) })
        #expect(try run.finish() == .providersStopped)
        let reason = try #require(try run.snapshot().stoppedProviders["lab"])
        #expect(reason.hasPrefix("out for 10"), "\(reason)")
        #expect(run.simulation.clock.elapsed < .seconds(130))
    }

    /// One that is out for longer than the user waits stops nothing while another answers.
    @Test func anEndpointThatStaysDownDoesNotEndTheRun() throws {
        let run = try run(
            500, configure: { $0.outageTimeout = .seconds(60) },
            script: { call in
                call.endpoint == 0 ? Self.failure(.connect) : .says("one", "two", after: .seconds(10))
            })
        #expect(try run.finish() == .finished)
        #expect(try run.snapshot().completed == 500)
        #expect(try run.snapshot().stoppedProviders.isEmpty)
    }

    @Test func aJobThatFailedAtOneEndpointGoesToAnotherFirst() throws {
        // Each job fails once, wherever it comes first.
        let run = try run(100, weights: [1, 1, 1]) { call in
            call.attempt <= 2
                ? SimulatedAnswer(time: .seconds(1), pieces: ["a", "b"], ending: .fails(LLMError(.cut, "cut")))
                : .says("one", "two")
        }
        #expect(try run.finish() == .finished)
        let byJob = Dictionary(grouping: run.source.calls, by: \.job)
        #expect(byJob.values.allSatisfy { Set($0.map(\.endpoint)).count == 3 })
    }

    /// How long one endpoint is to be left alone is no concern of another.
    @Test func aRefusedJobGoesElsewhereAtOnce() throws {
        let run = try run(100) { call in
            call.endpoint == 0
                ? Self.failure(.rateLimit, status: 429, retryAfter: .seconds(300)) : .says("one", "two")
        }
        #expect(try run.finish() == .finished)
        let last = try #require(run.source.calls.last?.time)
        #expect(last < .seconds(60), "\(last)")
        #expect(counts(run, of: 2)[0] <= 16)
        // Nobody waits the five minutes: the time left is not that of this endpoint.
        let waits = run.events.compactMap { if case .waiting(let wait) = $0 { wait } else { RunWait?.none } }
        #expect(waits.contains { $0.name == "lab at http://127.0.0.1:9/v1" && $0.isOfOneEndpoint }, "\(waits)")
    }

    @Test func fiveHundredsOfOneEndpointEndNoJob() throws {
        let run = try run(300, weights: [1, 1, 1, 1]) { call in
            call.endpoint == 3
                ? SimulatedAnswer(
                    time: .milliseconds(20),
                    ending: .fails(LLMError(.server, "broken", httpStatus: 500, code: "internal_error")))
                : .says("one", "two")
        }
        #expect(try run.finish() == .finished)
        #expect(try run.snapshot().completed == 300)
        #expect(run.store.count(.failed) == 0)
    }

    /// A stream is kept where it was opened; a job that failed there goes there all the same.
    @Test func aKeptStreamIsAskedForWhereItIs() throws {
        let cursor = ReplayCursor(.conversation, id: "stream", position: 3)
        var jobs = SimulatedRun.jobs(6)
        for index in jobs.indices {
            let answer = PartialAnswer(choices: [.init(index: 0, text: "so far ")], contentDeltaCount: 1)
            jobs[index].partial = StoredPartial(
                attemptID: 1, answer: answer, seams: [], tokenCount: 2, furthestScalars: 7)
            jobs[index].partial?.cursor = cursor
            jobs[index].partial?.endpoint = "http://127.0.0.1:\(9 + index % 2)/v1"
        }
        let run = try SimulatedRun(jobs, endpoints: ["lab": [1, 1]]) { call in
            call.attempt == 1 ? Self.failure(.cut) : .says("one", "two")
        }
        #expect(try run.finish(limit: .seconds(3600)) == .finished)
        #expect(try run.snapshot().completed == 6)
        let first = run.source.calls.filter { $0.attempt == 1 && $0.job > 0 }
        #expect(first.allSatisfy { $0.endpoint == ($0.job - 1) % 2 }, "\(first.map(\.endpoint))")
    }

    /// Two servers that are overloaded for a while are left alone for longer each time.
    @Test func whereAllRefuseForLoadTheWaitsGrow() throws {
        let run = try run(4) { call in
            call.time < .seconds(6) ? Self.failure(.overloaded, status: 529) : .says("one", "two")
        }
        #expect(try run.finish() == .finished)
        #expect(try run.snapshot().completed == 4)
    }

    // MARK: At large

    /// Sixty-four endpoints of unequal speed for an hour; some of them fail, hang, refuse or come and go.
    @Test func anHourOfSixtyFourEndpointsLosesNothing() throws {
        let count = 64
        let run = try SimulatedRun(
            SimulatedRun.jobs(40_000), endpoints: ["lab": Array(repeating: 1, count: count)], keepsCalls: false,
            configure: { $0.concurrency = 512 }
        ) { call in
            let minute = Int(call.time.seconds / 60)
            switch call.endpoint % 16 {
            case 3 where minute % 10 < 3: return Self.failure(.connect)
            case 5 where call.job % 7 == 0 && call.attempt == 1:
                return SimulatedAnswer(time: .seconds(4), pieces: ["a ", "b "], ending: .fails(LLMError(.cut, "cut")))
            case 7 where minute % 6 == 0:
                return Self.failure(.rateLimit, status: 429, retryAfter: .seconds(20))
            case 9 where minute > 20: return Self.failure(.server, status: 500)
            case 11 where call.job % 97 == 0 && call.attempt == 1: return .says("one", "two", after: .seconds(590))
            default: return .says("one", "two", after: .seconds(20 + 5 * (call.endpoint % 8)))
            }
        }
        #expect(try run.finish() == .finished)
        #expect(try run.snapshot().completed == 40_000)
        #expect(run.source.peak <= 512)
        // 40,000 jobs of 37 s each, on 512 streams, less what is down: some 50 minutes.
        #expect(run.simulation.clock.elapsed < .seconds(4200), "\(run.simulation.clock.elapsed)")
        #expect(run.simulation.clock.elapsed > .seconds(2400))
    }
}
