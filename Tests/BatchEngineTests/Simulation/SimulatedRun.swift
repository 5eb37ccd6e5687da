import BatchEngine
import LLMStreaming
import Synchronization

/// A run of the real `JobRunner` over simulated jobs, provider, store and time.
final class SimulatedRun: Sendable {
    let simulation: Simulation
    let store: SimulatedJobStore
    let source: SimulatedCompletionSource
    let runner: JobRunner
    private let intake: Intake
    private let told: Told

    /// What the run told so far.
    var events: [RunEvent] { told.events.withLock { $0 } }

    /// A run.
    ///
    /// - Parameters:
    ///   - providers: the names of the configured ones; they go on from partial text.
    ///   - endpoints: the weights of those of providers that have several, at the ports 9, 10 and so on.
    ///   - store: makes another store over the jobs.
    ///   - simulation: the time; several runs may have one together.
    ///   - unixMilliseconds: another wall clock than the simulation's.
    ///   - tell: told of what happens.
    init(
        _ jobs: [Job], providers: [String] = ["lab"], endpoints: [String: [Double]] = [:], isIntakeOpen: Bool = false,
        seed: Int = 1,
        in simulation: Simulation = Simulation(),
        store: (Simulation, [Job]) -> SimulatedJobStore = { SimulatedJobStore($0, jobs: $1) },
        unixMilliseconds: (@Sendable (Simulation) -> Int64)? = nil, keepsCalls: Bool = true,
        configure: (inout RunConfiguration) -> Void = { _ in }, tell: @escaping @Sendable (RunEvent) -> Void = { _ in },
        script: @escaping @Sendable (SimulatedCall) -> SimulatedAnswer
    ) throws {
        var configuration = RunConfiguration()
        configure(&configuration)
        self.simulation = simulation
        self.store = store(simulation, jobs)
        source = SimulatedCompletionSource(simulation, keepsCalls: keepsCalls, script: script)
        let intake = Intake(isOpen: isIntakeOpen)
        self.intake = intake
        let told = Told()
        self.told = told
        var pools: [String: EndpointPool] = [:]
        for name in providers {
            let weights = endpoints[name] ?? [1]
            pools[name] = EndpointPool(
                try weights.enumerated().map { index, weight in
                    let url = "http://127.0.0.1:\(9 + index)/v1"
                    let provider = Provider(
                        name: name, baseURL: url, needsKey: false, authorization: .none, resume: .continueFinalMessage)
                    return EndpointPool.Member(
                        endpoint: try Endpoint(provider: provider, environment: [:]), name: url, weight: weight)
                })
        }
        runner = JobRunner(
            store: self.store, source: source, pools: pools, configuration: configuration,
            clock: simulation.clock,
            unixMilliseconds: { [simulation] in unixMilliseconds?(simulation) ?? simulation.unixMilliseconds() },
            random: SeededRandom(seed: seed),
            isIntakeOpen: { intake.isOpen.withLock { $0 } },
            tell: { event in
                tell(event)
                // The ends of jobs are many, and in the store.
                if case .attemptEnded = event { return }
                told.events.withLock { $0.append(event) }
            })
    }

    private final class Told: Sendable {
        let events = Mutex<[RunEvent]>([])
    }

    private final class Intake: Sendable {
        let isOpen: Mutex<Bool>

        init(isOpen: Bool) { self.isOpen = Mutex(isOpen) }
    }

    /// Jobs with the prompts "job 1", "job 2" and so on.
    static func jobs(
        _ count: Int, from first: Int = 1, provider: String = "lab", model: String = "m", options: String = ""
    ) -> [Job] {
        (first..<first + count).map { number in
            Job(
                id: Int64(number), customID: "job-\(number)", source: "jobs.jsonl", line: number, provider: provider,
                model: model, requestSHA256: "sha-\(number)",
                request: Array(#"{"prompt":"job \#(number)"\#(options)}"#.utf8))
        }
    }

    func start() -> Simulation.Process<RunEnding> { simulation.start { [runner] in await runner.run() } }

    /// Runs to the end.
    func finish(limit: Duration = .seconds(30 * 86_400)) throws -> RunEnding {
        try simulation.finish(start(), limit: limit)
    }

    /// The snapshot of the runner.
    func snapshot() throws -> RunSnapshot { try simulation.perform { [runner] in await runner.snapshot } }

    func stop(now: Bool = false) throws {
        try simulation.perform { [runner] in await runner.stop(now: now) }
    }

    func closeIntake() {
        intake.isOpen.withLock { $0 = false }
        runner.wake()
    }
}
