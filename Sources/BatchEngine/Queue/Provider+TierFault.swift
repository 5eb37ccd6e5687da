package import LLMStreaming

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
