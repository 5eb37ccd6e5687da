extension LLMError {
    /// The code of a refusal for want of capacity in a service tier, where the provider gives none.
    package static let fullTierCode = "tier_capacity"

    /// This error as the refusal of a service tier that has no capacity now; nil where it is something else.
    ///
    /// OpenAI answers 429 for it on flex, Gemini 503 or 429, Groq 498: what the caller's own limits or an empty account
    /// are answered with says so in its code or its words.
    ///
    /// - Parameter tier: the one that was asked for.
    package func refusing(_ tier: String?) -> LLMError? {
        guard let tier, httpStatus == 498 || tier.lowercased() == "flex" else { return nil }
        switch (httpStatus, kind) {
        case (498, .overloaded), (503, .overloaded), (503, .server): break
        case (429, .rateLimit), (429, .overloaded):
            let word = code?.lowercased() ?? ""
            guard !Self.ratePhrases.contains(where: word.contains), !ErrorPhrases.speakOfRate(message.lowercased())
            else { return nil }
        default: return nil
        }
        var error = self
        error.kind = .overloaded
        error.code = code ?? Self.fullTierCode
        error.message = "service tier '\(tier)' has no capacity now: \(message)"
        return error
    }

    /// What the codes of the caller's own limits hold.
    private static let ratePhrases = ["rate_limit", "ratelimit", "tokens", "requests", "quota"]
}
