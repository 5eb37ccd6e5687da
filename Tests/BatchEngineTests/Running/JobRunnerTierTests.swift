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
