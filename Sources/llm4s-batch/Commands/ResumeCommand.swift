import ArgumentParser
import BatchEngine
import BatchStore
import LLM4SBatch
import LLMStreaming
import Synchronization
import SystemCalls

/// `resume`: goes on with a database, without its files.
struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Runs all pending and interrupted jobs of a database; needs no file.",
        discussion: "Durations are a number with ms, s, m or h; a bare number is seconds.")

    @OptionGroup var database: DatabaseOption

    @OptionGroup var providers: ProviderOptions
    @OptionGroup var options: RunOptions

    func run() async throws {
        var run = StoredJobsRun(command: "resume", db: database.path, providers: providers, options: options)
        throw Exit(try await run.run())
    }
}

/// `retry`: gives failed jobs another chance.
struct RetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Revives failed jobs, from their partial output where that can be used, and runs them.",
        discussion: "Durations are a number with ms, s, m or h; a bare number is seconds.")

    @OptionGroup var database: DatabaseOption

    @Option(
        name: .customLong("job"),
        help: ArgumentHelp("Only the job of this id; may be repeated (default: all that failed).", valueName: "ID"))
    var jobs: [String] = []

    @Option(
        name: .customLong("error-kind"),
        help: ArgumentHelp(
            "Only jobs that failed with this kind of error; may be repeated (default: any kind).", valueName: "KIND"))
    var errorKinds: [ErrorKind] = []

    @Flag(help: "Cancelled jobs too.")
    var all = false

    @OptionGroup var providers: ProviderOptions
    @OptionGroup var options: RunOptions

    func run() async throws {
        var run = StoredJobsRun(command: "retry", db: database.path, providers: providers, options: options)
        run.revival = Revival(errorKinds: errorKinds, includesCancelled: all)
        run.customIDs = jobs
        throw Exit(try await run.run())
    }
}

/// A run of jobs that are stored already.
private struct StoredJobsRun {
    var command: String
    var db: String
    var providers: ProviderOptions
    var options: RunOptions
    /// Which jobs are revived first; nil for none.
    var revival: Revival?
    /// The jobs that the user named; empty for all.
    var customIDs: [String] = []

    mutating func run() async throws -> ExitStatus {
        let environment = ProcessEnvironment.variables
        let config = try ConfigFile.load(path: providers.config, environment: environment)
        try batchOptions.check(config.catalog)
        try options.sharing.check(with: options.limits)
        if options.sharing.shared != nil { CompactCommand.keepTemporaryFiles(beside: db) }
        // That of the run before would be divided again.
        if options.sharing.shared != nil { options.limits.share = .removed }
        let reader = try await BatchReader.open(db)
        var (pools, answers) = (options.pools, options.answers)
        let remembered = try RememberedLimits(
            try await reader.newestOptions() ?? "", try await reader.keptChanges(), into: &options.limits,
            &pools, &answers)
        (options.pools, options.answers) = (pools, answers)
        Console.style.withLock { $0 = Console.Style(level: options.logLevel, isJSON: options.progress == .json) }
        if let text = remembered.text { Console.log(.info, text) }
        let prices = try options.limits.rates.priceTable(config.prices)
        let jobs = try await StoredJobs(
            customIDs.isEmpty ? nil : customIDs, revived: revival != nil, from: reader, named: db)
        let work = options.dryRun ? try await reader.workLeft(in: jobs.scope, reviving: revival) : [:]
        await reader.close()
        let batch = batchOptions
        let catalog = options.limits.rates.limiting(config.catalog)
        try jobs.check(batch, catalog)
        if let fault = batch.fault(of: jobs.models, prices, provider: { catalog[$0] }) { throw fault }
        let plan = try await RunPlan(
            jobs.providers, model: nil, options: batch, catalog: catalog, prices: prices, environment: environment)
        if options.dryRun {
            let left = work.values.reduce(0) { $0 + $1.requests }
            Console.report(
                try await plan.dryRunReport(findings: ["\(left.counted("job")) left"], work: work, path: db))
            return .completed
        }
        var session = CommandSession(command: command, options: options, plan: plan, path: db, scope: jobs.scope)
            .keeping(remembered.kept)
        if var revival {
            revival.jobs = jobs.ids
            session = session.preparing { [revival] database in
                let count = try await database.revive(revival)
                Console.log(.info, "\(count.counted("job")) revived")
            }
        }
        return try await session.run()
    }

    private var batchOptions: BatchOptions {
        var batch = options.batchOptions
        batch.provider = providers.provider
        return batch
    }
}
