import ArgumentParser
import BatchEngine
import BatchStore
import Foundation
import LLM4S
import LLMStreaming
import Synchronization

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
        let environment = ProcessInfo.processInfo.environment
        let config = try ConfigFile.load(path: providers.config, environment: environment)
        try options.limits.rates.check(config.catalog)
        let reader = try await BatchReader.open(db)
        let remembered = RememberedLimits(try await reader.newestOptions() ?? "", into: &options.limits)
        Console.style.withLock { $0 = Console.Style(level: options.logLevel, isJSON: options.progress == .json) }
        if let text = remembered.text { Console.log(.info, text) }
        let prices = try options.limits.rates.priceTable(config.prices)
        let named = try await jobIDs(reader)
        let scope = named.map(JobScope.jobs) ?? .all
        // The jobs to be revived are not in the queue yet; whatever any job names may be needed.
        let models = try await reader.models(in: scope, revived: revival != nil)
        let work = options.dryRun ? try await reader.workLeft(in: scope, reviving: revival) : [:]
        await reader.close()
        try options.limits.check(prices, knows: models)
        if let fault = resumeFault(models, config.catalog) { throw Exit(.input, "--resume: \(fault)") }
        let names = Set(models.map(\.provider)).sorted()
        if let fault = options.tierFault(at: names.compactMap { config.catalog[$0] }) { throw fault }
        let endpoints = try await Endpoints(
            names, catalog: config.catalog, baseURL: options.baseURL,
            baseURLProvider: Endpoints.baseURLProvider(options, chosen: providers.provider, named: names),
            environment: environment)
        if let fault = names.lazy.compactMap({ endpoints.faults[$0] }).first { throw fault }
        if options.dryRun {
            try options.transport(environment).check(endpoints.origins)
            let left = work.values.reduce(0) { $0 + $1.requests }
            let estimate = EstimateReport(
                work, rates: options.limits.rates, prices: prices, catalog: config.catalog,
                serviceTier: options.serviceTier)
            let report = DryRunReport(
                findings: ["\(InputReport.plural(left, "job")) left"], endpoints: endpoints, databasePath: db,
                estimate: estimate)
            await endpoints.stop()
            Console.error(report.text)
            return .completed
        }
        var session = RunSession(
            command: command, options: options, databasePath: db, scope: scope, endpoints: endpoints,
            environment: environment, prices: prices)
        if var revival {
            revival.jobs = named
            session.prepare = { [revival] database in
                let count = try await database.revive(revival)
                Console.log(.info, "\(InputReport.plural(count, "job")) revived")
            }
        }
        return try await session.run()
    }

    /// Why the ways of going on from partial text that the user chose cannot be had; nil where they can.
    private func resumeFault(_ models: [ModelName], _ catalog: ProviderCatalog) -> String? {
        models.lazy.compactMap { name in
            catalog[name.provider].flatMap { options.resume.fault(at: $0, model: name.model) }
        }.first
    }

    private func jobIDs(_ reader: BatchReader) async throws -> [Int64]? {
        guard !customIDs.isEmpty else { return nil }
        var ids: [Int64] = []
        for customID in customIDs {
            guard let job = try await reader.job(customID: customID) else {
                throw Exit(.input, "\(db) has no job '\(customID)'")
            }
            ids.append(job.id)
        }
        return ids
    }
}
