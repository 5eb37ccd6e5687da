/// From what a job asks to a provider's body: a pure function, so that `run` and `resume` send the same bytes.
///
/// ```swift
/// let request = try RequestEncoder.encode(
///     .conversation(conversation, CompletionOptions(), extraBody: JSONObject()), model: client.model,
///     provider: client.endpoint.provider)
/// print(String(decoding: request.body, as: UTF8.self))
/// ```
public enum RequestEncoder {
    /// The request for a model of a provider.
    ///
    /// - Parameters:
    ///   - content: the conversation or body.
    ///   - model: the model, as the provider calls it.
    ///   - provider: who is asked.
    ///   - continuation: partial text that the model shall go on from, and how it is told to.
    ///   - maximumTokens: replaces the request's own bound, where that is set (what is left of it in a resume).
    ///   - kept: where the stream begins, if its server is to keep it.
    /// - Throws: `LLMError` of kind `invalid_request` where the content does not fit the dialect.
    public static func encode(
        _ content: RequestContent, model: String, provider: Provider, continuation: Continuation? = nil,
        maximumTokens: Int? = nil, kept: ReplayCursor? = nil
    ) throws(LLMError) -> ProviderRequest {
        let dialect = content.dialect(at: provider)
        var body: JSONObject
        var takenOut: Set<String> = []
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
                    try OpenAIChatRequest.body(conversation, options: options, model: model, provider: provider)
                case .openAIResponses:
                    try OpenAIResponsesRequest.body(conversation, options: options, model: model, provider: provider)
                case .anthropicMessages:
                    try AnthropicMessagesRequest.body(conversation, options: options, model: model, provider: provider)
                }
            body = body.merging(extra)
            // What the user takes out is out, ours and theirs: a server that refuses a member refuses null too.
            takenOut = Set(extra.members.filter(\.value.isNull).map(\.key))
            for name in takenOut { body[name] = nil }
        }
        switch continuation {
        case .prefill(let text): prefill(text, into: &body, dialect: dialect, model: model, provider: provider)
        case .ask(let text):
            append(
                [answer(text, dialect), .object(message("user", Continuation.question(after: text)))], to: &body,
                dialect)
        case .turn(let message): append([message], to: &body, dialect)
        case .correct(let wrong, let request):
            append([answer(wrong, dialect), .object(message("user", request))], to: &body, dialect)
        case nil: break
        }
        if let maximumTokens {
            for name in RequestContent.boundMembers where body[name] != nil {
                body[name] = .int(maximumTokens)
            }
        }
        body["stream"] = true
        if dialect != .anthropicMessages, !takenOut.contains("stream_options") {
            let ours = dialect == .openAIChat ? provider.streamOptions : provider.responsesStreamOptions
            let options = (body["stream_options"]?.object ?? JSONObject()).merging(ours)
            body["stream_options"] = options.isEmpty ? nil : .object(options)
        }
        if kept?.form == .response { keep(&body, provider) }
        var request = ProviderRequest(
            body: JSON.object(body).bytes, choices: content.choices, dialect: dialect, model: model)
        request.kept = kept
        if case .prefill = continuation { request.isPrefilled = true }
        request.notes = notes(of: content, dialect: dialect, model: model, provider: provider)
        return request
    }

    /// Has a response made in the background, so that its stream can be asked for again
    /// (Provider facts, "Resuming a stream").
    private static func keep(_ body: inout JSONObject, _ provider: Provider) {
        body["background"] = true
        // Where a response need not be stored for it, it is stored no longer than it takes.
        if body["store"] == nil { body["store"] = .bool(provider.storesBackgroundResponses) }
    }

    private static func prefill(
        _ text: String, into body: inout JSONObject, dialect: Dialect, model: String, provider: Provider
    ) {
        var last = message("assistant", text)
        switch provider.resume(for: model) {
        case .prefix: last["prefix"] = true
        case .continueFinalMessage where dialect == .openAIChat:
            body["continue_final_message"] = true
            body["add_generation_prompt"] = false
        case .continueFinalMessage, .assistant, .none: break
        }
        for member in provider.prefix.members.members where body[member.key] == nil { body[member.key] = member.value }
        append([.object(last)], to: &body, .openAIChat)
    }

    private static func append(_ added: [JSON], to body: inout JSONObject, _ dialect: Dialect) {
        guard dialect == .openAIResponses else {
            body["messages"] = .array((body["messages"]?.array ?? []) + added)
            return
        }
        // The input may be one text, which is a message of the user's.
        let input = body["input"]?.string.map { [JSON.object(message("user", $0))] } ?? body["input"]?.array
        body["input"] = .array((input ?? []) + added)
    }

    /// An earlier answer in the form of a dialect.
    private static func answer(_ text: String, _ dialect: Dialect) -> JSON {
        dialect == .openAIResponses
            ? OpenAIResponsesRequest.answer(.text(text)) : .object(message("assistant", text))
    }

    private static func message(_ role: String, _ text: String) -> JSONObject {
        JSONObject([.init(key: "role", value: .string(role)), .init(key: "content", value: .string(text))])
    }

    /// What a conversation asks for and is not sent, with the reason.
    private static func notes(
        of content: RequestContent, dialect: Dialect, model: String, provider: Provider
    ) -> [String] {
        guard case .conversation(let conversation, let options, _) = content else { return [] }
        var notes: [String] = []
        if dialect != .openAIChat, conversation.messages.contains(where: { $0.name != nil && $0.role != .tool }) {
            notes.append("the names of messages were left out: \(dialect.rawValue) has no field for them")
        }
        if dialect != .openAIResponses, let reason = provider.samplingRefusal(for: model) {
            for name in options.names where name == .temperature || name == .topP {
                notes.append("option '\(name.rawValue)' was left out: \(reason)")
            }
        }
        return notes
    }
}
