import BatchEngine
import LLM4S
import LLMStreaming

/// The providers of a run, settled: URL and key of each that can be used, and why another cannot.
struct ProviderTable: Sendable {
    private(set) var endpoints: [String: Endpoint] = [:]
    private(set) var faults: [String: ConfigurationError] = [:]

    /// Settles providers.
    ///
    /// - Parameters:
    ///   - names: those that jobs name, or may name.
    ///   - options: say which of them `baseURL` is for.
    ///   - areNamed: whether the jobs name just these.
    init(
        _ names: [String], areNamed: Bool, _ options: BatchOptions, _ catalog: ProviderCatalog,
        _ environment: [String: String]
    ) throws(BatchError) {
        let moved = try Self.moved(names, areNamed: areNamed, options)
        let proxies = ProxySettings(environment: environment)
        for name in names {
            // The check of the lines has found them all.
            guard let provider = catalog[name] else { continue }
            do throws(ConfigurationError) {
                let endpoint = try Endpoint(
                    provider: provider, baseURL: name == moved ? options.baseURL : nil, environment: environment)
                try proxies.check(endpoint.origin)
                endpoints[name] = endpoint
            } catch {
                faults[name] = error
            }
        }
    }

    /// The provider that `baseURL` is for; nil for none.
    private static func moved(
        _ names: [String], areNamed: Bool, _ options: BatchOptions
    ) throws(BatchError) -> String? {
        guard options.baseURL != nil else { return nil }
        let ofModel = options.model.flatMap { model in names.first { model.hasPrefix($0 + "/") } }
        if let chosen = options.provider ?? (areNamed ? nil : ofModel) {
            // Left out in silence, the requests would go to the providers' own URLs.
            guard !areNamed || names.isEmpty || names.contains(chosen) else {
                throw BatchError(
                    .configuration, "baseURL is for '\(chosen)', and the jobs name \(names.joined(separator: ", "))")
            }
            return chosen
        }
        guard areNamed else { throw BatchError(.configuration, "baseURL needs provider: the jobs are not known yet") }
        guard names.count <= 1 else {
            throw BatchError(
                .configuration, "baseURL needs provider: the jobs name \(names.joined(separator: ", "))")
        }
        return names.first
    }

    /// Why a job cannot run; nil where it can.
    func fault(_ job: NewJob, _ options: BatchOptions, _ prices: PriceTable) -> ConfigurationError? {
        if let fault = faults[job.provider] { return fault }
        let lane = ModelName(provider: job.provider, model: job.model)
        return fault(of: [lane], options, prices)
    }

    /// Why jobs of these models cannot run as they are to; nil where they can.
    func fault(of models: [ModelName], _ options: BatchOptions, _ prices: PriceTable) -> ConfigurationError? {
        if let tier = options.serviceTier {
            let providers = Set(models.map(\.provider)).sorted().compactMap { endpoints[$0]?.provider }
            let fault = providers.lazy.compactMap { $0.fault(ofTier: tier, option: "serviceTier") }.first
            if let fault { return fault }
        }
        return options.maximumCost == nil
            ? nil : prices.fault(bounding: models, bound: "maximumCost", table: "prices")
    }

    /// Options to be stored, without the secrets of any provider.
    func redacted(_ options: JSONObject) -> String {
        let redact = { (text: String) in endpoints.values.reduce(text) { $1.redactor.redacted($0) } }
        return JSON.object(
            JSONObject(
                options.members.map { member in
                    .init(key: member.key, value: member.value.string.map { .string(redact($0)) } ?? member.value)
                })
        ).text
    }
}
