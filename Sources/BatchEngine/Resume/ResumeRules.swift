package import LLMStreaming

/// Which ways to use partial output a request allows, settled once from request, provider and policy (Contract,
/// "Going on from partial output").
package struct ResumeRules: Sendable, Equatable {
    /// Why something is not done: where it can be in words that need no memory, since each open stream keeps its rules.
    private enum Reason: Equatable {
        case words(String)
        /// Words that follow the provider's name.
        case provider(String)
    }

    /// Whether the rest of a kept stream is asked for.
    package private(set) var allowsReplay = false
    /// What stands against sending partial text along to be continued.
    private var prefill: Reason?
    /// Whether the model may be asked to go on.
    private var allowsAsking = false
    private let provider: String
    /// The fewest scalars of a prefix that distinguish a new beginning from the rest; 1 where that is not needed.
    private let minimumPrefixScalars: Int

    /// The rules for a request to a model of a provider.
    ///
    /// - Parameter isRefused: whether the provider refused to go on from partial text for this model in this run.
    package init(
        _ content: RequestContent, model: String, provider: Provider, policy: ResumePolicy, isRefused: Bool
    ) {
        self.provider = provider.name
        // A user who asks for a prefill takes the risk; a provider that always echoes shows where its echo ends.
        let isRiskTaken = policy == .prefill || provider.echoesPrefix
        minimumPrefixScalars = isRiskTaken ? 1 : AnswerJoiner.restartScalars
        if policy == .restart {
            prefill = .words("resuming is switched off")
            return
        }
        let obstacle = ResumeObstacle.ofRequest(content).map(Reason.words)
        allowsReplay = Self.allowsReplay(content, provider, policy)
        prefill = Self.prefillObstacle(content, model: model, provider: provider, policy: policy) ?? obstacle
        if isRefused, prefill == nil {
            prefill = .provider("refused to go on from partial text for this model")
        }
        allowsAsking = policy == .continue && obstacle == nil
    }

    private static func allowsReplay(_ content: RequestContent, _ provider: Provider, _ policy: ResumePolicy) -> Bool {
        let hasForm =
            switch provider.replay {
            case .conversation: true
            case .response: content.dialect(at: provider) == .openAIResponses
            case nil: false
            }
        let isWanted =
            switch policy {
            case .replay: true
            case .auto: provider.keepsStreams
            case .prefill, .continue, .restart: false
            }
        return hasForm && isWanted && ResumeObstacle.ofReplay(content) == nil
    }

    private static func prefillObstacle(
        _ content: RequestContent, model: String, provider: Provider, policy: ResumePolicy
    ) -> Reason? {
        if content.dialect(at: provider) == .openAIResponses {
            return .words("the Responses interface cannot go on from partial text")
        }
        if provider.resume(for: model) == .none {
            let words = "cannot go on from partial text"
            return .provider(provider.modelResume == nil ? words : "\(words) with \(model)")
        }
        if policy == .continue { return .words("--resume continue is given") }
        if policy != .prefill, !provider.isResumeCertain {
            return .provider("may not go on from partial text exactly: --resume prefill lets it try")
        }
        return nil
    }

    /// Why partial text is not sent along to be continued; nil where it is.
    package var prefillObstacle: String? {
        switch prefill {
        case .words(let words): words
        case .provider(let words): "\(provider) \(words)"
        case nil: nil
        }
    }

    /// What is done with a partial answer, and why.
    ///
    /// A paused turn goes on under any policy: asked anew, the same request pauses again.
    package func choice(for partial: StoredPartial) -> (strategy: ResumeStrategy, reason: String) {
        if partial.answer.pausedTurn != nil { return (.turn, "\(provider) paused its turn, which goes on") }
        let answer = ResumeObstacle.ofKept(partial.answer)
        if allowsReplay, partial.cursor != nil {
            if answer == nil { return (.replay, "\(provider) keeps the stream and sends the rest of it") }
        }
        let text = answer ?? ResumeObstacle.ofText(partial.answer)
        let short = text ?? ResumeObstacle.ofLength(partial.answer, minimumScalars: minimumPrefixScalars)
        if prefill == nil, short == nil {
            return (.prefill, "\(provider) continues a last assistant message")
        }
        if allowsAsking, text == nil {
            return (.continue, "the model is asked to go on, as the user allows")
        }
        let isAsked = allowsAsking || prefill == nil
        return (.restart, (isAsked ? short : nil) ?? prefillObstacle ?? "nothing was kept")
    }
}

/// What the user allows to be done with partial output (`--resume`, the job's field `resume`).
package enum ResumePolicy: String, Sendable, Hashable, CaseIterable {
    /// The first way that is certain to be exact, of replay, prefill and restart.
    case auto
    /// The provider is told to keep streams, and sends the rest of one that broke; otherwise as with `auto`.
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
