/// Whether a trailing assistant message is continued: the rule of the imitated provider, then the behaviour's option.
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
            // Its Messages know no flag, and start again.
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

    /// What is done where no provider is imitated: each provider's way of asking is granted.
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

    /// False for names of Anthropic's models from 4.6 on, such as `claude-opus-4-6` or `claude-fable-5-1`.
    ///
    /// The first number of at most two digits is the version, the next one its minor version; a longer one is a date.
    static func takesPrefill(model: String) -> Bool {
        let parts = model.split(separator: "/").last?.split(separator: "-") ?? []
        guard parts.first == "claude" else { return true }
        let numbers = parts.drop { Int($0) == nil }.prefix(2).compactMap { $0.utf8.count <= 2 ? Int($0) : nil }
        guard let major = numbers.first else { return !parts.contains { $0.hasPrefix("mythos") } }
        return major < 4 || major == 4 && (numbers.count < 2 || numbers[1] <= 5)
    }
}
