package import LLMStreaming

/// How the next attempt of a job starts, and why so (Contract, "Going on from partial output").
package struct ResumePlan: Sendable, Equatable {
    /// Nil where there is nothing to go on from.
    package var strategy: ResumeStrategy?
    /// Why, as a sentence for `show`.
    package var reason: String
    /// The text that is sent along.
    package var prefix: String?
    /// The bound of what is left to write, where the request sets one.
    package var maximumTokens: Int?
    /// The message of a paused turn that is sent back as it is.
    package var turn: JSON?
    /// From where the rest of a kept stream is asked for; nil where a new one begins.
    package var cursor: ReplayCursor?
    /// Whether the kept response is looked at whole, because its stream cannot be had.
    package var isPoll = false
    /// Whether the new stream shall be kept, and how; nil where it ends with its connection.
    package var keeps: ReplayCursor.Form?
    /// What may be done with what this attempt leaves.
    package var rules: ResumeRules

    /// How many scalars of the joined partial text the prefix has; 0 for a response that comes whole.
    package var prefixScalars: Int? { isPoll ? 0 : prefix?.unicodeScalars.count }

    /// Whether the attempt goes on from kept text.
    package var goesOn: Bool {
        switch strategy {
        case .replay, .prefill, .continue, .turn: true
        case .restart, nil: false
        }
    }

    /// How the request asks the provider to go on; nil where it does not.
    package var continuation: Continuation? {
        if let turn { return .turn(turn) }
        guard let prefix else { return nil }
        return strategy == .continue ? .ask(after: prefix) : .prefill(prefix)
    }

    /// The plan for a request to a model of a provider.
    ///
    /// - Parameters:
    ///   - partial: what an earlier attempt left.
    ///   - isRefused: whether the provider refused to go on from partial text for this model in this run.
    package static func make(
        partial: StoredPartial?, content: RequestContent, model: String, provider: Provider, policy: ResumePolicy,
        isRefused: Bool
    ) -> ResumePlan {
        let rules = ResumeRules(content, model: model, provider: provider, policy: policy, isRefused: isRefused)
        var plan = ResumePlan(reason: "nothing was kept", rules: rules)
        plan.keeps = rules.allowsReplay ? provider.replay : nil
        guard let partial, !partial.isEmpty else { return plan }
        let (strategy, reason) = rules.choice(for: partial)
        plan.strategy = strategy
        plan.reason = reason
        switch strategy {
        case .replay:
            plan.cursor = partial.cursor
            plan.isPoll = partial.pollCount != nil
            plan.keeps = nil
        case .prefill, .continue:
            plan.prefix = prefix(of: partial.answer.text)
            // At each seam so far they may have been rounded up.
            let tokens = partial.tokens(ofScalars: plan.prefixScalars ?? 0) - max(0, partial.seams.count - 1)
            plan.maximumTokens = content.maximumTokens.map { max(minimumTokens, $0 - tokens) }
        case .turn: plan.turn = partial.answer.pausedTurn
        case .restart: break
        }
        return plan
    }

    /// The lowest bound of what is left to write: counted pieces are an estimate, and an estimate must not end a job.
    private static let minimumTokens = 16

    /// How many scalars before the end of a text white space is a good place to cut it; further back, too much would be
    /// lost.
    private static let window = 64

    /// The text up to the start of its last white space if that lies within the last 64 scalars, else the text less
    /// trailing white space: a word or number that was cut inside goes on wrongly (Provider facts, "Servers of
    /// others").
    static func prefix(of text: String) -> String {
        let scalars = text.unicodeScalars
        var end = scalars.endIndex
        while end > scalars.startIndex, scalars[scalars.index(before: end)].properties.isWhitespace {
            end = scalars.index(before: end)
        }
        guard end == scalars.endIndex else { return String(scalars[..<end]) }
        let lastWord = scalars.suffix(window).lastIndex { $0.properties.isWhitespace }
        guard var start = lastWord else { return text }
        while start > scalars.startIndex, scalars[scalars.index(before: start)].properties.isWhitespace {
            start = scalars.index(before: start)
        }
        let isWithin = scalars.distance(from: start, to: scalars.endIndex) <= window
        return isWithin ? String(scalars[..<start]) : text
    }
}

/// How an attempt relates to what earlier ones left (the column `attempts.resume_strategy`).
package enum ResumeStrategy: String, Sendable, Hashable, CaseIterable {
    /// The provider sends the rest of the same stream.
    case replay
    /// The partial text goes along as the last assistant message, and the provider continues it.
    case prefill
    /// The user asks the model to go on.
    case `continue`
    /// The answer starts anew; what came before stays in its attempt.
    case restart
    /// The provider paused its turn and asks for another request.
    case turn
}
