/// What besides its tokens a request's price depends on.
package struct Billing: Sendable, Equatable {
    /// The service tier that served, and the one that was asked for, in the provider's words; nil where not told.
    package var servedTier: String?
    package var askedTier: String?
    /// When it is billed, in Unix milliseconds; nil for no off-peak hour.
    package var unixMilliseconds: Int64?
    /// Where its data stay.
    package var region: BillingRegion?

    package init(
        servedTier: String? = nil, askedTier: String? = nil, unixMilliseconds: Int64? = nil,
        region: BillingRegion? = nil
    ) {
        self.servedTier = servedTier
        self.askedTier = askedTier
        self.unixMilliseconds = unixMilliseconds
        self.region = region
    }
}

/// A host that costs more than the provider's common one.
package enum BillingRegion: Sendable, Hashable {
    /// OpenAI's hosts of a region: `eu`, `us`; `fedramp` is that of the government.
    case dataResidency(String)
    /// A Vertex endpoint that is not the global one.
    case vertex

    /// The region of a host; nil for a provider's common one.
    package init?(host: String) {
        let host = host.lowercased()
        switch host {
        case "eu.api.openai.com": self = .dataResidency("eu")
        case "us.api.openai.com": self = .dataResidency("us")
        case "gov.api.openai.com": self = .dataResidency("fedramp")
        case _ where host.hasSuffix("-aiplatform.googleapis.com") && !host.hasPrefix("global-"): self = .vertex
        default: return nil
        }
    }
}
