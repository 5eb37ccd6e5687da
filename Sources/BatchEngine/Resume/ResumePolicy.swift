package import LLMStreaming

/// What the user allows to be done with partial output (`--resume`, the job's field `resume`; SPEC 8).
package enum ResumePolicy: String, Sendable, Hashable, CaseIterable {
    /// The first way that is certain to be exact: replay, prefill, restart.
    case auto
    /// The provider is told to keep streams, and sends the rest of one that broke; else as with `auto`.
    case replay
    /// The partial text goes along, also where the provider may not continue it exactly.
    case prefill
    /// The model is asked to go on, which changes the conversation.
    case `continue`
    /// Every answer starts anew.
    case restart
}

extension ResumePolicy {
    /// Why a provider cannot do this for a model, with what it can do; nil where it can.
    ///
    /// - Parameter dialect: of the request; nil where that is not known.
    package func fault(at provider: Provider, model: String, dialect: Dialect? = nil) -> String? {
        if isAvailable(at: provider, model, dialect) { return nil }
        let possible = Self.allCases.filter { $0.isAvailable(at: provider, model, dialect) }.map(\.rawValue)
        return "'\(rawValue)' is not possible for \(provider.name)/\(model); possible there: "
            + possible.joined(separator: ", ")
    }

    private func isAvailable(at provider: Provider, _ model: String, _ dialect: Dialect?) -> Bool {
        switch self {
        case .auto, .continue, .restart: true
        case .prefill: provider.resume(for: model) != .none && dialect != .openAIResponses
        case .replay:
            switch provider.replay {
            case .conversation: true
            case .response: dialect == nil || dialect == .openAIResponses
            case nil: false
            }
        }
    }
}
