import BatchEngine
import BatchStore
import Foundation
public import LLM4S
import LLMStreaming

/// Runs jobs into a database, as the command `run` does, from within another program.
///
/// ```swift
/// let batch = BatchRunner(database: "answers.db")
/// let report = try await batch.run(["jobs.jsonl"]) { event in print(event) }
/// for try await answer in batch.answers() { print(answer.id, answer.content ?? answer.error ?? "") }
/// ```
/// Jobs are those of files, or come from memory. Every chunk and every answer is stored as it comes. Whatever ended a
/// run, the same call does only what is left.
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
    /// Every line is checked before anything is sent. Cancelling the task closes the open streams (after the drain time
    /// of the options), stores what has come, and returns; so does a store that can take no more, with an error.
    /// - Parameters:
    ///   - files: JSONL files.
    ///   - onEvent: told of every job's progress; called in order and must not block.
    /// - Throws: why nothing, or no more, can be done.
    public func run(
        _ files: [String], onEvent: @escaping @Sendable (BatchEvent) -> Void = { _ in }
    ) async throws(BatchError) -> BatchReport {
        let prices = try prices()
        let input = try BatchInput(files, reading())
        let providers = try ProviderTable(input.providers, areNamed: true, options, catalog, environment)
        let faults = input.providers.lazy.compactMap { providers.faults[$0] }
        if let fault = faults.first ?? providers.fault(of: input.models, options, prices) {
            throw BatchError(.configuration, fault.description)
        }
        let session = BatchSession(
            path: path, options: options, environment: environment, providers: providers, prices: prices,
            sources: input.names, onEvent: onEvent)
        return try await session.run(storingFirst: { [options] database in
            try await input.store(in: database, options.changedJobPolicy)
        })
    }

    /// Runs the jobs of a sequence that have not ended, beginning before the last of them is known.
    ///
    /// The sequence is asked for a job when there is room to store it: at most a thousand wait for the database, and the
    /// database is the queue of those that wait for a model. A second run with the same jobs does only what is left; one
    /// without an `id` is known by what it asks. A fault of a job, or an error of the sequence, ends the intake: the jobs
    /// before it are run, and then the fault is thrown.
    ///
    /// ```swift
    /// let (jobs, maker) = AsyncStream<BatchJob>.makeStream()
    /// maker.yield(BatchJob([.user("Why is the sky blue?")]))
    /// maker.finish()
    /// let report = try await BatchRunner(database: "answers.db").run(jobs, from: "inbox")
    /// print(report.completed)
    /// ```
    /// - Parameters:
    ///   - jobs: the jobs; a sequence that waits must end when its task is cancelled, as those of the standard library do.
    ///   - source: where they come from: stored in a file's place, with their number as the line. What an earlier run
    ///     has left of the same source is run too.
    ///   - onEvent: told of every job's progress; called in order and must not block.
    /// - Throws: why nothing, or no more, can be done.
    public func run<Jobs: AsyncSequence & Sendable>(
        _ jobs: Jobs, from source: String = "memory", onEvent: @escaping @Sendable (BatchEvent) -> Void = { _ in }
    ) async throws(BatchError) -> BatchReport where Jobs.Element == BatchJob {
        guard !source.isEmpty else { throw BatchError(.configuration, "the jobs' source has no name") }
        let prices = try prices()
        let intake = MemoryIntake(source, try reading(), options.changedJobPolicy)
        // What will come is not known: every provider that can be used is made ready.
        let providers = try ProviderTable(catalog.names, areNamed: false, options, catalog, environment)
        let session = BatchSession(
            path: path, options: options, environment: environment, providers: providers, prices: prices,
            sources: [source], onEvent: onEvent)
        return try await session.run(intake: intake) { [options] database, stored in
            await intake.read(
                jobs, into: database, fault: { providers.fault($0, options, prices) }, stored: stored)
        }
    }

    /// Runs jobs that are in memory, or made one by one; as those of an asynchronous sequence.
    ///
    /// - Parameters:
    ///   - jobs: the jobs.
    ///   - source: where they come from: stored in a file's place, with their number as the line.
    ///   - onEvent: told of every job's progress; called in order and must not block.
    /// - Throws: why nothing, or no more, can be done.
    public func run<Jobs: Sequence & Sendable>(
        _ jobs: Jobs, from source: String = "memory", onEvent: @escaping @Sendable (BatchEvent) -> Void = { _ in }
    ) async throws(BatchError) -> BatchReport where Jobs.Element == BatchJob {
        try await run(JobSequence(base: jobs), from: source, onEvent: onEvent)
    }

    /// The jobs that have ended, in the order of their files and lines.
    public func answers() -> BatchAnswers { BatchAnswers(path: path) }

    private func reading() throws(BatchError) -> InputReading {
        do { return try options.reading(catalog, environment) } catch {
            throw BatchError(.configuration, error.description)
        }
    }

    /// What models cost; the options are checked first.
    private func prices() throws(BatchError) -> PriceTable {
        try options.check()
        try options.check(catalog)
        guard let path = options.prices else { return PriceTable() }
        do { return try PriceTable(file: path) } catch { throw BatchError(.configuration, error.description) }
    }
}
