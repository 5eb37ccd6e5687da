/// From what a job asks to a provider's body: a pure function, so that `run` and `resume` send the same bytes.
public enum RequestEncoder {
    /// The request for a model of a provider.
    ///
    /// - Parameters:
    ///   - prefix: partial text that the provider shall go on from, as its `resume` capability says.
    ///   - maximumTokens: replaces the request's own bound, where that is set (what is left of it in a resume).
    /// - Throws: `LLMError` of kind `invalid_request` where the content does not fit the dialect.
    public static func encode(
        _ content: RequestContent, model: String, provider: Provider, prefix: String? = nil, maximumTokens: Int? = nil
    ) throws(LLMError) -> ProviderRequest {
        let dialect = content.dialect(at: provider)
        var body: JSONObject
        switch content {
        case .body(let given, let dialect):
            guard provider.speaks(dialect) else {
                throw LLMError(
                    .invalidRequest, "a body of \(dialect.rawValue) cannot go to provider '\(provider.name)'")
            }
            body = given
            if body["model"] == nil { body["model"] = .string(model) }
        case .conversation(let conversation, let options, let extra):
            guard provider.speaks(dialect) else { throw OpenAIChatRequest.unsupported(.api, provider) }
            body =
                switch dialect {
                case .openAIChat:
                    try OpenAIChatRequest.body(conversation, options, model: model, provider: provider)
                case .openAIResponses:
                    try OpenAIResponsesRequest.body(conversation, options, model: model, provider: provider)
                case .anthropicMessages:
                    try AnthropicMessagesRequest.body(conversation, options, model: model, provider: provider)
                }
            body = body.merging(extra)
        }
        if let prefix { append(prefix, to: &body, provider) }
        if let maximumTokens {
            for name in RequestContent.boundMembers where body[name] != nil {
                body[name] = .int(maximumTokens)
            }
        }
        body["stream"] = true
        if dialect != .anthropicMessages {
            let ours = dialect == .openAIChat ? provider.streamOptions : provider.responsesStreamOptions
            let options = (body["stream_options"]?.object ?? JSONObject()).merging(ours)
            body["stream_options"] = options.isEmpty ? nil : .object(options)
        }
        return ProviderRequest(
            body: JSON.object(body).bytes, choices: content.choices, dialect: dialect, model: model)
    }

    private static func append(_ prefix: String, to body: inout JSONObject, _ provider: Provider) {
        var message: JSONObject = JSONObject([
            .init(key: "role", value: "assistant"), .init(key: "content", value: .string(prefix)),
        ])
        switch provider.resume {
        case .prefix: message["prefix"] = true
        case .continueFinalMessage:
            body["continue_final_message"] = true
            body["add_generation_prompt"] = false
        case .assistant, .none: break
        }
        body["messages"] = .array((body["messages"]?.array ?? []) + [.object(message)])
    }
}
