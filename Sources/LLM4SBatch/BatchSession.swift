import BatchEngine
import BatchStore
import Foundation
import LLM4S
import LLMStreaming

/// One run: its database, transport and runner, from start to report.
struct BatchSession: Sendable {
    /// Reads jobs into the database beside the run, and calls the function after each page.
    typealias Intake = @Sendable (BatchDatabase, _ stored: @escaping @Sendable () -> Void) async -> Void

    let path: String
    let options: BatchOptions
    let environment: [String: String]
    let providers: ProviderTable
    let prices: PriceTable
    /// Where the jobs come from that are run.
    let sources: [String]
    let onEvent: @Sendable (BatchEvent) -> Void

    /// Runs to the end.
    ///
    /// - Parameters:
    ///   - prepare: stores the jobs that are known before the run.
    ///   - intake: tells whether more are to come; nil where none are.
    ///   - read: brings them.
    func run(
        storingFirst prepare: @escaping @Sendable (BatchDatabase) async throws -> Void = { _ in },
        intake: MemoryIntake? = nil, read: @escaping Intake = { _, _ in }
    ) async throws(BatchError) -> BatchReport {
        let transport = options.transportConfiguration(environment)
        if options.trustsCAFileOnly, transport.caFile == nil {
            throw BatchError(.configuration, "trustsCAFileOnly needs caFile: no other certificate would be trusted")
        }
        do { try transport.check(providers.endpoints.values.map(\.origin)) } catch {
            throw BatchError(.configuration, error.description)
        }
        let failure = FailureRelay()
        var store = options.storeOptions
        store.echoingProviders = Set(
            providers.endpoints.values.map(\.provider).filter(\.echoesPrefix).map(\.name))
        store.didFail = { failure.report("\($0)") }
        do {
            let database = try await BatchDatabase.open(path, options: store)
            do {
                try await prepare(database)
                let report = try await run(database, transport, failure, intake, read)
                try await database.close()
                if let fault = intake?.failure { throw fault }
                return report
            } catch {
                // Closing would tell the fault again that is being told.
                try? await database.close()
                throw error
            }
        } catch {
            throw error as? BatchError ?? BatchError(.database, "\(error)")
        }
    }

    private func run(
        _ database: BatchDatabase, _ transportConfiguration: TransportConfiguration, _ failure: FailureRelay,
        _ intake: MemoryIntake?, _ read: @escaping Intake
    ) async throws -> BatchReport {
        let scope = JobScope.sources(sources)
        let runID = try await database.beginRun(
            command: "embedded", options: providers.redacted(options.stored), version: "LLM4SBatch")
        let configuration = try await configuration(database, scope)
        let transport = StreamingTransport(configuration: transportConfiguration)
        let runner = JobRunner(
            store: database.queue(for: scope, runID: runID), source: transport, endpoints: providers.endpoints,
            configuration: configuration, clock: ContinuousClock(),
            unixMilliseconds: { NumberGate.unixMilliseconds(seconds: Date().timeIntervalSince1970) },
            isIntakeOpen: { intake?.isOpen ?? false },
            tell: { [onEvent] event in BatchEvent(event).map(onEvent) })
        // Weakly: the store tells the relay of its failure, and the runner holds the store.
        failure.connect { [weak runner] reason in Task { await runner?.storeDidFail(reason) } }
        let ending = await withTaskGroup(of: Void.self) { group in
            group.addTask { await read(database) { runner.wake() } }
            let ending = await end(of: runner)
            // A run that was stopped does not wait for the rest of its input.
            if ending != .finished { group.cancelAll() }
            return ending
        }
        await transport.shutdown()
        if case .storeFailed(let reason) = ending { throw BatchError(.database, reason) }
        return try await report(ending, runner.snapshot, database, scope, runID, intake?.failure)
    }

    private func configuration(_ database: BatchDatabase, _ scope: JobScope) async throws -> RunConfiguration {
        var configuration = options.runConfiguration(providers.endpoints.values.map(\.provider), prices)
        guard options.maximumCost != nil || options.maximumTokens != nil else { return configuration }
        let spent = try await database.reader.spending(in: scope)
        configuration.cost = Budget(cap: options.maximumCost, spent: spent.cost(by: prices))
        configuration.tokens = Budget(cap: options.maximumTokens.map(Double.init), spent: spent.tokens)
        return configuration
    }

    /// Runs; the cancellation of the task is an orderly stop where streams have time to drain.
    private func end(of runner: JobRunner) async -> RunEnding {
        guard options.drainTimeout > .zero else { return await runner.run() }
        let running = Task { await runner.run() }
        return await withTaskCancellationHandler {
            await running.value
        } onCancel: {
            Task { await runner.stop() }
        }
    }

    private func report(
        _ ending: RunEnding, _ snapshot: RunSnapshot, _ database: BatchDatabase, _ scope: JobScope, _ runID: Int64,
        _ fault: BatchError?
    ) async throws -> BatchReport {
        let counts = try await database.reader.counts(in: scope)
        let left = counts.pending + counts.running + counts.interrupted
        // Cancelled behind the last answer it is finished all the same.
        let isFinished = ending == .finished || left == 0
        let reason =
            isFinished ? fault.map { "the input could not be read to its end: \($0)" } : words(ending, snapshot)
        try await database.finishRun(
            runID, exitCode: isFinished ? fault == nil ? counts.failed > 0 ? 1 : 0 : 2 : 4,
            status: isFinished ? .finished : .interrupted, reason: reason)
        return BatchReport(
            completed: counts.completed, failed: counts.failed, left: left, attempts: snapshot.attempts,
            completionTokens: snapshot.completionTokens, reason: reason)
    }

    /// Why jobs are left, with the options by their names here.
    private func words(_ ending: RunEnding, _ snapshot: RunSnapshot) -> String? {
        guard case .limited(let limit) = ending else { return snapshot.stopReason(of: ending) }
        return switch limit {
        case "max-jobs": "maximumJobs was reached"
        case "max-tokens-total": "maximumTokens does not allow another request"
        case "max-cost": "maximumCost does not allow another request"
        case "fail-fast": "a job failed, and failsFast is set"
        default: "maximumCost or maximumTokens does not allow another request"
        }
    }
}
