extension Provider {
    /// The words for service tiers that a request in a dialect may hold; nil where they are not known, and any goes.
    public func serviceTiers(in dialect: Dialect) -> [String]? {
        guard let serviceTiers, dialect == .openAIResponses else { return serviceTiers }
        return serviceTiers.isEmpty ? [] : serviceTiers + responsesServiceTiers
    }

    /// The member's value for a service tier.
    ///
    /// - Throws: kind `invalid_request` where the provider has no field for it, or no such tier.
    func tier(_ value: JSON, in dialect: Dialect) throws(LLMError) -> JSON {
        guard let known = serviceTiers(in: dialect) else { return value }
        guard !known.isEmpty else { throw OpenAIChatRequest.unsupported(.serviceTier, self) }
        guard let word = value.string, known.contains(word) else {
            throw LLMError(
                .invalidRequest,
                "option 'service_tier' is one of \(known.joined(separator: ", ")) at provider '\(name)', not "
                    + "\(value.text.shortened(toBytes: 64))")
        }
        return value
    }
}
