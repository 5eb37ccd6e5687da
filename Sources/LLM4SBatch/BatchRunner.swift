import BatchEngine
import BatchStore
// One import for programs that run batches: models, usage and errors are the library's.
@_exported public import LLM4S
import LLMStreaming
import SystemCalls

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
    /// What tells its run things; the same for all copies.
    let control = RunControl()

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
        let environment = environment ?? ProcessEnvironment.variables
        self.path = path
        self.options = options
        self.catalog = catalog.settled(for: environment)
        self.environment = environment
    }

    /// Runs the jobs of these files that have not ended.
    ///
    /// Every line is checked before anything is sent. Cancelling the task closes the open streams (after the drain time
    /// of the options), stores what has come, and returns; so does a store that can take no more, with an error.
    /// - Parameters:
    ///   - files: JSONL files; with a template files of rows.
    ///   - onEvent: told of every job's progress; called in order and must not block.
    /// - Throws: why nothing, or no more, can be done.
    public func run(
        _ files: [String], onEvent: @escaping @Sendable (BatchEvent) -> Void = { _ in }
    ) async throws(BatchError) -> BatchReport {
        let (prices, reading) = try check()
        let sources = files.map(InputSource.file)
        let checked = try Self.checked(sources, reading)
        let names = checked.jobsByProvider.keys.sorted()
        let models = Array(checked.jobsByModel.keys)
        let providers = try providers(names, of: models, prices, reading.parser.defaults.model)
        var session = session(providers, prices, .sources(sources.map(\.name)), onEvent)
        session.shardJobs = checked.shardJobs
        let intake = JobIntake(
            sources, reading, checked: checked, policy: options.changedJobPolicy,
            fault: { [options] in providers.fault($0, options, prices) })
        // Of files nothing is sent before all jobs are stored.
        session.prepare = { database in
            await intake.read(into: database, stored: { _ in })
            if let fault = intake.failure { throw fault }
        }
        return try await report(session)
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
        guard options.template == nil else {
            throw BatchError(.configuration, "template is for rows of files, not for jobs from memory")
        }
        let (prices, reading) = try check()
        // What will come is not known: every provider that can be used is made ready.
        let providers = try providers(nil, of: [], prices, reading.parser.defaults.model)
        var session = session(providers, prices, .sources([source]), onEvent)
        session.intake = JobIntake(
            SequenceIntake(jobs, from: source, reading), policy: options.changedJobPolicy,
            fault: { [options] in providers.fault($0, options, prices) })
        return try await report(session)
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

    /// Gives failed jobs another chance, as the command `retry` does: from their partial output where that can be used,
    /// and with their attempts counted anew.
    ///
    /// Only these jobs are run where `ids` names some; else all that have not ended are run with them. The limits are
    /// those of the options, and not those of the run before.
    /// - Parameters:
    ///   - ids: the jobs that the call is about; nil for all of the database.
    ///   - errorKinds: only those that failed with one of these; empty for any.
    ///   - includesCancelled: whether cancelled jobs are revived too.
    ///   - onEvent: told of every job's progress; called in order and must not block.
    /// - Throws: why nothing, or no more, can be done; kind `input` for an id that the database does not have.
    public func retry(
        _ ids: [String]? = nil, errorKinds: [ErrorKind] = [], includesCancelled: Bool = false,
        onEvent: @escaping @Sendable (BatchEvent) -> Void = { _ in }
    ) async throws(BatchError) -> BatchReport {
        let (prices, reading) = try check()
        let stored: StoredJobs
        do {
            let reader = try await BatchReader.open(path)
            stored = try await StoredJobs(ids, revived: true, from: reader, named: path)
            await reader.close()
        } catch {
            throw error as? BatchError ?? BatchError(.database, "\(error)").naming(.properties)
        }
        let providers = try providers(stored.providers, of: stored.models, prices, reading.parser.defaults.model)
        try configured { () throws(ConfigurationError) in try stored.check(options, catalog) }
        var session = session(providers, prices, stored.scope, onEvent)
        let revival = Revival(jobs: stored.ids, errorKinds: errorKinds, includesCancelled: includesCancelled)
        session.prepare = { database in _ = try await database.revive(revival) }
        return try await report(session)
    }

    /// The jobs that have ended, in the order of their files and lines.
    public func answers() -> BatchAnswers { BatchAnswers(path: path) }

    // MARK: - What a run is made of

    /// Checks the options; gives what models cost, and how jobs are read.
    private func check() throws(BatchError) -> (PriceTable, InputReading) {
        try options.verify()
        return try configured { () throws(ConfigurationError) in
            try options.check(catalog)
            return (
                try options.prices.map { path throws(ConfigurationError) in try PriceTable(file: path) }
                    ?? PriceTable(), try options.reading(catalog, environment)
            )
        }
    }

    /// Checks every line of files.
    private static func checked(_ sources: [InputSource], _ reading: InputReading) throws(BatchError) -> InputSummary {
        let summary: InputSummary
        do { summary = try InputValidator(sources, reading).validate() } catch {
            throw BatchError(.input, error.description).naming(.properties)
        }
        guard summary.report.isEmpty || reading.skipsInvalid else {
            throw BatchError(.input, summary.report.description).naming(.properties)
        }
        return summary
    }

    /// Settles the providers that jobs name, or all where nil; checks that jobs of these models can run.
    private func providers(
        _ names: [String]?, of models: [ModelName], _ prices: PriceTable, _ model: ModelName?
    ) throws(BatchError) -> ProviderTable {
        try configured { () throws(ConfigurationError) in
            if let fault = options.fault(of: models, prices, provider: { catalog[$0] }) { throw fault }
            let table = ProviderTable(
                names ?? catalog.names, moved: try options.movedProvider(among: names, model: model),
                weights: options.weights, catalog: catalog, environment: environment)
            try table.check(names ?? [])
            return table
        }
    }

    private func session(
        _ providers: ProviderTable, _ prices: PriceTable, _ scope: JobScope,
        _ onEvent: @escaping @Sendable (BatchEvent) -> Void
    ) -> BatchSession {
        var session = BatchSession(
            path: path, options: options, environment: environment, providers: providers, prices: prices, scope: scope)
        session.control = control
        session.observer = SessionObserver(options, onEvent)
        return session
    }

    private func report(_ session: BatchSession) async throws(BatchError) -> BatchReport {
        let result = try await session.run { result, _ in result }
        let report = BatchReport(result)
        if let logger = options.logger { RunLog(logger).ended(report) }
        if let fault = result.intakeFault { throw fault.naming(.properties) }
        return report
    }

    /// Does what may find a fault of the configuration.
    private func configured<Value>(
        _ make: () throws(ConfigurationError) -> Value
    ) throws(BatchError) -> Value {
        do { return try make() } catch { throw BatchError(.configuration, error.description).naming(.properties) }
    }
}
