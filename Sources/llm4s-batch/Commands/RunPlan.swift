import BatchEngine
import BatchStore
import LLM4S
import LLM4SBatch
import LLMStreaming
import MockProvider

/// What a run is made with, settled before anything is made or sent: options, providers and prices.
struct RunPlan {
    let options: BatchOptions
    let prices: PriceTable
    let providers: ProviderTable
    /// The mock in this process, where the run asks it.
    let mock: EmbeddedMock?
    let environment: [String: String]
    private let catalog: ProviderCatalog

    /// Settles the providers.
    ///
    /// - Parameters:
    ///   - names: those that jobs name; nil where the jobs are not known yet, and any may come.
    ///   - model: that of jobs that name none.
    ///   - options: what the user asks of the run.
    ///   - catalog: the providers that there are.
    ///   - prices: what models cost.
    ///   - environment: the variables of this process.
    init(
        _ names: [String]?, model: ModelName?, options: BatchOptions, catalog: ProviderCatalog, prices: PriceTable,
        environment: [String: String]
    ) async throws {
        let moved = try options.movedProvider(among: names, model: model)
        var catalog = catalog
        let all = names ?? catalog.names
        mock = try await EmbeddedMock.start(
            for: all, moved: moved?.provider, in: &catalog, environment: environment)
        providers = ProviderTable(
            all, moved: moved, weights: options.weights, catalog: catalog, environment: environment)
        try providers.check(names ?? [])
        self.options = options
        self.prices = prices
        self.environment = environment
        self.catalog = catalog
    }

    /// What `--dry-run` tells.
    ///
    /// - Parameters:
    ///   - findings: what is there and what a run would have to do, in lines.
    ///   - work: what the jobs that are left are expected to use up.
    ///   - path: the database.
    func dryRunReport(
        findings: [String], work: [ModelName: WorkEstimate], path: String
    ) async throws -> String {
        try options.transportConfiguration(environment).check(providers.origins)
        let report = DryRunReport(
            findings: findings, providers: providers, isMockEmbedded: mock != nil, databasePath: path,
            estimate: EstimateReport(work, options: options, prices: prices, catalog: catalog))
        await mock?.stop()
        return report.text
    }
}

/// The mock in this process, for runs that ask it and name no URL of another.
struct EmbeddedMock {
    private let server: MockServer

    /// Starts it where a run needs it, and enters it into the catalog; nil where none does.
    ///
    /// - Parameters:
    ///   - names: the providers that jobs name, or may name.
    ///   - moved: the provider that `--base-url` is for.
    ///   - catalog: gets its URL.
    ///   - environment: the variables that may hold another.
    static func start(
        for names: [String], moved: String?, in catalog: inout ProviderCatalog, environment: [String: String]
    ) async throws -> EmbeddedMock? {
        guard names.contains("mock"), moved != "mock", var provider = catalog["mock"], provider.baseURL.isEmpty,
            provider.baseURLVariables.allSatisfy({ environment[$0] ?? "" == "" })
        else { return nil }
        let server = try await MockServer.start()
        provider.baseURL = server.baseURL
        catalog["mock"] = provider
        return EmbeddedMock(server: server)
    }

    func stop() async { await server.stop() }
}
