package import BatchEngine
import LLM4S
package import LLMStreaming

/// The providers of a run, settled: URL and key of each that can be used, and why another cannot.
package struct ProviderTable: Sendable {
    package private(set) var endpoints: [String: Endpoint] = [:]
    /// Why a provider cannot be used, by name.
    package private(set) var faults: [String: ConfigurationError] = [:]

    /// Settles providers.
    ///
    /// - Parameters:
    ///   - names: those that jobs name, or may name.
    ///   - moved: the one that has another URL, and this URL; see `BatchOptions.movedProvider`.
    ///   - catalog: where they are looked up.
    ///   - environment: the variables with URLs, keys and proxies.
    package init(
        _ names: [String], moved: (provider: String, url: String)?, catalog: ProviderCatalog,
        environment: [String: String]
    ) {
        let proxies = ProxySettings(environment: environment)
        for name in names {
            guard let provider = catalog[name] else {
                faults[name] = ConfigurationError("provider '\(name)' is not known; name it in the configuration file")
                continue
            }
            do throws(ConfigurationError) {
                let endpoint = try Endpoint(
                    provider: provider, baseURL: name == moved?.provider ? moved?.url : nil, environment: environment)
                try proxies.check(endpoint.origin)
                endpoints[name] = endpoint
            } catch {
                faults[name] = error
            }
        }
    }

    /// The providers that can be used.
    package var providers: [Provider] { endpoints.values.map(\.provider) }

    /// Checks that each of the providers can be used.
    package func check(_ names: [String]) throws(ConfigurationError) {
        if let fault = names.lazy.compactMap({ faults[$0] }).first { throw fault }
    }

    /// Why a job cannot run; nil where it can.
    package func fault(_ job: NewJob, _ options: BatchOptions, _ prices: PriceTable) -> ConfigurationError? {
        if let fault = faults[job.provider] { return fault }
        let model = ModelName(provider: job.provider, model: job.model)
        return options.fault(of: [model], prices) { endpoints[$0]?.provider }
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

extension BatchOptions {
    /// Why jobs of these models cannot run as they are to; nil where they can.
    ///
    /// - Parameter provider: finds a provider by its name.
    package func fault(
        of models: [ModelName], _ prices: PriceTable, provider: (String) -> Provider?
    ) -> ConfigurationError? {
        if let serviceTier {
            let providers = Set(models.map(\.provider)).sorted().compactMap(provider)
            let fault = providers.lazy.compactMap { $0.fault(ofTier: serviceTier, option: "--service-tier") }.first
            if let fault { return fault }
        }
        return maximumCost == nil
            ? nil : prices.fault(bounding: models, bound: "--max-cost", table: "--prices")
    }

    /// The provider that `baseURL` is for, with that URL: `provider`, else the only one that the jobs name; nil where
    /// there is no such URL.
    ///
    /// - Parameters:
    ///   - names: those that jobs name; nil where the jobs are not known yet.
    ///   - model: that of jobs that name none; decides where the jobs are not known.
    package func movedProvider(
        among names: [String]?, model: ModelName?
    ) throws(ConfigurationError) -> (provider: String, url: String)? {
        guard let baseURL else { return nil }
        if let chosen = provider ?? (names == nil ? model?.provider : nil) {
            // Left out in silence, the requests would go to the providers' own URLs.
            if let names, !names.isEmpty, !names.contains(chosen) {
                throw ConfigurationError(
                    "--base-url is for '\(chosen)', and the jobs name \(names.joined(separator: ", "))")
            }
            return (chosen, baseURL)
        }
        guard let names else {
            throw ConfigurationError("--base-url needs --provider: the jobs are not known yet")
        }
        guard names.count <= 1 else {
            throw ConfigurationError("--base-url needs --provider: the jobs name \(names.joined(separator: ", "))")
        }
        return names.first.map { ($0, baseURL) }
    }
}

extension Provider {
    /// Why a service tier cannot be asked for here, in whatever dialect; nil where it can.
    ///
    /// - Parameters:
    ///   - tier: in the provider's word.
    ///   - option: the name of the option that asks for it.
    func fault(ofTier tier: String, option: String) -> ConfigurationError? {
        guard let known = serviceTiers.map({ $0.isEmpty ? [] : $0 + responsesServiceTiers }), !known.contains(tier)
        else { return nil }
        return ConfigurationError(
            known.isEmpty
                ? "\(option): provider '\(name)' has no field for one"
                : "\(option) is one of \(known.joined(separator: ", ")) at provider '\(name)', not "
                    + tier.shortened(toBytes: 64))
    }
}
