import BatchEngine
import BatchStore
import LLM4SBatch
import LLMStreaming
import Synchronization

/// A run as the commands make it: the session, with signals and progress before a terminal and a report behind it.
struct CommandSession {
    private var session: BatchSession
    private let options: RunOptions
    private let mock: EmbeddedMock?
    /// The input whose results are printed as they come; nil where none are.
    private var printedSource: String?

    /// A run of these jobs.
    ///
    /// - Parameters:
    ///   - command: its name.
    ///   - options: those of the terminal.
    ///   - plan: what is run with.
    ///   - path: the database.
    ///   - scope: the jobs.
    init(command: String, options: RunOptions, plan: RunPlan, path: String, scope: JobScope) {
        session = BatchSession(
            path: path, options: plan.options, environment: plan.environment, providers: plan.providers,
            prices: plan.prices, scope: scope)
        session.command = command
        session.version = Version.text
        session.storedOptions = options.stored(plan.options)
        session.userAgent = "llm4s-batch/\(Version.number)"
        session.names = .flags
        session.allowsFailures = options.allowFailures
        session.faultOfStreams = { [isServer = plan.mock != nil, others = Self.otherFiles(options)] streams in
            do throws(Exit) {
                try OpenFileLimit.raise(streams: streams, isServer: isServer, others: others, option: "concurrency")
                return nil
            } catch {
                return error.message
            }
        }
        self.options = options
        mock = plan.mock
    }

    /// The same, with what is read beside the work.
    func reading(_ intake: JobIntake) -> CommandSession {
        var copy = self
        copy.session.intake = intake
        copy.session.shardJobs = intake.shardJobs
        return copy
    }

    /// The same, which prints a result for each job of the input of this name when it has ended.
    func printing(_ source: String) -> CommandSession {
        var copy = self
        copy.printedSource = source
        return copy
    }

    /// The same, which takes over what an earlier run was told.
    func keeping(_ kept: KeptLimits) -> CommandSession {
        var copy = self
        copy.session.kept = kept
        return copy
    }

    /// The same, with what is done before it.
    func preparing(_ prepare: @escaping @Sendable (BatchDatabase) async throws -> Void) -> CommandSession {
        var copy = self
        copy.session.prepare = prepare
        return copy
    }

    /// Runs to the end, reports it, and tells the status to end with.
    func run() async throws -> ExitStatus {
        try session.check()
        try OpenFileLimit.raise(
            streams: session.options.mostStreams, isServer: mock != nil, others: Self.otherFiles(options),
            option: session.options.isConcurrencyAuto ? "--concurrency-max" : "--concurrency")
        Console.style.withLock { $0 = Console.Style(level: options.logLevel, isJSON: options.progress == .json) }
        let pools = session.providers.pools.filter { $0.value.members.count > 1 }
        let events = EventLog(isJSON: options.progress == .json, pools: Set(pools.keys))
        let results = try printedSource.map { try ResultStream(of: $0) }
        let signals = RunSignals(drainTimeout: options.drainTimeout, results: results)
        let site = try await page()
        var session = session
        session.observer = observer(events, ProgressReporter(mode: options.progress, events: events), signals)
        session.observer.changed = { [drainTimeout = options.drainTimeout] answer in
            Console.log(.info, "ctl: \(TerminalText.line(answer.text, limit: 300))")
            if answer.request.command == .drain { results?.stop(after: drainTimeout.duration) }
        }
        if let results { results.observe(with: &session.observer) }
        do {
            let status = try await session.run { [mock] result, reader in
                await mock?.stop()
                await site?.close()
                let failures = result.counts.failed > 0 ? try await reader.failures(in: result.scope) : []
                return tell(result, failures, events)
            }
            if let failure = results?.failure { throw failure }
            return status
        } catch {
            // What is stored is still printed, in whole lines.
            await results?.finish()
            await site?.close()
            throw error
        }
    }

    /// The files and sockets that a run needs besides its streams.
    private static func otherFiles(_ options: RunOptions) -> Int { options.serve == nil ? 0 : WatchSite.openFiles }

    /// The page of the run, where one is asked for; its URL is told on standard error.
    private func page() async throws -> WatchSite? {
        guard let port = options.serve else { return nil }
        let site = try await WatchSite.open(session.path, port: port)
        Console.report(site.url)
        return site
    }

    private func observer(
        _ events: EventLog, _ progress: ProgressReporter, _ signals: RunSignals
    ) -> SessionObserver {
        var observer = SessionObserver()
        observer.beginsSoon = { signals.hold() }
        observer.began = { run in
            signals.begin(run)
            events.started(runID: run.runID, jobs: run.jobs)
            if let text = BudgetReport(run.budgets).text { Console.log(.info, text) }
            progress.begin(run.left)
        }
        observer.happened = { events.tell($0) }
        observer.warned = { Console.log(.warning, $0) }
        observer.noted = { Console.log(.info, $0) }
        observer.hasRead = { intake in
            if intake.failure == nil || intake.counts.isAny { Console.log(.info, intake.counts.text) }
            if let failure = intake.failure { Console.error(failure.description) }
        }
        observer.secondPassed = { progress.show($0) }
        observer.ended = { progress.end() }
        observer.interruption = { signals.interruption }
        return observer
    }

    private func tell(_ result: SessionResult, _ failures: [FailureGroup], _ events: EventLog) -> ExitStatus {
        let status = ExitStatus(rawValue: result.exitCode) ?? .workLeft
        events.ended(result.snapshot, left: result.counts.left, status: status, duration: result.duration)
        let report = RunReport(
            ending: result.ending, snapshot: result.snapshot, counts: result.counts, databasePath: session.path,
            duration: result.duration, isInputFaulty: result.intakeFault != nil, failures: failures)
        if !events.isJSON, !report.text.isEmpty { Console.log(.info, report.text) }
        return status
    }
}
