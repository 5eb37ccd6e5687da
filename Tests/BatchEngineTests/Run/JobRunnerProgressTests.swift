import BatchEngine
import Foundation
import LLMStreaming
import Testing

/// A batch goes on while there is work: refusals and silent streams, which every provider has, do not stop it.
///
/// Small in CI; LLM4S_STORM_SECONDS=86400 simulates a day of each storm, with LLM4S_STORM_STREAMS=10 in minutes.
struct JobRunnerProgressTests {
    private static let seconds = variable("LLM4S_STORM_SECONDS") ?? 300
    private static let streams = variable("LLM4S_STORM_STREAMS") ?? 100

    private static func variable(_ name: String) -> Int? { ProcessInfo.processInfo.environment[name].flatMap(Int.init) }

    /// Everything at once at several rates, each fault alone, and some by chance.
    private static let storms: [StormyProvider] =
        [1, 4, 10, 30].map { StormyProvider(seed: $0, percent: $0) }
        + StormFault.allCases.map { StormyProvider(seed: 5, percent: 30, faults: [$0]) }
        + (0..<8).map { round in
            var random = SeededRandom(seed: SeededRandom.seed(100 + round))
            let faults = StormFault.allCases.filter { _ in Bool.random(using: &random) }
            let percent = Int.random(in: 1...30, using: &random)
            return StormyProvider(
                seed: 100 + round, percent: percent, faults: faults + StormFault.silent,
                answerTime: .seconds(Int.random(in: 2...6, using: &random)))
        }

    @Test(arguments: storms)
    func noHalfMinuteIsWithoutACompletionWhileJobsCanRun(storm: StormyProvider) throws {
        try expectProgress(storm, concurrency: Self.streams, seconds: Self.seconds)
    }

    /// Where ten streams are all, a pause is all of it: nothing else comes in meanwhile.
    @Test(arguments: StormFault.allCases.filter { !StormFault.silent.contains($0) }, [1, 2, 5])
    func noHalfMinuteIsWithoutACompletionOfFewStreams(fault: StormFault, seed: Int) throws {
        try expectProgress(
            StormyProvider(seed: seed, percent: 30, faults: [fault]), concurrency: 10, seconds: Self.seconds)
    }

    /// Those that a bad server left silent do not hold up what a healthy one can do: nine tenths of the width within
    /// half a minute.
    @Test(arguments: [(1, 1), (2, 2), (3, 5), (4, 0.15), (5, 0.15), (6, 0.15)])
    func theWidthIsBackWithinHalfAMinuteOfTheRecovery(seed: Int, responseSeconds: Double) throws {
        let concurrency = 100
        var storm = StormyProvider(seed: seed, percent: 30, answerTime: .seconds(responseSeconds))
        storm.phases = [
            .init(percent: 30, duration: .seconds(40)), .init(percent: 4, duration: .seconds(60)), .init(percent: 0),
        ]
        let weather = storm
        let run = try SimulatedRun(
            SimulatedRun.jobs(responseSeconds < 1 ? 50_000 : 20_000), seed: storm.seed,
            store: { SimulatedJobStore($0, jobs: $1, keepsHistory: false) }, keepsCalls: false,
            configure: { $0.concurrency = concurrency }
        ) { weather.answer($0) }
        let process = run.start()
        run.simulation.advance(by: .seconds(100))
        let before = try run.snapshot()
        run.simulation.advance(by: .seconds(30))
        let snapshot = try run.snapshot()
        print("\(storm.testDescription): \(before.running) running, half a minute later \(snapshot.running)")
        #expect(snapshot.running * 10 >= concurrency * 9, "\(storm.testDescription); \(snapshot)")
        // Nothing is refused any more: each that is not silent brings an answer in its time.
        try run.stop(now: true)
        #expect(try run.simulation.finish(process) == .stopped)
    }

