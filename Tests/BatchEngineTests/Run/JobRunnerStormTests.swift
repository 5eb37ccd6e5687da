import BatchEngine
import LLMStreaming
import Testing

/// Faults of all kinds at random, seeded: every job ends exactly once, as it should.
struct JobRunnerStormTests {
    /// What varies from storm to storm.
    struct Weather: Sendable, CustomTestStringConvertible {
        var seed: Int
        var concurrency = 64
        var readTime: Duration = .zero
        var commitTime: Duration = .milliseconds(100)
        var testDescription: String { "seed \(seed), \(concurrency) streams, reads \(readTime), commits \(commitTime)" }
    }

    private static let storms = [
        Weather(seed: SeededRandom.seed(1)),
        Weather(seed: SeededRandom.seed(2), concurrency: 1000),
        Weather(seed: SeededRandom.seed(3), concurrency: 7, readTime: .milliseconds(30)),
        Weather(seed: SeededRandom.seed(4), readTime: .milliseconds(300), commitTime: .seconds(3)),
        Weather(seed: SeededRandom.seed(5), concurrency: 1, commitTime: .zero),
    ]

    @Test(arguments: storms)
    func everyJobEndsExactlyOnceInAStormOfFaults(weather: Weather) throws {
        let count = weather.concurrency == 1 ? 300 : 2000
        let run = try run(weather, count: count)
        #expect(try run.finish() == .finished, "seed \(weather.seed)")
        let history = run.store.history
        #expect(history.violations == [], "seed \(weather.seed)")
        #expect(run.store.count(.completed) + run.store.count(.failed) == count)
        #expect(run.store.count(.completed) > count * 9 / 10)
        #expect(run.store.count(.failed) > 0)
        #expect(history.answers.count == run.store.count(.completed))
        #expect(run.source.peak <= weather.concurrency)
        #expect(run.source.open == 0)
        for (index, job) in run.store.jobs.enumerated() {
            #expect(job.attempts <= 5, "job \(index + 1), seed \(weather.seed)")
            #expect(job.attemptCount <= 80, "job \(index + 1), seed \(weather.seed)")
        }
        let prefilled = history.starts.values.count { $0.strategy == .prefill }
        #expect(prefilled > count / 20)
        for (id, records) in history.answers {
            let text = Self.text(Int(id), weather.seed)
            #expect(Texts.areSame(records[0].choice.content, text), "job \(id), seed \(weather.seed)")
            #expect(
                Texts.areSame(Texts.rebuild(records[0].seams, from: history.texts), text),
                "job \(id), seed \(weather.seed)")
        }
        let snapshot = try run.snapshot()
        #expect(snapshot.completed == run.store.count(.completed))
        #expect(snapshot.failed == run.store.count(.failed))
        #expect(snapshot.waiting == 0)
        #expect(snapshot.running == 0)
        #expect(snapshot.attempts == history.starts.count)
    }

    @Test func theSameSeedGivesTheSameRun() throws {
        let weather = Weather(seed: SeededRandom.seed(6), readTime: .milliseconds(30))
        let runs = try (0..<2).map { _ in
            let run = try run(weather, count: 300)
            _ = try run.finish()
            return run
        }
        #expect(runs[0].source.calls.map(\.job) == runs[1].source.calls.map(\.job))
        #expect(runs[0].source.calls.map(\.time) == runs[1].source.calls.map(\.time))
    }

    @Test(arguments: 0..<30)
    func aStormThatIsStoppedAnywhereLosesNothing(round: Int) throws {
        let seed = SeededRandom.seed(100 + round)
        var random = SeededRandom(seed: seed)
        let run = try run(Weather(seed: seed, readTime: .milliseconds(20)), count: 200)
        let process = run.start()
        run.simulation.advance(by: .milliseconds(Int.random(in: 0...20_000, using: &random)))
        try run.stop(now: Bool.random(using: &random))
        if Bool.random(using: &random) {
            run.simulation.advance(by: .milliseconds(Int.random(in: 0...9000, using: &random)))
            if process.value == nil { try run.stop() }
        }
        let ending = try run.simulation.finish(process, limit: .seconds(12))
        #expect(ending == .stopped || ending == .finished, "seed \(seed)")
        #expect(run.store.history.violations == [], "seed \(seed)")
        #expect(run.store.count(.running) == 0, "seed \(seed)")
        #expect(!run.store.hasWrites)
        #expect(run.source.open == 0)
        #expect(try run.snapshot().completed == run.store.count(.completed))
    }

    private func run(_ weather: Weather, count: Int) throws -> SimulatedRun {
        try SimulatedRun(
            SimulatedRun.jobs(count), seed: weather.seed,
            store: { simulation, jobs in
                SimulatedJobStore(
                    simulation, jobs: jobs, commits: .after(weather.commitTime), readTime: weather.readTime,
                    seed: weather.seed)
            },
            configure: { $0.concurrency = weather.concurrency }
        ) { call in Self.answer(call, weather.seed) }
    }

    private static func text(_ job: Int, _ seed: Int) -> String {
        var random = SeededRandom(seed: seed &* 1_000_003 &+ job)
        // A beginning of its own keeps a continuation from looking like a new one.
        return "Answer \(job): " + Texts.random(words: Int.random(in: 1...40, using: &random), using: &random) + "."
    }

    /// 30 % faults: what breaks a connection, what a server refuses, what ends a job.
    private static func answer(_ call: SimulatedCall, _ seed: Int) -> SimulatedAnswer {
        var random = SeededRandom(seed: seed &* 7_368_787 &+ call.job &* 1009 &+ call.attempt)
        let rest = Texts.continuation(of: text(call.job, seed), after: call.prefix ?? "") ?? "lost the thread"
        let pieces = Texts.pieces(rest, most: 12, using: &random)
        let time = Duration.milliseconds(Int.random(in: 1...5000, using: &random))
        guard Int.random(in: 0..<100, using: &random) < 30 else { return SimulatedAnswer(time: time, pieces: pieces) }
        let said = Array(pieces.prefix(Int.random(in: 0...pieces.count, using: &random)))
        let broken: [ErrorKind] = [.cut, .timeoutIdle, .decode, .server, .overloaded]
        let refused: [ErrorKind] = [.dns, .connect, .timeoutConnect, .timeoutFirstToken, .server, .overloaded, .proxy]
        let final: [ErrorKind] = [.invalidRequest, .contextLength, .contentPolicy, .oversizedEvent, .tls]
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<8: return .fails(broken.randomElement(using: &random)!, after: time, saying: said)
        case 8..<13: return .fails(refused.randomElement(using: &random)!, after: time)
        case 13..<15: return .isStale
        case 15..<17:
            return .fails(.rateLimit, after: time, retryAfter: .seconds(Int.random(in: 0...90, using: &random)))
        case 17..<19: return .fails(.overloaded, after: time, retryAfter: .seconds(3))
        default:
            // A prefill that is refused would only make the others restart.
            return call.prefix == nil ? .fails(final.randomElement(using: &random)!, after: time) : .isStale
        }
    }
}
