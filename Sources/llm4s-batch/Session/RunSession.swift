import BatchEngine
import BatchStore
import Foundation
import LLM4S
import LLM4SBatch
import LLMStreaming
import Synchronization

/// The wiring of one run: database, intake, runner, transport, signals and progress, from start to exit status.
struct RunSession: Sendable {
    var command: String
    var options: RunOptions
    var databasePath: String
    var scope: JobScope
    var endpoints: Endpoints
    var environment: [String: String]
    /// What models cost.
    var prices: PriceTable
    /// What the run reads first; nil for `resume` and `retry`.
    var intake: Intake?
    /// Done with the open database before the run begins.
    var prepare: @Sendable (BatchDatabase) async throws -> Void = { _ in }

    /// Runs to the end, reports it, and tells the status to end with.
    func run() async throws -> ExitStatus {
        try transportConfiguration.check(endpoints.origins)
        try OpenFileLimit.raise(streams: options.limits.rates.concurrency, isServer: endpoints.embeddedMock != nil)
        Console.style.withLock { $0 = Console.Style(level: options.logLevel, isJSON: options.progress == .json) }
        let failure = FailureRelay()
        var storeOptions = options.storeOptions
        storeOptions.echoingProviders = Set(endpoints.table.values.map(\.provider).filter(\.echoesPrefix).map(\.name))
        storeOptions.warn = { Console.log(.warning, $0) }
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
            command: command, options: storedOptions, version: Version.text)
        let transport = StreamingTransport(configuration: transportConfiguration)
        let events = EventLog(isJSON: options.progress == .json)
        let configuration = try await configuration(database)
        let runner = runner(database.queue(for: scope, runID: runID), transport, configuration, events)
        // Weakly: the store tells the relay of its failure, and the runner holds the store.
        failure.connect { [weak runner] reason in Task { await runner?.storeDidFail(reason) } }
        let signals = Signals { [intake] count in
            intake?.stop()
            if count > 1 { database.hasten() }
            Task { await stop(runner, count) }
        }
        let progress = await progress(runner, database, runID, events)
        let isStored = try await database.reader.counts(in: scope).total > 0
        let ending = await run(runner, database, progress, isStored: isStored)
        await transport.shutdown()
        await endpoints.stop()
        if case .storeFailed(let reason) = ending { throw Exit(.database, reason) }
        // Its reader may fail where the writer, and so the runner, has nothing to complain of.
        if let reason = intake?.storeFailure { throw Exit(.database, reason) }
        let counts = try await database.reader.counts(in: scope)
        let status = status(ending, signals, counts)
        let snapshot = await runner.snapshot
        try await database.finishRun(
            runID, exitCode: Int(status.rawValue), status: ending == .finished ? .finished : .interrupted,
            reason: stopReason(ending, signals, snapshot))
        let duration = start.duration(to: .now)
        let report = RunReport(
            ending: ending, snapshot: snapshot, counts: counts, databasePath: databasePath,
            duration: duration, isInputFaulty: intake?.failure != nil,
            failures: counts.failed > 0 ? try await database.reader.failures(in: scope) : [])
        events.ended(snapshot, left: counts.left, status: status, duration: duration)
        if !events.isJSON, !report.text.isEmpty { Console.log(.info, report.text) }
        return status
    }

    private var storedOptions: String { endpoints.redacted(options.json.object ?? JSONObject()).text }

    private func configuration(_ database: BatchDatabase) async throws -> RunConfiguration {
        var configuration = options.runConfiguration(endpoints.table.values.map(\.provider), prices)
        guard options.limits.maxCost != nil || options.limits.maxTokensTotal != nil else { return configuration }
        let spent = try await database.reader.spending(in: scope)
        configuration.cost = Budget(cap: options.limits.maxCost, spent: spent.cost(by: prices))
        configuration.tokens = Budget(cap: options.limits.maxTokensTotal.map(Double.init), spent: spent.tokens)
        return configuration
    }

    private func runner(
        _ queue: JobQueue, _ transport: StreamingTransport, _ configuration: RunConfiguration, _ events: EventLog
    ) -> JobRunner {
        let intake = intake
        return JobRunner(
            store: queue, source: transport, endpoints: endpoints.table, configuration: configuration,
            clock: ContinuousClock(), unixMilliseconds: { UnixTime.milliseconds },
            isIntakeOpen: { intake?.isOpen ?? false }, tell: { events.tell($0) })
    }

    /// Reads and runs at the same time, with progress beside; returns when both have ended.
    ///
    /// What is stored from these files already may be changed or gone in them now: then nothing is sent before they are
    /// read to their end.
    private func run(
        _ runner: JobRunner, _ database: BatchDatabase, _ progress: ProgressReporter, isStored: Bool
    ) async -> RunEnding {
        await withTaskGroup(of: Void.self) { group in
            let reading = Task { await read(database, runner) }
            intake?.run(in: reading)
            if isStored, intake?.isReadOnce == false { await reading.value }
            group.addTask { await progress.run() }
            let ending = await runner.run()
            // A run that was stopped does not wait for the rest of its input.
            if ending != .finished { reading.cancel() }
            await reading.value
            group.cancelAll()
            return ending
        }
    }

    private func read(_ database: BatchDatabase, _ runner: JobRunner) async {
        guard let intake else { return }
        await intake.read(into: database, fault: fault, stored: { runner.wake() })
        if let reason = intake.storeFailure { return await runner.storeDidFail(reason) }
        if intake.failure == nil || intake.findings.isAny { Console.log(.info, intake.findings.text) }
        if let failure = intake.failure { Console.error(failure) }
    }

    /// Why a job cannot run; nil where it can.
    private func fault(_ job: NewJob) -> ConfigurationError? {
        if let fault = endpoints.faults[job.provider] { return fault }
        if let fault = options.tierFault(at: [endpoints.table[job.provider]?.provider].compactMap(\.self)) {
            return fault
        }
        let lane = ModelName(provider: job.provider, model: job.model)
        do { try options.limits.check(prices, knows: [lane]) } catch { return error }
        return nil
    }

    private func stop(_ runner: JobRunner, _ count: Int) async {
        if count == 1 {
            Console.log(
                .info,
                "stopping: open streams get \(options.drainTimeout.defaultValueDescription); "
                    + "once more closes them at once")
        }
        await runner.stop(now: count > 1)
    }

    private var transportConfiguration: TransportConfiguration {
        var configuration = options.transport(environment)
        configuration.userAgent = "llm4s-batch/\(Version.number)"
        return configuration
    }

    private func progress(
        _ runner: JobRunner, _ database: BatchDatabase, _ runID: Int64, _ events: EventLog
    ) async -> ProgressReporter {
        let known = (try? await database.reader.counts(in: scope).left) ?? 0
        events.started(runID: runID, jobs: intake?.expected ?? known)
        let intake = intake
        let seconds = SecondRecorder(database: database, runID: runID)
        return ProgressReporter(
            mode: options.progress, events: events, total: { intake?.findings.left ?? known },
            snapshot: { await runner.snapshot },
            record: { seconds.record($0, isLast: $1) })
    }

    /// Why it stopped before all was done; nil where it did not.
    private func stopReason(_ ending: RunEnding, _ signals: Signals, _ snapshot: RunSnapshot) -> String? {
        if let signal = signals.name, ending != .finished { return "by \(signal)" }
        if case .limited(let limit) = ending { return "by --\(limit)" }
        if let reason = snapshot.stopReason(of: ending) { return reason }
        return intake?.failure.map { "the input could not be read to its end: \($0)" }
    }

    private func status(_ ending: RunEnding, _ signals: Signals, _ counts: JobCounts) -> ExitStatus {
        if let status = signals.exitStatus { return status }
        if ending != .finished { return .workLeft }
        if intake?.failure != nil { return .input }
        let rejected = intake?.findings.rejected ?? 0
        return counts.failed > 0 || rejected > 0 ? .jobFailed : .completed
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
