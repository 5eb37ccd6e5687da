package import LLMStreaming

/// What the user lets a provider, or one of its models, be asked.
package struct ProviderLimits: Sendable, Equatable {
    /// The most streams open at once; nil for as many as the run may have.
    package var concurrency: Int?
    package var requestsPerMinute: Int?
    package var tokensPerMinute: Int?

    package init(concurrency: Int? = nil, requestsPerMinute: Int? = nil, tokensPerMinute: Int? = nil) {
        self.concurrency = concurrency
        self.requestsPerMinute = requestsPerMinute
        self.tokensPerMinute = tokensPerMinute
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
