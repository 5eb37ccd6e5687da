/// The body of a chat completion request (Provider facts, "Requests").
enum OpenAIChatRequest {
    static func body(
        _ conversation: Conversation, options: CompletionOptions, model: String, provider: Provider
    ) throws(LLMError) -> JSONObject {
        var body = JSONObject([
            .init(key: "model", value: .string(model)),
            .init(key: "messages", value: .array(conversation.messages.map(message))),
        ])
        for name in options.names {
            guard let value = options[name] else { continue }
            guard let member = try member(name, value: value, model: model, provider: provider) else {
                throw unsupported(name, provider)
            }
            // Effort and budget of thinking share an object.
            if let (key, value) = member { body[key] = body[key].map { merged($0, value) } ?? value }
        }
        return body
    }

    /// The error for an option that a provider has no field for, so that none is dropped in silence.
    static func unsupported(_ name: CompletionOptions.Name, _ provider: Provider) -> LLMError {
        LLMError(.invalidRequest, "option '\(name.rawValue)' has no field at provider '\(provider.name)'")
    }

    /// The body member of an option; nil where the provider has none, an empty pair where nothing is to be sent.
    private static func member(
        _ name: CompletionOptions.Name, value: JSON, model: String, provider: Provider
    ) throws(LLMError) -> (String, JSON)?? {
        if provider.missingOptions.contains(name) { return name == .n && value.int == 1 ? .some(nil) : .none }
        if let renamed = provider.renamedOptions[name] { return (renamed, value) }
        if name == .temperature || name == .topP, provider.samplingRefusal(for: model) != nil { return .some(nil) }
        switch name {
        case .temperature, .topP, .presencePenalty, .frequencyPenalty, .stop, .seed, .n, .tools, .toolChoice,
            .responseFormat:
            return (name.rawValue, value)
        case .serviceTier: return (name.rawValue, try provider.tier(value, in: .openAIChat))
        case .maxTokens:
            // A fine-tuned model is named after its base: "ft:gpt-6-luna:...".
            let base = model.hasPrefix("ft:") ? model.dropFirst(3) : model[...]
            let isRenamed = provider.maxCompletionTokensPrefixes.contains { base.hasPrefix($0) }
            return (isRenamed ? "max_completion_tokens" : "max_tokens", value)
        case .reasoning:
            switch provider.reasoningForm {
            case .effortOrDisabled where value == "none": return ("thinking", ["type": "disabled"])
            case .effort, .effortOrDisabled: return ("reasoning_effort", value)
            case .object: return ("reasoning", ["effort": value])
            }
        case .reasoningBudgetTokens:
            switch provider.reasoningForm {
            case .effort, .effortOrDisabled: return .none
            case .object: return ("reasoning", ["max_tokens": value])
            }
        case .api: return .some(nil)
        }
    }

    private static func merged(_ old: JSON, _ new: JSON) -> JSON {
        guard let old = old.object, let new = new.object else { return new }
        return .object(old.merging(new))
    }

    private static func message(_ message: Message) -> JSON {
        var object = JSONObject([.init(key: "role", value: .string(message.role.rawValue))])
        switch message.content {
        case .text(let text): object["content"] = .string(text)
        case .parts(let parts): object["content"] = .array(parts)
        case nil: object["content"] = .null
        }
        if let name = message.name { object["name"] = .string(name) }
        if !message.toolCalls.isEmpty { object["tool_calls"] = .array(message.toolCalls.map(\.json)) }
        if let id = message.toolCallID { object["tool_call_id"] = .string(id) }
        return .object(object.merging(message.otherMembers))
    }
}
