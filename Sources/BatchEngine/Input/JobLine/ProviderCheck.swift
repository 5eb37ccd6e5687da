import LLMStreaming

/// Whether a provider has a form for a request; what it has none for is a fault, not dropped in silence.
///
/// The encoder knows that best, but to ask it is to make a body. So it is asked only about options that a provider may
/// refuse, and about messages that a dialect may refuse.
enum ProviderCheck {
    /// Adds a fault for everything in a request that the provider has no field for.
    static func check(
        _ content: RequestContent, of model: ModelName, at provider: Provider, faults: inout LineFaults
    ) {
        guard case .conversation(let conversation, let options, _) = content else { return }
        let dialect = content.dialect(at: provider)
        // What an option or a message may be depends on the interface that is asked.
        var interface = CompletionOptions()
        interface[.api] = options[.api]
        guard provider.speaks(dialect) else {
            if let reason = refusal(of: interface, model: model, at: provider) { faults.add(reason) }
            return
        }
        // The encoder stops at the first option without a field; the report names all.
        var reasons: [String] = []
        for option in options.names where !isSettled(option, in: dialect, at: provider) {
            var single = interface
            single[option] = options[option]
            if let reason = refusal(of: single, model: model, at: provider), !reasons.contains(reason) {
                reasons.append(reason)
            }
        }
        for reason in reasons { faults.add(reason) }
        guard conversation.messages.contains(where: { $0.mayBeRefused(in: dialect) }) else { return }
        if let reason = refusal(of: interface, conversation: conversation, model: model, at: provider) {
            faults.add(reason)
        }
    }

    /// Whether a provider has a field for an option whatever its value; a test compares this with the encoder.
    static func isSettled(_ option: CompletionOptions.Name, in dialect: Dialect, at provider: Provider) -> Bool {
        switch dialect {
        case .openAIChat:
            switch option {
            case _ where provider.missingOptions.contains(option): false
            case .serviceTier: false
            case .reasoningBudgetTokens: provider.reasoningForm == .object
            default: true
            }
        case .openAIResponses:
            switch option {
            case .temperature, .topP, .maxTokens, .tools, .responseFormat, .reasoning, .api: true
            default: false
            }
        case .anthropicMessages:
            switch option {
            case .temperature, .topP, .maxTokens, .stop, .reasoningBudgetTokens: true
            default: false
            }
        }
    }

    /// Why the encoder does not take such a request; nil where it does.
    private static func refusal(
        of options: CompletionOptions, conversation: Conversation = [], model: ModelName, at provider: Provider
    ) -> String? {
        do throws(LLMError) {
            _ = try RequestEncoder.encode(
                .conversation(conversation, options, extraBody: JSONObject()), model: model.model, provider: provider)
            return nil
        } catch {
            return error.message
        }
    }
}

extension Message {
    /// Whether it has what a dialect may have no form for.
    ///
    /// Chat completions are our own form; text is said the same everywhere.
    fileprivate func mayBeRefused(in dialect: Dialect) -> Bool {
        switch dialect {
        case .openAIChat: return false
        case .openAIResponses:
            return role == .function || !otherMembers.isEmpty || toolCalls.contains { !$0.otherMembers.isEmpty }
        case .anthropicMessages:
            if case .parts = content { return true }
            return role == .function || !toolCalls.isEmpty || !otherMembers.isEmpty
        }
    }
}
