import BatchEngine
import LLMStreaming
import Testing

/// Jobs that begin alike through a whole run: sent next to each other, to one endpoint, the first one alone.
struct JobRunnerPrefixTests {
    /// Jobs of several groups in turns; the beginning of a group is some 3,000 bytes.
    private static func jobs(_ groups: Int, each count: Int) -> [Job] {
        (0..<groups * count).map { index in
            let text = String(repeating: "group \(index % groups) begins like this. ", count: 110)
            return Job(
                id: Int64(index + 1), customID: "job-\(index + 1)", source: "jobs.jsonl", line: index + 1,
                provider: "lab", model: "m", requestSHA256: "sha-\(index + 1)",
                request: Array(
                    #"{"messages":[{"role":"system","content":"\#(text)"},{"role":"user","content":"job \#(index + 1)"}]}"#
                        .utf8))
        }
    }

    private func run(
        _ jobs: [Job], endpoints: Int = 4, concurrency: Int = 32,
        configure: (inout RunConfiguration) -> Void = { _ in },
        script: @escaping @Sendable (SimulatedCall) -> SimulatedAnswer = { _ in Self.answer }
    ) throws -> SimulatedRun {
        try SimulatedRun(
            jobs, endpoints: ["lab": Array(repeating: 1, count: endpoints)],
            configure: {
                $0.concurrency = concurrency
                $0.ramp.step = .zero
                configure(&$0)
            }, script: script)
    }

    private static var answer: SimulatedAnswer {
        SimulatedAnswer(time: .zero, pace: (.seconds(1), .milliseconds(200)), pieces: ["a ", "b ", "c "])
    }

    /// The calls of each group, in order.
    private func calls(_ run: SimulatedRun, of groups: Int) -> [[SimulatedCall]] {
        (0..<groups).map { group in run.source.calls.filter { ($0.job - 1) % groups == group } }
    }

    @Test func aGroupGoesToOneEndpointAndItsFirstJobAlone() throws {
        let run = try run(Self.jobs(12, each: 10))
        #expect(try run.finish() == .finished)
        #expect(try run.snapshot().completed == 120)
        for calls in calls(run, of: 12) {
            #expect(calls.count == 10)
            #expect(Set(calls.map(\.endpoint)).count == 1, "\(calls.map(\.endpoint))")
            #expect(calls.dropFirst().allSatisfy { $0.time >= calls[0].time + .seconds(1) })
        }
        #expect(Set(run.source.calls.map(\.endpoint)).count == 4)
    }

    @Test func ofOneEndpointToo() throws {
        let run = try run(Self.jobs(3, each: 20), endpoints: 1)
        #expect(try run.finish() == .finished)
        for calls in calls(run, of: 3) {
            #expect(calls.dropFirst().allSatisfy { $0.time >= calls[0].time + .seconds(1) })
        }
    }

    @Test func withoutWarmFirstNobodyWaits() throws {
        let run = try run(Self.jobs(3, each: 8), endpoints: 1, configure: { $0.warmFirst = .off })
        #expect(try run.finish() == .finished)
        #expect(run.source.calls.allSatisfy { $0.time == .zero })
    }

    @Test func inTheOrderOfTheInputNothingIsPutTogether() throws {
        let run = try run(Self.jobs(6, each: 10), concurrency: 4, configure: { $0.order = .input })
        #expect(try run.finish() == .finished)
        #expect(run.source.calls.map(\.job) == Array(1...60))
    }

    @Test func noMoreJobsThanTheUserAllowsAreTakenUp() throws {
        let run = try run(Self.jobs(12, each: 10), configure: { $0.maximumJobs = 30 })
        #expect(try run.finish() == .limited("max-jobs"))
        #expect(run.source.calls.count == 30)
    }

    /// Its groups go elsewhere, and are read there once more.
    @Test func groupsOfAnEndpointThatDiesGoElsewhere() throws {
        let run = try run(
            Self.jobs(16, each: 40),
            script: { call in
                call.endpoint == 1 && call.time > .seconds(5)
                    ? SimulatedAnswer(time: .milliseconds(10), ending: .fails(LLMError(.connect, "refused")))
                    : Self.answer
            })
        #expect(try run.finish() == .finished)
        #expect(try run.snapshot().completed == 640)
        #expect(run.store.count(.failed) == 0)
    }

    /// A first job that hangs holds the others of its group for a while, and no other group.
    @Test func aFirstJobThatHangsHoldsNobodyForLong() throws {
        let run = try run(
            Self.jobs(4, each: 10),
            script: { call in
                call.job == 1 ? .says("one", "two", after: .seconds(500)).late : Self.answer
            })
        let process = run.start()
        run.simulation.advance(by: .seconds(60))
        #expect(try run.snapshot().completed == 39)
        #expect(try run.simulation.finish(process) == .finished)
    }

    @Test func cancelledJobsAreNotSent() async throws {
        let run = try run(Self.jobs(4, each: 10), concurrency: 4)
        let process = run.start()
        _ = try run.simulation.perform { [runner = run.runner] in await runner.cancel([37, 38, 39, 40]) }
        try run.simulation.perform { [runner = run.runner] in
            await runner.didCancel((37...40).map { (Int64($0), "job-\($0)") })
        }
        #expect(try run.simulation.finish(process) == .finished)
        #expect(!run.source.calls.contains { $0.job >= 37 })
        #expect(try run.snapshot().completed == 36)
    }
}

extension SimulatedAnswer {
    /// The same with nothing said before its end.
    fileprivate var late: SimulatedAnswer {
        var answer = self
        answer.pace = (answer.time, .zero)
        answer.time = .zero
        return answer
    }
}
