/// Whom an error speaks against that may be of one odd job, or of every job alike.
///
/// One such error proves nothing, since servers quote what a request said. Several in a row to different jobs do:
/// then the others would fail the same way.
package enum Suspicion: Sendable, Hashable {
    /// The key, the account, the address, or what stands on the way to it.
    case provider
    /// The model, as it is named or as the key may use it.
    case model
}

extension LLMError {
    /// Whom the error speaks against; nil where it is of its job, or of a passing fault.
    package var suspicion: Suspicion? {
        let words = message.lowercased()
        switch kind {
        case .permission, .redirect, .tls: return .provider
        case .quota: return httpStatus == 402 ? .provider : nil
        // A proxy that wants other credentials, or forbids the way.
        case .proxy: return shouldRetry == false ? .provider : nil
        // A gateway may have it of one of those behind it.
        case .auth: return (httpStatus ?? 0) >= 500 ? .provider : nil
        case .decode: return ErrorPhrases.areForeign(words) ? .provider : nil
        case .invalidRequest:
            if httpStatus.map(Self.pathFaults.contains) ?? false { return .provider }
            if ErrorPhrases.blameAddress(words) || ErrorPhrases.areForeign(words) { return .provider }
            return ErrorPhrases.blameModel(words) ? .model : nil
        // A network that wants a login first.
        case .server where httpStatus == 511: return .provider
        case .server, .overloaded:
            if ErrorPhrases.areOfMissingModel(words) { return .model }
            return ErrorPhrases.blameAddress(words) ? .provider : nil
        default: return nil
        }
    }

    /// What a server says whose path, method or protocol is not this one.
    private static let pathFaults: Set<Int> = [405, 406, 410, 411, 414, 415, 417, 421, 426, 451, 501]
}

extension LLMError {
    /// The code of a refusal for want of capacity in a service tier, where the provider gives none.
    package static let fullTierCode = "tier_capacity"

    /// This error as the refusal of a service tier that has no capacity now; nil where it is something else.
    ///
    /// OpenAI sends 429 for it on flex, Gemini 503 or 429, Groq 498: a refusal for the caller's own limits or for an
    /// empty account says so in its code or its words.
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
