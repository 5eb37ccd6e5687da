import BatchEngine
import LLMStreaming
import Testing

/// An outage is of a model where other models of its provider answer, else of the provider.
struct JobRunnerOutageTests {
    private func run(
        _ models: [String], each count: Int, concurrency: Int = 64, outageTimeout: Duration = .seconds(900),
        script: @escaping @Sendable (SimulatedCall) -> SimulatedAnswer
    ) throws -> SimulatedRun {
        var jobs: [Job] = []
        for model in models { jobs += SimulatedRun.jobs(count, from: jobs.count + 1, model: model) }
        return try SimulatedRun(
            jobs, configure: { ($0.concurrency, $0.outageTimeout) = (concurrency, outageTimeout) }, script: script)
    }

    private static func badGateway(after time: Duration = .milliseconds(5)) -> SimulatedAnswer {
        SimulatedAnswer(time: time, ending: .fails(LLMError(.server, "on purpose", httpStatus: 502)))
    }

    /// One that fails at once beside healthy ones that take their time; also where few streams may be open.
    @Test(arguments: [1, 2, 4, 64], [["bad", "good"], ["good", "bad"], ["bad", "good", "fine", "well"]])
    func aModelThatFailsDoesNotStopTheOthersOfItsProvider(concurrency: Int, models: [String]) throws {
        let run = try run(models, each: 200, concurrency: concurrency) { call in
            call.model == "bad" ? Self.badGateway() : .says("one", "two", after: .seconds(2))
        }
        #expect(try run.finish() == .providersStopped)
        let snapshot = try run.snapshot()
        #expect(snapshot.stoppedProviders.keys.sorted() == ["lab/bad"])
        #expect(snapshot.completed == 200 * (models.count - 1))
        // A few streams' worth of waiting for a first probe, and no more.
        let good = run.source.calls.filter { $0.model != "bad" }
        let ideal = Duration.seconds(2) * (good.count / concurrency + 1)
        let last = try #require(good.last?.time)
        #expect(last < ideal + .seconds(60), "\(last)")
        // Those that met the outage cost no attempt: they wait for their model.
        #expect(run.store.count(.failed) <= 10)
        let asked = run.source.calls.filter { $0.model == "bad" }
        #expect(asked.count < 120, "\(asked.count) requests to a model that is out")
    }

    @Test func onlyTheModelIsStoppedAfterTheOutageTimeout() throws {
        let run = try run(["bad", "good"], each: 500, concurrency: 8, outageTimeout: .seconds(100)) { call in
            call.model == "bad" ? Self.badGateway() : .says("one", "two", after: .seconds(5))
        }
        let process = run.start()
        run.simulation.advance(by: .seconds(60))
        #expect(try run.snapshot().waits.map(\.name) == ["lab/bad"])
        #expect(try run.snapshot().waits.first?.reason == .outage)
        run.simulation.advance(by: .seconds(120))
        let snapshot = try run.snapshot()
        #expect(snapshot.stoppedProviders.keys.sorted() == ["lab/bad"])
        #expect(snapshot.stoppedProviders["lab/bad"]?.hasPrefix("out for 1") ?? false)
        #expect(try run.simulation.finish(process) == .providersStopped)
        #expect(try run.snapshot().completed == 500)
    }

    @Test func aModelThatComesBackIsAskedAgain() throws {
        let run = try run(["bad", "good"], each: 300, concurrency: 16) { call in
            call.model == "bad" && call.time < .seconds(50)
                ? Self.badGateway() : .says("one", "two", after: .seconds(2))
        }
        #expect(try run.finish() == .finished)
        #expect(run.store.count(.completed) >= 590)
        #expect(run.simulation.clock.elapsed < .seconds(260))
    }

