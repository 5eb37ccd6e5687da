import BatchEngine
import BatchStore
import Foundation
import LLM4S
import LLMStreaming

/// The wiring of one run: database, intake, runner, transport, signals and progress, from start to exit status.
struct RunSession: Sendable {
    var command: String
    var options: RunOptions
    var databasePath: String
    var scope: JobScope
    var endpoints: Endpoints
    var environment: [String: String]
    /// What the run reads first; nil for `resume` and `retry`.
    var intake: Intake?
    /// Done with the open database before the run begins.
    var prepare: @Sendable (BatchDatabase) async throws -> Void = { _ in }

    private typealias Runner = JobRunner<ContinuousClock>

    /// Runs to the end, reports it, and tells the status to end with.
    func run() async throws -> ExitStatus {
        try OpenFileLimit.raise(streams: options.concurrency, isServer: endpoints.hasEmbeddedMock)
        let failure = FailureRelay()
        var storeOptions = StoreOptions()
        storeOptions.durability = options.durability
        storeOptions.echoingProviders = Set(endpoints.table.values.map(\.provider).filter(\.echoesPrefix).map(\.name))
        storeOptions.chunks = options.chunks
        storeOptions.warn = { Console.error($0) }
        storeOptions.didFail = { failure.report("\($0)") }
        let database = try await BatchDatabase.open(databasePath, options: storeOptions)
        do {
            try await prepare(database)
            let status = try await run(database, failure)
            try await database.close()
            return status
        } catch {
            // Closing would tell the fault again that is being told.
            try? await database.close()
            throw error
        }
    }

    private func run(_ database: BatchDatabase, _ failure: FailureRelay) async throws -> ExitStatus {
        let start = ContinuousClock.now
        let runID = try await database.beginRun(
            command: command, options: options.json.text, version: Version.text)
        let transport = StreamingTransport(configuration: transportConfiguration)
        let runner = runner(database.queue(for: scope, runID: runID), transport)
        failure.connect { reason in Task { await runner.storeDidFail(reason) } }
        let signals = Signals { count in Task { await stop(runner, count) } }
        let progress = await progress(runner, database, runID)
        let isStored = try await database.reader.counts(in: scope).total > 0
        let ending = await run(runner, database, progress, isStored: isStored)
        await transport.shutdown()
        await endpoints.stop()
        if case .storeFailed(let reason) = ending { throw Exit(.database, reason) }
        let counts = try await database.reader.counts(in: scope)
        let status = status(ending, signals, counts)
        try await database.finishRun(
            runID, exitCode: Int(status.rawValue), status: ending == .finished ? .finished : .interrupted)
        let snapshot = await runner.snapshot
        let report = RunReport(
            ending: ending, snapshot: snapshot, counts: counts, databasePath: databasePath,
            duration: start.duration(to: .now), failures: try await failures(database, counts))
        Console.error(report.text)
        return status
    }

    private func runner(_ queue: JobQueue, _ transport: StreamingTransport) -> Runner {
        let intake = intake
        return JobRunner(
            store: queue, source: transport, endpoints: endpoints.table, configuration: options.runConfiguration,
            clock: ContinuousClock(), unixMilliseconds: { UnixTime.milliseconds },
            isIntakeOpen: { intake?.isOpen ?? false })
    }

    /// Reads and runs at the same time, with progress beside; returns when both have ended.
    ///
    /// What is stored from these files already may be changed or gone in them now: then nothing is sent before they are
    /// read to their end.
    private func run(
        _ runner: Runner, _ database: BatchDatabase, _ progress: ProgressReporter, isStored: Bool
    ) async -> RunEnding {
        await withTaskGroup(of: Void.self) { group in
            let reading = Task { await read(database, runner) }
            if isStored { await reading.value }
            group.addTask { await progress.run() }
            let ending = await runner.run()
            // A run that was stopped does not wait for the rest of its input.
            if ending != .finished { reading.cancel() }
            await reading.value
            group.cancelAll()
            return ending
        }
    }

    private func read(_ database: BatchDatabase, _ runner: Runner) async {
        guard let intake else { return }
        await intake.read(into: database, fault: { endpoints.faults[$0] }, stored: { runner.wake() })
        Console.error(intake.findings.text)
        if let failure = intake.failure { Console.error(failure) }
    }

    private func stop(_ runner: Runner, _ count: Int) async {
        if count == 1 {
            Console.error(
                "stopping: open streams get \(options.drainTimeout.defaultValueDescription); "
                    + "once more closes them at once")
        }
        await runner.stop(now: count > 1)
    }

    private var transportConfiguration: TransportConfiguration {
        var configuration = TransportConfiguration()
        configuration.caFile = options.caFile ?? environment["SSL_CERT_FILE"]
        configuration.proxies = ProxySettings(environment: environment)
        configuration.timeouts.connect = options.connectTimeout.duration
        configuration.timeouts.firstToken = options.firstTokenTimeout.duration
        configuration.timeouts.idle = options.idleTimeout.duration
        configuration.limits.maximumEventBytes = options.maxEventBytes
        configuration.userAgent = "llm4s-batch/\(Version.text)"
        return configuration
    }

    private func progress(_ runner: Runner, _ database: BatchDatabase, _ runID: Int64) async -> ProgressReporter {
        let known = (try? await database.reader.counts(in: scope).left) ?? 0
        let intake = intake
        let seconds = SecondRecorder(database: database, runID: runID)
        return ProgressReporter(
            mode: options.progress, total: { intake?.findings.left ?? known }, snapshot: { await runner.snapshot },
            record: { seconds.record($0) })
    }

    private func status(_ ending: RunEnding, _ signals: Signals, _ counts: JobCounts) -> ExitStatus {
        if let status = signals.exitStatus { return status }
        if ending != .finished { return .workLeft }
        if intake?.failure != nil { return .input }
        let rejected = intake?.findings.rejected ?? 0
        return counts.failed > 0 || rejected > 0 ? .jobFailed : .completed
    }

    /// The first failed jobs, for the report.
    private func failures(_ database: BatchDatabase, _ counts: JobCounts) async throws -> [JobResult] {
        guard counts.failed > 0 else { return [] }
        var failures: [JobResult] = []
        var cursor: ResultPage.Cursor?
        repeat {
            let page = try await database.reader.results(
                after: cursor, statuses: [.failed], limit: RunReport.maximumFailures)
            failures += page.results
            cursor = page.next
        } while cursor != nil && failures.count < RunReport.maximumFailures
        return Array(failures.prefix(RunReport.maximumFailures))
    }
}

extension JobCounts {
    /// The jobs that are not ended.
    var left: Int { pending + running + interrupted }
}

extension Intake.Findings {
    /// The jobs that this run has to do.
    var left: Int { new + partial + pending + replaced }
}
