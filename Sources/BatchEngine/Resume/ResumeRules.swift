package import LLMStreaming

/// Which ways to use partial output a request allows, settled once from request, provider and policy (Contract,
/// "Going on from partial output").
package struct ResumeRules: Sendable, Equatable {
    /// Why the rest of a kept stream is not asked for; nil where it is.
    package private(set) var replayObstacle: String?
    /// Why partial text is not sent along to be continued; nil where it is.
    package private(set) var prefillObstacle: String?
    /// Why the model is not asked to go on; nil where it is.
    package private(set) var continueObstacle: String?
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
            replayObstacle = "resuming is switched off"
            prefillObstacle = replayObstacle
            continueObstacle = replayObstacle
            return
        }
        let obstacle = ResumeObstacle.ofRequest(content)
        replayObstacle = Self.replayObstacle(content, provider, policy)
        prefillObstacle = Self.prefillObstacle(content, model: model, provider: provider, policy: policy) ?? obstacle
        if isRefused, prefillObstacle == nil {
            prefillObstacle = "\(provider.name) refused to go on from partial text for this model"
        }
        continueObstacle = policy == .continue ? obstacle : "--resume continue is not given"
    }

    private static func replayObstacle(
        _ content: RequestContent, _ provider: Provider, _ policy: ResumePolicy
    ) -> String? {
        guard let form = provider.replay else { return "\(provider.name) keeps no streams" }
        if form == .response, content.dialect(at: provider) != .openAIResponses {
            return "\(provider.name) keeps streams of the Responses interface only"
        }
        if policy == .prefill || policy == .continue { return "--resume \(policy.rawValue) is given" }
        if policy == .auto, !provider.keepsStreams { return "\(provider.name) keeps streams with --resume replay only" }
        return ResumeObstacle.ofReplay(content)
    }

    private static func prefillObstacle(
        _ content: RequestContent, model: String, provider: Provider, policy: ResumePolicy
    ) -> String? {
        if content.dialect(at: provider) == .openAIResponses {
            return "the Responses interface cannot go on from partial text"
        }
        if provider.resume(for: model) == .none {
            let isOfModel = provider.modelResume != nil
            return "\(provider.name) cannot go on from partial text" + (isOfModel ? " with \(model)" : "")
        }
        if policy == .continue { return "--resume continue is given" }
        if policy != .prefill, !provider.isResumeCertain {
            return "\(provider.name) may not go on from partial text exactly: --resume prefill lets it try"
        }
        return nil
    }

    /// What is done with a partial answer, and why.
    ///
    /// A paused turn goes on under any policy: asked anew, the same request pauses again.
    package func choice(for partial: StoredPartial) -> (strategy: ResumeStrategy, reason: String) {
        if partial.answer.pausedTurn != nil { return (.turn, "\(provider) paused its turn, which goes on") }
        let answer = ResumeObstacle.ofKept(partial.answer)
        if replayObstacle == nil, partial.cursor != nil {
            if answer == nil { return (.replay, "\(provider) keeps the stream and sends the rest of it") }
        }
        let text = answer ?? ResumeObstacle.ofText(partial.answer)
        let short = text ?? ResumeObstacle.ofLength(partial.answer, minimumScalars: minimumPrefixScalars)
        if prefillObstacle == nil, short == nil {
            return (.prefill, "\(provider) continues a last assistant message")
        }
        if continueObstacle == nil, text == nil {
            return (.continue, "the model is asked to go on, as the user allows")
        }
        let isAsked = continueObstacle == nil || prefillObstacle == nil
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
