package import BatchEngine
package import BatchStore
package import LLM4S
package import LLMStreaming

/// The wiring of one run: database, intake, runner, transport and record, from start to report.
///
/// Programs come to it by `BatchRunner`, the commands by way of their terminal; what differs between them is here.
package struct BatchSession: Sendable {
    package var path: String
    package var options: BatchOptions
    package var environment: [String: String]
    package var providers: ProviderTable
    /// What models cost.
    package var prices: PriceTable
    /// The jobs that are run; of an input that is read once it becomes its own.
    package private(set) var scope: JobScope
    /// The part of an input that the jobs are; known once the database is open.
    var shard: JobShard?
    /// What is read beside the work; nil where the jobs are stored.
    package var intake: JobIntake?
    /// The share of the rates; another one that is told it while the run goes on holds at once.
    package let share: CurrentShare
    /// How much of the whole input the jobs are, where they are those of a shard and that is known.
    package var shardJobs: ShardJobs?
    /// Its place in a shared folder; made once the database is open.
    var publisher: PartPublisher?
    /// How long its end waits for that folder.
    let patience = EndPatience()
    /// Done with the open database before the run begins.
    package var prepare: @Sendable (BatchDatabase) async throws -> Void = { _ in }

    /// What the run's row says of it: who runs it, and the options, whose secrets are struck out.
    package var command = "embedded"
    package var version = "LLM4SBatch"
    package var storedOptions: JSONObject
    /// Whether failed jobs leave the exit status as it is.
    package var allowsFailures = false
    /// The value of the User-Agent field; nil for the transport's own.
    package var userAgent: String?
    /// How messages call the options.
    package var names = OptionNames.properties
    package var observer = SessionObserver()
    /// What tells it things while it runs.
    package var control = RunControl()
    /// Why so many streams cannot be open; nil where they can.
    package var faultOfStreams: @Sendable (Int) -> String? = { _ in nil }
    /// What it takes over of what an earlier run was told.
    package var kept = KeptLimits() {
        didSet { storedOptions["kept"] = kept.json }
    }

    package init(
        path: String, options: BatchOptions, environment: [String: String], providers: ProviderTable,
        prices: PriceTable, scope: JobScope
    ) {
        self.path = path
        self.options = options
        self.environment = environment
        self.providers = providers
        self.prices = prices
        self.scope = scope
        // Workers that begin in one instant are at places of their own.
        share = CurrentShare(options.workerShare, phase: .random(in: 0..<1))
        storedOptions = options.stored
    }

    /// How servers are reached.
    package var transportConfiguration: TransportConfiguration {
        var configuration = options.transportConfiguration(environment)
        if let userAgent { configuration.userAgent = userAgent }
        return configuration
    }

    /// Checks what can be checked before anything is made: the files with certificates, and what does not go together.
    package func check() throws(ConfigurationError) {
        if options.dedupes, options.checkCommand != nil {
            throw ConfigurationError(
                "--dedupe and --check-command exclude each other: what the program says of one job's answer need not "
                    + "hold for another job")
        }
        try transportConfiguration.check(providers.origins)
    }

    /// Runs to the end.
    ///
    /// Cancelling the task stops the run: open streams get the drain time, without one they are closed at once.
    ///
    /// - Parameter conclude: makes of the result what is returned, while the database is still open.
    package func run<Report: Sendable>(
        _ conclude: @Sendable (SessionResult, BatchReader) async throws -> Report
    ) async throws(BatchError) -> Report {
        do {
            try check()
            try await checkSharedFolder()
            for warning in providers.warnings { observer.warned(names.naming(warning)) }
            let failure = FailureRelay()
            let database = try await BatchDatabase.open(path, options: storeOptions(failure))
            do {
                let session = try await prepared(database).scoped(in: database).takingInput(database)
                observer.beginsSoon()
                let result = try await session.sharing(database) { try await session.run(database, failure) }
                let report = try await conclude(result, database.reader)
                try await database.close()
                return report
            } catch {
                // Closing would tell the fault again that is being told.
                try? await database.close()
                throw error
            }
        } catch let error as BatchError {
            throw error.naming(names)
        } catch let error as ConfigurationError {
            throw BatchError(.configuration, error.description).naming(names)
        } catch {
            throw BatchError(.database, "\(error)").naming(names)
        }
    }

    /// The same, with the scope of an input that is read once: nothing of it is stored yet.
    private func scoped(in database: BatchDatabase) async throws -> BatchSession {
        guard intake?.isScope == true else { return self }
        var copy = self
        copy.scope = try await database.scopeOfInput()
        return copy
    }

    private func storeOptions(_ failure: FailureRelay) -> StoreOptions {
        var store = options.storeOptions
        store.echoingProviders = Set(providers.providers.filter(\.echoesPrefix).map(\.name))
        store.warn = { [observer, names] in observer.warned(names.naming($0)) }
        store.didFail = { failure.report("\($0)") }
        return store
    }

    private func run(_ database: BatchDatabase, _ failure: FailureRelay) async throws -> SessionResult {
        let start = ContinuousClock.now
        let runID = try await database.beginRun(
            command: command, options: providers.redacted(storedOptions), version: version)
        // What may fail comes before the transport is made, whose threads nobody would end.
        var configuration = try await runConfiguration(database)
        let hasWork = try await database.reader.counts(in: scope).left > 0
        let program = try hasWork || intake != nil ? checkProgram() : nil
        configuration.answers.judge = program
        let transport = StreamingTransport(configuration: transportConfiguration)
        let runner = runner(configuration, database, runID, transport)
        // Weakly: the store tells the relay of its failure, and the runner holds the store.
        failure.connect { [weak runner] reason in Task { await runner?.storeDidFail(reason) } }
        let server = connect(runner, database, runID)
        await begin(runner, database, runID)
        let ending = await work(runner, database, runID, transport, hasWork: hasWork)
        await disconnect(server)
        await transport.shutdown()
        await program?.close(grace: ending == .stopped ? .seconds(1) : .seconds(10))
        await observer.handsOn()
        if case .storeFailed(let reason) = ending { throw BatchError(.database, reason) }
        // Its reader may fail where the writer, and so the runner, has nothing to complain of.
        if let fault = intake?.failure, fault.kind == .database { throw fault }
        var result = SessionResult(
            ending: ending, snapshot: await runner.snapshot, scope: scope,
            counts: try await database.reader.counts(in: scope), intakeFault: intake?.failure,
            rejected: intake?.counts.rejected ?? 0, isInputCut: intake?.isCut ?? false,
            given: observer.interruption() ?? control.interruption,
            allowsFailures: allowsFailures, names: names)
        try await database.finishRun(
            runID, exitCode: Int(result.exitCode), status: result.isFinished ? .finished : .interrupted,
            reason: result.reason)
        result.duration = start.duration(to: .now)
        return result
    }

    private func runner(
        _ configuration: RunConfiguration, _ database: BatchDatabase, _ runID: Int64, _ transport: StreamingTransport
    ) -> JobRunner {
        let intake = intake
        return JobRunner(
            store: database.queue(for: scope, runID: runID), source: transport, pools: providers.pools,
            configuration: configuration, clock: ContinuousClock(),
            unixMilliseconds: { TimeOfDay.unixMilliseconds }, isIntakeOpen: { intake?.isOpen ?? false },
            tell: observer.happened)
    }

    private func begin(_ runner: JobRunner, _ database: BatchDatabase, _ runID: Int64) async {
        let known = (try? await database.reader.counts(in: scope).left) ?? 0
        // What was read before the run began is in the database, with what was taken from a shared folder.
        let intake = intake?.isOpen == true ? intake : nil
        let patience = patience
        observer.began(
            SessionBeginning(
                runID: runID, jobs: self.intake?.expected ?? known, left: { intake?.counts.left ?? known },
                reader: database.reader, budgets: budgets,
                stop: { isAtOnce in
                    intake?.stop()
                    if isAtOnce {
                        database.hasten()
                        patience.lose()
                    }
                    Task { if isAtOnce { await runner.stop(now: true) } else { _ = await runner.drain() } }
                }))
    }
}
