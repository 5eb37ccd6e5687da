/// Where an answer begins: what the request's last messages ask for, and what the behaviour makes of it.
///
/// Provider facts, "Resuming a stream"; Provider facts, "Servers of others".
struct Continuation {
    /// How the rest of the text is joined to the text that is there already.
    enum Joint: Sendable {
        case exact
        case echo
        case dropSpace
        case doubleSpace
        /// These last words before the seam are repeated.
        case overlap(words: Int)
    }

    /// The user message that is answered.
    let userText: String
    /// The text that is there already, and how the rest joins it; nil where the answer begins at its start.
    let rest: (prefix: String, joint: Joint)?

    init(of source: AnswerSource) throws(ProviderFailure) {
        let body = source.body
        if let last = body.trailingAssistant {
            userText = body.question
            let grant = PrefillGrant(body: body, last: last, dialect: source.dialect, modelName: source.modelName)
            let joint = try grant.joint(for: source.behavior)
            rest = joint.map { (last.text, $0) }
        } else if let asked = source.unfinishedTurn {
            switch source.behavior.seam {
            case .anew: (userText, rest) = (body.lastUserText, nil)
            case .whole: (userText, rest) = (asked.userText, nil)
            case .bare: (userText, rest) = (asked.userText, (asked.partial, .dropSpace))
            case .words(0): (userText, rest) = (asked.userText, (asked.partial, .exact))
            case .words(let words): (userText, rest) = (asked.userText, (asked.partial, .overlap(words: words)))
            }
        } else {
            (userText, rest) = (body.question, nil)
        }
    }

    /// The words of a text that are sent: all of them, unless the text begins with the prefix.
    func words(of text: AnswerText) -> AnswerWords {
        guard let rest, let words = AnswerWords(text, after: rest.prefix) else { return AnswerWords(text) }
        return switch rest.joint {
        case .exact: words
        case .echo: words.echoing(rest.prefix)
        case .dropSpace: words.droppingFirstSpace()
        case .doubleSpace: words.doublingFirstSpace()
        case .overlap(let count): words.repeating(lastWords: count)
        }
    }
}

extension AnswerSource {
    /// The turn before the last user message, if the assistant's message in it is a part of the mock's own answer.
    ///
    /// A whole answer is not unfinished: the user message after it is a new question.
    var unfinishedTurn: (userText: String, partial: String)? {
        let turn = body.turns.suffix(3)
        guard turn.map(\.role) == ["user", "assistant", "user"], body.correctionMessages(in: body.turns[...]) == 0
        else { return nil }
        let partial = turn[turn.startIndex + 1].text
        let userText = body.question(in: body.turns.dropLast(2))
        // An earlier attempt may have been spoilt in another way than this one.
        let isPart = [wrong, behavior.fault.wrong].contains { way in
            let text = spoiling(way).text(answering: userText)
            return (AnswerWords(text, after: partial)?.count ?? 0) > 0
        }
        return isPart && !partial.isEmpty ? (userText, partial) : nil
    }
}

/// Whether a trailing assistant message is continued: by the rule of the imitated provider, then by the behaviour's option.
struct PrefillGrant {
    let body: AnswerRequest
    let last: RequestMessage
    let dialect: Dialect
    let modelName: String

    /// How the answer joins the message; nil when it starts again.
    func joint(for behavior: MockBehavior) throws(ProviderFailure) -> Continuation.Joint? {
        let prefill: Prefill
        if let provider = behavior.imitates {
            let granted = try self.prefill(of: provider)
            prefill = granted == .restart ? .restart : behavior.prefill ?? granted
        } else {
            prefill = behavior.prefill ?? unboundPrefill
        }
        if prefill == .restart { return nil }
        if prefill == .refuse { throw Self.refusal }
        if body.turns.dropLast().last?.role == "assistant" {
            throw ProviderFailure(
                status: 400, message: "Cannot have 2 or more assistant messages at the end of the list.")
        }
        return switch prefill {
        case .echo: .echo
        case .dropSpace: .dropSpace
        case .doubleSpace: .doubleSpace
        case .continue, .restart, .refuse: .exact
        }
    }

    private func prefill(of provider: ImitatedProvider) throws(ProviderFailure) -> Prefill {
        switch provider {
        case .openai: return .restart
        case .llamacpp:
            guard !body.isThinking else {
                throw ProviderFailure(
                    status: 400, message: "Assistant response prefill is incompatible with enable_thinking.")
            }
            return .continue
        case .vllm:
            // Its Messages API has no such flag and starts again.
            guard body.continue_final_message == true, dialect == .chat else { return .restart }
            guard body.add_generation_prompt == false else {
                throw ProviderFailure(status: 400, message: RequestCheck.bothFlags)
            }
            return .continue
        case .deepseek: return last.prefix == true ? .continue : .restart
        case .mistral:
            guard last.prefix == true else {
                throw ProviderFailure(
                    status: 400,
                    message: "Expected last role User or Tool (or Assistant with prefix True) for serving "
                        + "but got assistant")
            }
            return .echo
        case .anthropic: return Self.takesPrefill(model: modelName) ? .continue : .refuse
        }
    }

    /// The rule where no provider is imitated: each provider's way of asking is granted.
    private var unboundPrefill: Prefill {
        switch dialect {
        case .messages: Self.takesPrefill(model: modelName) ? .continue : .refuse
        case .chat: body.continue_final_message == true || last.prefix == true ? .continue : .restart
        case .responses: .restart
        }
    }

    private static let refusal = ProviderFailure(
        status: 400,
        message: "This model does not support assistant message prefill. "
            + "The conversation must end with a user message.")

    /// Whether a model continues a trailing assistant message: Anthropic's do not from 4.6 on, such as `claude-opus-4-6`.
    ///
    /// The first number of at most two digits is the version, the next one the minor version; a longer one is a date.
    static func takesPrefill(model: String) -> Bool {
        let parts = model.split(separator: "/").last?.split(separator: "-") ?? []
        guard parts.first == "claude" else { return true }
        let numbers = parts.drop { Int($0) == nil }.prefix(2).compactMap { $0.utf8.count <= 2 ? Int($0) : nil }
        guard let major = numbers.first else { return !parts.contains { $0.hasPrefix("mythos") } }
        return major < 4 || major == 4 && (numbers.count < 2 || numbers[1] <= 5)
    }
}
