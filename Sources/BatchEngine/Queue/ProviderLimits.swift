package import LLMStreaming

/// What the user lets a provider, or one of its models, be asked.
package struct ProviderLimits: Sendable, Equatable {
    /// The most streams open at once; nil for as many as the run may have.
    package var concurrency: Int?
    package var requestsPerMinute: Int?
    package var tokensPerMinute: Int?
    /// Whether its rate is learnt from its refusals; not so only where both are compared.
    package var learnsRate: Bool

    package init(
        concurrency: Int? = nil, requestsPerMinute: Int? = nil, tokensPerMinute: Int? = nil, learnsRate: Bool = true
    ) {
        self.concurrency = concurrency
        self.requestsPerMinute = requestsPerMinute
        self.tokensPerMinute = tokensPerMinute
        self.learnsRate = learnsRate
    }

    /// A rate a minute; nil where there is none.
    package func perMinute(_ resource: RateLimit.Resource) -> Int? {
        resource == .requests ? requestsPerMinute : tokensPerMinute
    }

    /// Sets a rate a minute, of requests or else of tokens; nil takes it away.
    package mutating func set(_ resource: RateLimit.Resource, perMinute: Int?) {
        if resource == .requests { requestsPerMinute = perMinute } else { tokensPerMinute = perMinute }
    }

    /// What of them is a worker's share, at least one a minute: the streams are its own.
    package func share(_ share: WorkerShare) -> ProviderLimits {
        func part(_ count: Int) -> Int { max(1, Int(Double(count) * share.part)) }
        var own = self
        own.requestsPerMinute = requestsPerMinute.map(part)
        own.tokensPerMinute = tokensPerMinute.map(part)
        return own
    }

    /// The bounds of the providers of a run, by name.
    ///
    /// - Parameters:
    ///   - providers: with the bounds of each.
    ///   - concurrency: by provider or `provider/model`; goes before a provider's own.
    package static func table(of providers: [Provider], concurrency: [String: Int]) -> [String: ProviderLimits] {
        var limits: [String: ProviderLimits] = [:]
        for provider in providers {
            limits[provider.name] = ProviderLimits(
                concurrency: provider.concurrency, requestsPerMinute: provider.requestsPerMinute,
                tokensPerMinute: provider.tokensPerMinute)
        }
        for (name, count) in concurrency { limits[name, default: ProviderLimits()].concurrency = count }
        return limits
    }
}
