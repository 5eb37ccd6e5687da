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

/// The service tiers that have prices of their own.
package enum PriceTier: String, Sendable, Hashable, CaseIterable {
    case standard, flex, balanced, priority, ultrafast, batch

    /// The tier that the end of a price's name tells.
    init?(suffix: Substring) {
        switch suffix {
        case "flex", "balanced", "priority", "ultrafast": self.init(rawValue: String(suffix))
        case "batches": self = .batch
        default: return nil
        }
    }

    /// The tier by which a request is billed: the one that served it, else the one that it asked for.
    ///
    /// Nil for a word whose price no table tells, such as OpenAI's `scale` or Groq's `performance`.
    package init?(served: String?, asked: String?) {
        let word = served.map { $0.lowercased() }
        switch word {
        case nil, "", "auto", "not_available":
            switch asked?.lowercased() {
            case nil, "auto": self = .standard
            case let asked?: self.init(word: asked)
            }
        case let word?: self.init(word: word)
        }
    }

    private init?(word: String) {
        switch word {
        case "", "default", "standard", "standard_only", "on_demand": self = .standard
        case "flex", "on_demand_flex": self = .flex
        case "balanced": self = .balanced
        case "priority", "fast", "on_demand_priority": self = .priority
        case "ultrafast": self = .ultrafast
        case "batch": self = .batch
        default: return nil
        }
    }
}
