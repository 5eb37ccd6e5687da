import BatchEngine
import BatchStore
import Foundation
public import LLM4S
import LLMStreaming

/// Runs job files into a database, as the command `run` does, from within another program.
///
/// ```swift
/// let batch = BatchRunner(database: "answers.db")
/// let report = try await batch.run(["jobs.jsonl"]) { event in print(event) }
/// for try await answer in batch.answers() { print(answer.id, answer.content ?? answer.error ?? "") }
/// ```
/// Every chunk and every answer is stored as it comes. Whatever ended a run, the same call does only what is left.
public struct BatchRunner: Sendable {
    /// The database's file.
    public let path: String
    /// How it is run.
    public var options: BatchOptions
    private let catalog: ProviderCatalog
    private let environment: [String: String]

    /// A runner of a database, which is made when it is first needed.
    ///
    /// - Parameters:
    ///   - path: the database's file.
    ///   - options: how it is run.
    ///   - catalog: the providers that jobs may name.
    ///   - environment: the variables with URLs and keys; those of the process where nil.
    public init(
        database path: String, options: BatchOptions = BatchOptions(), catalog: ProviderCatalog = ProviderCatalog(),
        environment: [String: String]? = nil
    ) {
        self.path = path
        self.options = options
        self.catalog = catalog
        self.environment = environment ?? ProcessInfo.processInfo.environment
    }

    /// Runs the jobs of these files that have not ended.
    ///
    /// Every line is checked before anything is sent. Cancelling the task closes the open streams, stores what has come,
    /// and returns; so does a store that can take no more, with an error.
    /// - Parameters:
    ///   - files: JSONL files.
    ///   - onEvent: told of every job's progress; called in order and must not block.
    /// - Throws: why nothing, or no more, can be done.
    public func run(
        _ files: [String], onEvent: @escaping @Sendable (BatchEvent) -> Void = { _ in }
    ) async throws(BatchError) -> BatchReport {
        let input = try BatchInput(files, reading())
        let endpoints = try endpoints(input.providers)
        do { try transportConfiguration.check(endpoints.values.map(\.origin)) } catch {
            throw BatchError(.configuration, error.description)
        }
        let failure = FailureRelay()
        var store = StoreOptions()
        store.echoingProviders = Set(endpoints.values.map(\.provider).filter(\.echoesPrefix).map(\.name))
        store.didFail = { failure.report("\($0)") }
        do {
            let database = try await BatchDatabase.open(path, options: store)
            do {
                let report = try await run(input, into: database, endpoints, failure, onEvent)
                try await database.close()
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

    /// The jobs that have ended, in the order of their files and lines.
    public func answers() -> BatchAnswers { BatchAnswers(path: path) }

    private func run(
        _ input: BatchInput, into database: BatchDatabase, _ endpoints: [String: Endpoint], _ failure: FailureRelay,
        _ onEvent: @escaping @Sendable (BatchEvent) -> Void
    ) async throws -> BatchReport {
        try await input.store(in: database)
        let runID = try await database.beginRun(
            command: "embedded", options: "{}", version: "LLM4SBatch")
        let transport = StreamingTransport(configuration: transportConfiguration)
        var configuration = RunConfiguration()
        configuration.concurrency = options.concurrency.clamped(to: 1...1_000_000)
        configuration.retry.maximumAttempts = options.maximumAttempts.clamped(to: 1...1_000_000)
        configuration.outageTimeout = options.outageTimeout
        let scope = JobScope.sources(input.names)
        let runner = JobRunner(
            store: database.queue(for: scope, runID: runID), source: transport, endpoints: endpoints,
            configuration: configuration, clock: ContinuousClock(),
            unixMilliseconds: { NumberGate.unixMilliseconds(seconds: Date().timeIntervalSince1970) },
            tell: { event in BatchEvent(event).map(onEvent) })
        // Weakly: the store tells the relay of its failure, and the runner holds the store.
        failure.connect { [weak runner] reason in Task { await runner?.storeDidFail(reason) } }
        let ending = await runner.run()
        await transport.shutdown()
        if case .storeFailed(let reason) = ending { throw BatchError(.database, reason) }
        let (counts, snapshot) = (try await database.reader.counts(in: scope), await runner.snapshot)
        let left = counts.pending + counts.running + counts.interrupted
        // Cancelled behind the last answer it is finished all the same.
        let isFinished = ending == .finished || left == 0
        let reason = isFinished ? nil : snapshot.stopReason(of: ending)
        try await database.finishRun(
            runID, exitCode: isFinished ? counts.failed > 0 ? 1 : 0 : 4, status: isFinished ? .finished : .interrupted,
            reason: reason)
        return BatchReport(
            completed: counts.completed, failed: counts.failed, left: left, attempts: snapshot.attempts,
            completionTokens: snapshot.completionTokens, reason: reason)
    }

    private func reading() throws(BatchError) -> InputReading {
        do {
            let defaults = try InputDefaults(
                catalog: catalog, model: options.model, openAIBaseURL: environment["OPENAI_BASE_URL"])
            return InputReading(parser: JobLineParser(defaults: defaults))
        } catch {
            throw BatchError(.configuration, error.description)
        }
    }

    private func endpoints(_ names: [String]) throws(BatchError) -> [String: Endpoint] {
        let proxies = ProxySettings(environment: environment)
        var endpoints: [String: Endpoint] = [:]
        for name in names {
            // The check of the lines has found them all.
            guard let provider = catalog[name] else { continue }
            do {
                let endpoint = try Endpoint(provider: provider, environment: environment)
                try proxies.check(endpoint.origin)
                endpoints[name] = endpoint
            } catch {
                throw BatchError(.configuration, error.description)
            }
        }
        return endpoints
    }

    private var transportConfiguration: TransportConfiguration {
        var configuration = TransportConfiguration(environment: environment, caFile: options.caFile)
        configuration.timeouts = options.timeouts
        configuration.clientCertificate = options.clientCertificate
        configuration.clientKey = options.clientKey
        return configuration
    }
}