    /// A server behind a proxy that ends connections: all streams of one say the same.
    @Test(arguments: [nil, 1, 2] as [UInt64?])
    func aLostConnectionIsOneFailureHoweverManyStreamsItCarried(connections: UInt64?) throws {
        let run = try run(["a"], each: 200, concurrency: 32) { call in
            guard call.time < .seconds(1) else { return .says("one", "two", after: .seconds(2)) }
            var lost = SimulatedAnswer.fails(.cut, after: .seconds(3))
            lost.lostConnection = connections.map { UInt64(call.job) % $0 }
            return lost
        }
        let process = run.start()
        run.simulation.advance(by: .seconds(4))
        let later = run.source.calls.count { $0.time > .seconds(2) }
        // Streams that break one by one are an outage.
        #expect(connections == nil ? later < 16 : later >= 32, "\(later)")
        #expect(try run.simulation.finish(process) == .finished)
        #expect(run.store.count(.completed) == 200)
        // One attempt more for each connection; of streams by themselves those before the outage was known.
        let counted = run.store.jobs.reduce(0) { $0 + $1.attempts } - 200
        #expect(connections.map { counted == $0 } ?? (counted > 5), "\(counted)")
    }

    /// Where none of them answers it is the provider that is out, and each is probed.
    @Test func probesGoRoundTheModelsOfAProviderThatIsOut() throws {
        let models = ["a", "b", "c"]
        let run = try run(models, each: 100, outageTimeout: .seconds(300)) { _ in Self.badGateway() }
        #expect(try run.finish() == .providersStopped)
        #expect(try run.snapshot().stoppedProviders.keys.sorted() == ["lab"])
        let probes = run.source.calls.filter { $0.time > .seconds(4) }.map(\.model)
        #expect(probes.count >= 6)
        #expect(zip(probes, probes.dropFirst()).allSatisfy { $0 != $1 })
        for model in models { #expect(probes.contains(model)) }
    }

    @Test func aProviderThatComesBackIsUsedByAllItsModels() throws {
        let run = try run(["a", "b", "c"], each: 100, concurrency: 32) { call in
            call.time < .seconds(40) ? Self.badGateway() : .says("one", "two", after: .seconds(2))
        }
        #expect(try run.finish() == .finished)
        #expect(run.store.count(.completed) >= 280)
        #expect(run.simulation.clock.elapsed < .seconds(180))
    }

    /// Few jobs of each of many models are enough to tell.
    @Test func aProviderIsOutForManyModelsWithFewJobsEach() throws {
        let models = (1...12).map { "m\($0)" }
        let run = try run(models, each: 3, outageTimeout: .seconds(100)) { _ in Self.badGateway() }
        #expect(try run.finish() == .providersStopped)
        #expect(try run.snapshot().stoppedProviders.keys.sorted() == ["lab"])
        #expect(run.store.count(.failed) == 0)
    }

    /// A probe that is never answered: the next one follows, and shows that the provider is back.
    @Test func aProbeThatHangsHoldsNobodyUpForLong() throws {
        let run = try run(["a"], each: 200) { call in
            switch call.time {
            case ..<(.seconds(4)): Self.badGateway()
            case ..<(.seconds(6)): .fails(.timeoutFirstToken, after: .seconds(600))
            default: .says("one", "two", after: .seconds(1))
            }
        }
        let process = run.start()
        run.simulation.advance(by: .seconds(45))
        #expect(try run.snapshot().completed > 150)
        #expect(try run.simulation.finish(process) == .finished)
    }

    /// What is kept free for a provider whose models are all paused by their own limits is the others' meanwhile.
    @Test func aProviderWhoseModelsPauseHoldsNoStreams() throws {
        let limits = RateLimitReport([RateLimit(.requests, window: .seconds(86_400), limit: 1000, remaining: 0)])
        let jobs =
            SimulatedRun.jobs(400, provider: "other") + SimulatedRun.jobs(200, from: 401)
        let run = try SimulatedRun(jobs, providers: ["lab", "other"], configure: { $0.concurrency = 8 }) { call in
            switch (call.provider, call.job) {
            case ("other", _) where call.time < .seconds(3600):
                var refusal = SimulatedAnswer.fails(.rateLimit, after: .milliseconds(10), retryAfter: .seconds(3600))
                refusal.rateLimits = limits
                return refusal
            case ("lab", ...404): return .fails(.timeoutFirstToken, after: .seconds(600))
            default: return .says("one", "two", after: .seconds(1))
            }
        }
        let process = run.start()
        // Four hang: half of the streams, which were the share of their provider.
        run.simulation.advance(by: .seconds(120))
        #expect(try run.snapshot().completed == 196)
        try run.stop(now: true)
        _ = try run.simulation.finish(process)
    }
}
