package import BatchEngine
import LLM4S
package import LLMStreaming

/// The providers of a run, settled: URLs and keys of each that can be used, and why another cannot.
package struct ProviderTable: Sendable {
    /// The endpoints of each that can be used.
    package private(set) var pools: [String: EndpointPool] = [:]
    /// Why a provider cannot be used, by name.
    package private(set) var faults: [String: ConfigurationError] = [:]
    /// Why a weight counts for nothing; nil where each is that of an endpoint.
    private var weightFault: ConfigurationError?

    /// Settles providers.
    ///
    /// - Parameters:
    ///   - names: those that jobs name, or may name.
    ///   - moved: the one that has other URLs, and these; see `BatchOptions.movedProvider`.
    ///   - weights: of endpoints, by URL.
    ///   - catalog: where they are looked up.
    ///   - environment: the variables with URLs, keys and proxies.
    package init(
        _ names: [String], moved: (provider: String, urls: [String])?, weights: [String: Double] = [:],
        catalog: ProviderCatalog, environment: [String: String]
    ) {
        let proxies = ProxySettings(environment: environment)
        for name in names {
            guard let provider = catalog[name] else {
                faults[name] = ConfigurationError("provider '\(name)' is not known; name it in the configuration file")
                continue
            }
            do throws(ConfigurationError) {
                let pool = try EndpointPool(
                    provider: provider, baseURLs: name == moved?.provider ? moved?.urls ?? [] : [], weights: weights,
                    environment: environment)
                for member in pool.members { try proxies.check(member.endpoint.origin) }
                pools[name] = pool
            } catch {
                faults[name] = error
            }
        }
        weightFault = fault(in: weights, environment)
    }

    /// Where all endpoints are.
    package var origins: [Origin] { pools.values.flatMap { $0.members.map(\.endpoint.origin) } }

    /// The providers that can be used.
    package var providers: [Provider] { pools.values.map(\.provider) }

    /// What was given twice and is left out, in sentences.
    package var warnings: [String] { pools.sorted { $0.key < $1.key }.flatMap(\.value.warnings) }

    /// Checks that each of the providers can be used, and that each weight is that of an endpoint.
    package func check(_ names: [String]) throws(ConfigurationError) {
        if let fault = names.lazy.compactMap({ faults[$0] }).first { throw fault }
        if let weightFault { throw weightFault }
    }

    /// The URLs that are named where one is none of them, at most.
    private static let mostNamed = 10

    private func fault(in weights: [String: Double], _ environment: [String: String]) -> ConfigurationError? {
        let pools = pools.sorted { $0.key < $1.key }.map(\.value)
        let stray = weights.keys.sorted().first { url in
            !pools.contains { $0.contains(url, environment: environment) }
        }
        guard let stray else { return nil }
        // What is no URL may hold a password.
        let shown = Origin.split(url: stray).map { "\($0.origin)\($0.path)" } ?? "its URL"
        let known = pools.flatMap(\.urls)
        let rest = known.count - Self.mostNamed
        return ConfigurationError(
            "--weight: \(shown) is no endpoint of the run; known: "
                + known.prefix(Self.mostNamed).joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : ""))
    }

    /// Why a job cannot run; nil where it can.
    package func fault(_ job: NewJob, _ options: BatchOptions, _ prices: PriceTable) -> ConfigurationError? {
        if let fault = faults[job.provider] { return fault }
        let model = ModelName(provider: job.provider, model: job.model)
        return options.fault(of: [model], prices) { pools[$0]?.provider }
    }

    /// Options to be stored, without the secrets of any provider.
    func redacted(_ options: JSONObject) -> String {
        let redactors = pools.values.flatMap { $0.members.map(\.endpoint.redactor) }
        func redacted(_ value: JSON) -> JSON {
            switch value {
            case .string(let text): .string(redactors.reduce(text) { $1.redacted($0) })
            case .array(let values): .array(values.map(redacted))
            default: value
            }
        }
        return JSON.object(
            JSONObject(options.members.map { .init(key: $0.key, value: redacted($0.value)) })
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

    /// The provider that `baseURLs` are for, with these: `provider`, else the only one that the jobs name; nil where
    /// there are none.
    ///
    /// - Parameters:
    ///   - names: those that jobs name; nil where the jobs are not known yet.
    ///   - model: that of jobs that name none; decides where the jobs are not known.
    package func movedProvider(
        among names: [String]?, model: ModelName?
    ) throws(ConfigurationError) -> (provider: String, urls: [String])? {
        guard !baseURLs.isEmpty else { return nil }
        if let chosen = provider ?? (names == nil ? model?.provider : nil) {
            // Left out in silence, the requests would go to the providers' own URLs.
            if let names, !names.isEmpty, !names.contains(chosen) {
                throw ConfigurationError(
                    "--base-url is for '\(chosen)', and the jobs name \(names.joined(separator: ", "))")
            }
            return (chosen, baseURLs)
        }
        guard let names else {
            throw ConfigurationError("--base-url needs --provider: the jobs are not known yet")
        }
        guard names.count <= 1 else {
            throw ConfigurationError("--base-url needs --provider: the jobs name \(names.joined(separator: ", "))")
        }
        return names.first.map { ($0, baseURLs) }
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
