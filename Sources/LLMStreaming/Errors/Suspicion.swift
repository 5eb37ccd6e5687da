/// Whom an answer speaks against that may be of one odd job, or of every job alike.
///
/// One such answer proves nothing, since servers quote what a request said. Several in a row to different jobs do:
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
