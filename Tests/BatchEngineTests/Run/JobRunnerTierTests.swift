import BatchEngine
import LLMStreaming
import Testing

/// A service tier without capacity: its jobs wait, and nobody else does.
struct JobRunnerTierTests {
    private static func full(_ status: Int) -> SimulatedAnswer {
        SimulatedAnswer(
            time: .milliseconds(20),
            ending: .fails(
                LLMError(status == 503 ? .overloaded : .rateLimit, "Resource Unavailable", httpStatus: status)))
    }

    /// Whatever the status: the model's other jobs are sent as many at once as before, nothing is paused, no attempt is
    /// counted, and the provider is not out.
    @Test(arguments: [429, 503])
    func aFullTierIsNeitherARateLimitNorAnOutage(status: Int) throws {
        let flex = #","options":{"service_tier":"flex"}"#
        let jobs = (1...400).flatMap { SimulatedRun.jobs(1, from: $0, options: $0 % 2 == 1 ? flex : "") }
        let run = try SimulatedRun(jobs, configure: { $0.concurrency = 32 }) { call in
            call.job % 2 == 1 && call.time < .seconds(120) ? Self.full(status) : .says("one", "two")
        }
        let process = run.start()
        run.simulation.advance(by: .seconds(60))
        let snapshot = try run.snapshot()
        #expect(snapshot.completed == 200)
        #expect(snapshot.waits.isEmpty, "\(snapshot.waits)")
        #expect(run.source.peak == 32)
        #expect(try run.simulation.finish(process) == .finished)
        #expect(try run.snapshot().completed == 400)
        #expect(try run.snapshot().failed == 0)
        // What was refused waited longer each time.
        let tries = run.source.calls.filter { $0.job == 1 }.count
        #expect((3...20).contains(tries), "\(tries)")
    }

    /// A tier that stays full is not waited for without end: with nothing else to do the model is left, as in an
    /// outage, and its jobs stay for a later run.
    @Test func aTierThatStaysFullIsLeftAfterTheOutageTimeout() throws {
        let flex = #","options":{"service_tier":"flex"}"#
        let run = try SimulatedRun(
            SimulatedRun.jobs(20, options: flex), configure: { $0.outageTimeout = .seconds(600) }
        ) { _ in Self.full(429) }
        let process = run.start()
        run.simulation.advance(by: .seconds(590))
        #expect(try run.snapshot().stoppedProviders.isEmpty)
        #expect(try run.simulation.finish(process) == .providersStopped)
        let snapshot = try run.snapshot()
        #expect(snapshot.failed == 0 && snapshot.completed == 0)
        let reason = snapshot.stoppedProviders.values.first ?? ""
        #expect(reason.contains("'flex' has no capacity now") && reason.contains("as long as an outage"), "\(reason)")
    }

    /// Where the model's other jobs are answered, only those of the tier fail, with the reason.
    @Test func whereOthersAreAnsweredTheJobsOfAFullTierFail() throws {
        let flex = #","options":{"service_tier":"flex"}"#
        let jobs = (1...40).flatMap { SimulatedRun.jobs(1, from: $0, options: $0 % 2 == 1 ? flex : "") }
        let run = try SimulatedRun(jobs, configure: { $0.outageTimeout = .seconds(600) }) { call in
            call.job % 2 == 1 ? Self.full(503) : .says("one", "two")
        }
        let process = run.start()
        #expect(try run.simulation.finish(process) == .finished)
        #expect(try run.snapshot().completed == 20 && run.snapshot().failed == 20)
        #expect(try run.snapshot().stoppedProviders.isEmpty)
    }

    /// What is answered now and then has capacity: nothing is given up.
    @Test func aTierWithAnAnswerNowAndThenIsWaitedFor() throws {
        let flex = #","options":{"service_tier":"flex"}"#
        let run = try SimulatedRun(
            SimulatedRun.jobs(30, options: flex), configure: { $0.outageTimeout = .seconds(600) }
        ) { call in
            call.time.components.seconds / 300 >= Int64(call.job) ? .says("one") : Self.full(429)
        }
        let process = run.start()
        #expect(try run.simulation.finish(process) == .finished)
        #expect(try run.snapshot().completed == 30 && run.snapshot().failed == 0)
    }

    /// The first token of a cheap tier may take longer, unless the user says how long.
    @Test(arguments: [false, true])
    func theClockOfTheFirstTokenIsLongerInFlex(isSet: Bool) throws {
        let flex = #","options":{"service_tier":"flex"}"#
        let jobs = SimulatedRun.jobs(1, options: flex) + SimulatedRun.jobs(1, from: 2)
        let run = try SimulatedRun(jobs, configure: { if isSet { $0.flexFirstToken = nil } }) { _ in .says("one") }
        #expect(try run.simulation.finish(run.start()) == .finished)
        let clocks = run.source.calls.sorted { $0.job < $1.job }.map(\.firstTokenTimeout)
        #expect(clocks == [isSet ? nil : .seconds(900), nil])
    }

    /// The same answers to requests of no tier are a rate limit: the streams become fewer, everybody waits.
    @Test func withoutATierItIsARateLimit() throws {
        let run = try SimulatedRun(SimulatedRun.jobs(400), configure: { $0.concurrency = 32 }) { call in
            call.job % 2 == 1 && call.time < .seconds(120) ? Self.full(429) : .says("one", "two")
        }
        let process = run.start()
        run.simulation.advance(by: .seconds(60))
        #expect(try run.snapshot().completed < 200)
        #expect(try run.simulation.finish(process) == .finished)
    }

    /// The run's tier is asked for where the line names none, and its price reckoned by what served.
    @Test func theRunsTierIsAskedForWhereTheLineNamesNone() throws {
        var content = RequestContent.conversation([.user("x")], CompletionOptions(), extraBody: JSONObject())
        content.ask(forTier: "flex")
        #expect(content.askedTier == "flex")
        content.ask(forTier: "priority")
        #expect(content.askedTier == "flex")
        // A null takes the member out of the body.
        let without = JSONObject([.init(key: "service_tier", value: .null)])
        content = .conversation([.user("x")], CompletionOptions(), extraBody: without)
        content.ask(forTier: "flex")
        #expect(content.askedTier == nil)
        content = .body(JSONObject(), .openAIChat)
        content.ask(forTier: "flex")
        #expect(content.members["service_tier"] == "flex")
    }
}
