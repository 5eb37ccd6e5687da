package import BatchEngine
package import BatchStore
package import LLM4S
package import LLMStreaming

// What each part of a run takes of the options: the command makes the same of its own.
extension BatchOptions {
    /// How jobs are read.
    package func reading(
        _ catalog: ProviderCatalog, _ environment: [String: String]
    ) throws(ConfigurationError) -> InputReading {
        let named = environment["LLM_MODEL"].flatMap { $0.isEmpty ? nil : $0 }
        let defaults = try InputDefaults(
            catalog: catalog, model: model ?? named, provider: provider, openAIBaseURL: environment["OPENAI_BASE_URL"],
            resume: resumePolicy)
        return InputReading(
            parser: JobLineParser(defaults: defaults), maximumLineBytes: maximumLineBytes, skipsInvalid: skipsInvalid)
    }

    /// What the engine keeps to, but for what earlier runs have spent.
    package func runConfiguration(_ providers: [Provider], _ table: PriceTable) -> RunConfiguration {
        var configuration = RunConfiguration()
        configuration.concurrency = concurrency
        configuration.limits = limits(of: providers)
        configuration.prices = table
        configuration.outageTimeout = outageTimeout
        configuration.drainTimeout = drainTimeout
        configuration.maximumJobs = maximumJobs
        configuration.failsFast = failsFast
        configuration.resume = resumePolicy
        configuration.serviceTier = serviceTier
        if timeouts.firstToken != StreamTimeouts().firstToken { configuration.flexFirstToken = nil }
        configuration.retry.maximumAttempts = maximumAttempts
        return configuration
    }

    /// How the database is kept.
    package var storeOptions: StoreOptions {
        var store = StoreOptions()
        store.chunks =
            switch chunks {
            case .all: .all
            case .partial: .partial
            case .none: .none
            }
        store.durability = durability == .full ? .full : .normal
        return store
    }

    /// How servers are reached.
    package func transportConfiguration(_ environment: [String: String]) -> TransportConfiguration {
        var configuration = TransportConfiguration(environment: environment, caFile: caFile)
        configuration.trustsCAFileOnly = trustsCAFileOnly
        configuration.timeouts = timeouts
        configuration.limits.maximumEventBytes = maximumEventBytes
        configuration.clientCertificate = clientCertificate
        configuration.clientKey = clientKey
        return configuration
    }

    /// What becomes of jobs whose ids are stored with other requests.
    package var changedJobPolicy: ChangedJobPolicy {
        switch changedJobs {
        case .error: .error
        case .replace: .replace
        case .keep: .keep
        }
    }

    private var resumePolicy: ResumePolicy {
        switch resume {
        case .auto: .auto
        case .replay: .replay
        case .prefill: .prefill
        case .continue: .continue
        case .restart: .restart
        }
    }

    private func limits(of providers: [Provider]) -> [String: ProviderLimits] {
        let bounded = providers.map { provider in
            var provider = provider
            provider.requestsPerMinute = requestsPerMinute ?? provider.requestsPerMinute
            provider.tokensPerMinute = tokensPerMinute ?? provider.tokensPerMinute
            return provider
        }
        return ProviderLimits.table(of: bounded, concurrency: concurrencyPerProvider)
    }
}
