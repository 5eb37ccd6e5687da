package import LLMStreaming

/// The service tiers of a model that have no capacity: since when, and whether its other requests are answered.
struct FullTiers: Sendable {
    private struct Tier: Sendable {
        let since: Duration
        /// Whether a request that did not ask for it was answered since.
        var areOthersAnswered = false
    }

    /// By name, those without an answer since a refusal.
    private var tiers: [String: Tier] = [:]

    /// Records a refusal for want of capacity.
    ///
    /// - Returns: since when there is none, and whether others are answered.
    mutating func refused(_ tier: String, at now: Duration) -> (since: Duration, areOthersAnswered: Bool) {
        let known = tiers[tier.lowercased()] ?? Tier(since: now)
        tiers[tier.lowercased()] = known
        return (known.since, known.areOthersAnswered)
    }

    /// Records that a request was answered.
    ///
    /// - Parameter tier: the one that it asked for.
    mutating func answered(_ tier: String?) {
        guard !tiers.isEmpty else { return }
        if let tier { tiers[tier.lowercased()] = nil }
        for name in tiers.keys { tiers[name]?.areOthersAnswered = true }
    }
}

extension Provider {
    /// Why a service tier cannot be asked for here, in whatever dialect; nil where it can.
    ///
    /// - Parameters:
    ///   - tier: in the provider's word.
    ///   - option: the name of the option that asks for it.
    package func fault(ofTier tier: String, option: String) -> ConfigurationError? {
        guard let known = serviceTiers.map({ $0.isEmpty ? [] : $0 + responsesServiceTiers }), !known.contains(tier)
        else { return nil }
        return ConfigurationError(
            known.isEmpty
                ? "\(option): provider '\(name)' has no field for one"
                : "\(option) is one of \(known.joined(separator: ", ")) at provider '\(name)', not "
                    + tier.shortened(toBytes: 64))
    }
}