    @Test func whatSilentStreamsHoldIsTold() throws {
        let run = try SimulatedRun(SimulatedRun.jobs(1000), configure: { $0.concurrency = 40 }) { call in
            switch call.job {
            case ...30: .fails(.timeoutFirstToken, after: .seconds(600))
            case ...40: .fails(.overloaded, after: .milliseconds(100))
            default: .says("one", "two", after: .milliseconds(1500))
            }
        }
        let process = run.start()
        run.simulation.advance(by: .seconds(5))
        // Half of the 32 that were open when they were refused.
        #expect(
            try run.snapshot().waits
                == [RunWait(name: "lab", reason: .refusals, limit: StreamLimit(streams: 16))])
        run.simulation.advance(by: .seconds(5))
        #expect(try run.snapshot().waits.first?.limit?.silent == 0)
        var limit: StreamLimit?
        for _ in 0..<20 where limit?.silent != 30 {
            run.simulation.advance(by: .milliseconds(500))
            limit = try run.snapshot().waits.first?.limit
        }
        #expect(limit?.silent == 30)
        #expect((11...20).contains(limit?.silentSeconds ?? 0))
        run.simulation.advance(by: .seconds(60))
        // They count against the user's bound, which the others now fill.
        #expect((36...40).contains(try run.snapshot().running))
        #expect(try run.snapshot().completed > 100)
        try run.stop(now: true)
        _ = try run.simulation.finish(process)
    }

    @Test func silentStreamsThatFillTheUsersBoundAreTold() throws {
        for isOfProvider in [false, true] {
            let run = try SimulatedRun(
                SimulatedRun.jobs(100),
                configure: { configuration in
                    configuration.concurrency = isOfProvider ? 50 : 20
                    configuration.limits["lab"] = ProviderLimits(concurrency: isOfProvider ? 20 : nil)
                }
            ) { _ in .fails(.timeoutFirstToken, after: .seconds(600)) }
            let process = run.start()
            run.simulation.advance(by: .seconds(8))
            #expect(try run.snapshot().waits.allSatisfy { $0.limit == nil })
            run.simulation.advance(by: .seconds(100))
            let wait = try #require(try run.snapshot().waits.first)
            #expect(wait.name == (isOfProvider ? "lab" : RunWait.nameOfRun) && wait.reason == .concurrency)
            #expect(wait.limit.map { $0.streams == 20 && $0.silent == 20 } == true)
            #expect((80...110).contains(wait.limit?.silentSeconds ?? 0))
            #expect(run.events.contains { if case .waiting(let told) = $0 { told.name == wait.name } else { false } })
            try run.stop(now: true)
            _ = try run.simulation.finish(process)
        }
    }

    /// One model is refused for ever, with and without a time to wait, beside others that answer.
    @Test(arguments: [ErrorKind.rateLimit, .overloaded], [Duration?.none, .seconds(5)])
    func aModelThatIsRefusedHoldsUpNoOther(kind: ErrorKind, retryAfter: Duration?) throws {
        for (count, isBadFirst) in [(2, true), (2, false), (3, true)] {
            let bad = isBadFirst ? 0 : count - 1
            let jobs = (0..<count).flatMap { SimulatedRun.jobs(200, from: 1 + $0 * 200, model: "m\($0)") }
            let run = try SimulatedRun(jobs, configure: { $0.concurrency = 16 }) { call in
                (call.job - 1) / 200 == bad
                    ? .fails(kind, after: .milliseconds(50), retryAfter: retryAfter)
                    : .says("one", after: .seconds(1))
            }
            let process = run.start()
            // At a sixth of what they could.
            run.simulation.advance(by: .seconds(150))
            #expect(try run.snapshot().completed == (count - 1) * 200, "\(count), \(isBadFirst)")
            try run.stop(now: true)
            _ = try run.simulation.finish(process)
        }
    }

    @Test(arguments: [4, 10, 64])
    func streamsOfAModelThatHangLeaveRoomForOthersOfItsProvider(concurrency: Int) throws {
        let jobs = SimulatedRun.jobs(200, model: "hanging") + SimulatedRun.jobs(200, from: 201, model: "rated")
        let run = try SimulatedRun(
            jobs,
            configure: { configuration in
                configuration.concurrency = concurrency
                configuration.limits["lab/rated"] = ProviderLimits(requestsPerMinute: 60)
            }
        ) { call in
            call.job <= 200 ? .fails(.timeoutFirstToken, after: .seconds(600)) : .says("one", after: .milliseconds(700))
        }
        let process = run.start()
        run.simulation.advance(by: .seconds(120))
        #expect(try run.snapshot().completed > 100)
        // What the others do not need it has all the same.
        #expect(try run.snapshot().running >= concurrency - 2)
        try run.stop(now: true)
        _ = try run.simulation.finish(process)
    }

    @Test(arguments: [1, 2])
    func modelsAndProvidersTakeTurnsWhereFewStreamsMayBeOpen(concurrency: Int) throws {
        // Of two streams each provider has one, and what hangs in it is its own; its models share what it has.
        let models = [("lab", "a"), ("lab", "b"), ("lab", "c"), (concurrency == 1 ? "other" : "lab", "d")]
        let jobs = models.enumerated().flatMap { index, model in
            SimulatedRun.jobs(40, from: 1 + index * 40, provider: model.0, model: model.1)
        }
        // The first model's streams never end.
        let run = try SimulatedRun(
            jobs, providers: ["lab", "other"], configure: { $0.concurrency = concurrency }
        ) { call in
            call.job <= 40 && concurrency > 1
                ? .fails(.timeoutFirstToken, after: .seconds(600)) : .says("one", after: .seconds(1))
        }
        let process = run.start()
        run.simulation.advance(by: .seconds(30))
        let calls = run.source.calls.map { Int($0.job - 1) / 40 }
        for model in 1...3 { #expect(calls.count { $0 == model } >= 4, "\(calls)") }
        if concurrency == 1 { #expect(calls.count { $0 == 0 } >= 4) }
        try run.stop(now: true)
        _ = try run.simulation.finish(process)
    }

    /// Runs in a storm for so long, and expects that something completes in each half minute while streams are free.
    private func expectProgress(_ storm: StormyProvider, concurrency: Int, seconds: Int) throws {
        let count = Int(Double(concurrency * seconds) / storm.answerTime.seconds)
        let run = try SimulatedRun(
            SimulatedRun.jobs(count), seed: storm.seed,
            store: { SimulatedJobStore($0, jobs: $1, keepsHistory: false) }, keepsCalls: false,
            configure: { $0.concurrency = concurrency }
        ) { storm.answer($0) }
        let process = run.start()
        var (last, quiet) = (0, 0)
        for second in stride(from: 0, to: seconds, by: 5) where process.value == nil {
            run.simulation.advance(by: .seconds(5))
            let snapshot = try run.snapshot()
            let isWorkLeft = snapshot.completed + snapshot.failed + snapshot.running + snapshot.waiting < count
            // Streams that never end fill the user's bound in the end: then none is free.
            let mayGoOn = isWorkLeft && snapshot.running < concurrency
            quiet = snapshot.completed > last || !mayGoOn ? 0 : quiet + 5
            last = snapshot.completed
            try #require(
                quiet < 30, "\(storm.testDescription): nothing completed before \(second + 5) s; \(snapshot)")
        }
        try run.stop(now: true)
        let ending = try run.simulation.finish(process)
        #expect(ending == .stopped || ending == .finished)
        print("\(storm.testDescription): \(last) of \(count) in \(seconds) s")
    }
}
