/// The checks by which a provider refuses a request whose JSON it could read.
///
/// They are as strict as the real providers' are known to be, so that a client's requests are tested too. Provider facts,
/// "Requests"; Provider facts, "Resuming a stream".
enum RequestCheck {
    /// Why a request is refused; nil where it is not.
    static func objection(to body: AnswerRequest, dialect: Dialect, request: MockRequest) -> String? {
        if dialect == .responses, let objection = responsesObjection(to: body) { return objection }
        if dialect != .responses, body.messages == nil { return "messages: Field required" }
        guard !body.turns.isEmpty else { return "messages: at least one message is required" }
        if body.tokenLimit < 1 { return "max_tokens: must be greater than or equal to 1" }
        return switch dialect {
        case .chat: chatObjection(to: body)
        case .messages: messagesObjection(to: body, request: request)
        case .responses: nil
        }
    }

    private static func chatObjection(to body: AnswerRequest) -> String? {
        let roles = ["system", "developer", "user", "assistant", "tool", "function"]
        if let index = body.turns.firstIndex(where: { !roles.contains($0.role) }) {
            return "Invalid value: '\(body.turns[index].role)' at messages[\(index)].role"
        }
        if !(1...128).contains(body.n ?? 1) { return "Invalid 'n': must be from 1 to 128" }
        if body.continue_final_message == true, body.add_generation_prompt == true {
            return bothFlags
        }
        if body.turns.dropLast().contains(where: { $0.prefix == true }) || body.turns.last?.isBadPrefix == true {
            return "prefix: only the last message can be one, and it must be the assistant's"
        }
        return nil
    }

    /// Why vLLM refuses to continue a message and to begin a new one.
    static let bothFlags = "Cannot set both `continue_final_message` and `add_generation_prompt` to True."

    private static func responsesObjection(to body: AnswerRequest) -> String? {
        if body.messages != nil {
            return "Unsupported parameter: 'messages'. In the Responses API, this parameter has moved to 'input'."
        }
        if body.max_tokens != nil || body.max_completion_tokens != nil {
            return "Unsupported parameter: 'max_tokens'. In the Responses API, it is 'max_output_tokens'."
        }
        if body.n != nil { return "Unknown parameter: 'n'." }
        if body.stream_options?.include_usage != nil { return "Unknown parameter: 'stream_options.include_usage'." }
        guard let limit = body.max_output_tokens, limit < 16 else { return nil }
        return
            "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got \(limit) instead."
    }

    private static func messagesObjection(to body: AnswerRequest, request: MockRequest) -> String? {
        guard let version = request.header("anthropic-version") else { return "anthropic-version: header is required" }
        guard body.max_tokens != nil else { return "max_tokens: Field required" }
        if version >= "2026-10-21", body.temperature != nil || body.top_p != nil || body.top_k != nil {
            return "temperature, top_p and top_k are not supported in this API version"
        }
        if body.n != nil { return "n: Extra inputs are not permitted" }
        if body.stream_options != nil { return "stream_options: Extra inputs are not permitted" }
        if let message = body.turns.first(where: { $0.role != "user" && $0.role != "assistant" }) {
            return "messages: Unexpected role \"\(message.role)\""
        }
        if body.turns.contains(where: { $0.content?.hasEmptyText ?? true }) {
            return "messages: text content blocks must be non-empty"
        }
        guard let last = body.trailingAssistant else { return nil }
        if body.isThinking {
            return "messages: a final assistant message must start with a thinking block when thinking is enabled"
        }
        return last.text.last?.isWhitespace == true
            ? "messages: final assistant content cannot end with trailing whitespace" : nil
    }
}
