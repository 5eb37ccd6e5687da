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
}
