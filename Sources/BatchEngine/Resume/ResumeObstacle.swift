import LLMStreaming

/// Why an answer cannot be gone on from and must start anew, in words (SPEC 8).
enum ResumeObstacle {
    /// What stands against it in the request, whatever is kept of its answer.
    static func ofRequest(
        _ content: RequestContent, provider: Provider, policy: ResumePolicy, isRefused: Bool
    ) -> String? {
        if policy == .restart { return "resuming is switched off" }
        if content.dialect(at: provider) == .openAIResponses {
            return "the Responses interface cannot go on from partial text"
        }
        if provider.resume == .none { return "\(provider.name) cannot go on from partial text" }
        if isRefused { return "\(provider.name) refused to go on from partial text for this model" }
        if content.choices > 1 { return "more than one answer was asked for" }
        if endsWithAssistant(content) { return "the conversation itself ends with an assistant message" }
        return ofMembers(content.members)
    }

    /// What stands against it in the kept answer.
    static func ofAnswer(_ answer: PartialAnswer) -> String? {
        guard let choice = answer.choices.first, !choice.text.isEmpty else { return "no text was kept" }
        if answer.choices.count > 1 { return "more than one answer was asked for" }
        if choice.hasToolCall || !choice.toolCalls.isEmpty { return "a tool call had begun" }
        if !choice.refusal.isEmpty { return "a refusal had begun" }
        if choice.hasOpenReasoning || !choice.reasoning.isEmpty { return "the model was thinking" }
        if ResumePlan.prefix(of: choice.text).isEmpty { return "the kept text is too short" }
        return nil
    }

    private static func ofMembers(_ members: JSONObject) -> String? {
        if let format = members["response_format"], !format.isNull, format["type"] != "text" {
            return "the output is constrained to JSON"
        }
        for member in members.members where isSet(member.value) {
            if constraints.contains(member.key) { return "the output is constrained (\(member.key))" }
            if probabilities.contains(member.key) { return "log probabilities were asked for" }
            if thinking.contains(member.key) { return "thinking is enabled" }
        }
        if members["chat_template_kwargs"]?["enable_thinking"] == true { return "thinking is enabled" }
        return nil
    }

    private static func isSet(_ value: JSON) -> Bool {
        switch value {
        case .null, .bool(false), .number("0"), "none", "disabled": false
        case .object(let object): object["type"] != "disabled"
        default: true
        }
    }

    /// Members of vLLM's, SGLang's and llama.cpp's bodies that restart the constrained text at its root.
    private static let constraints: Set = [
        "guided_json", "guided_regex", "guided_choice", "guided_grammar", "structured_outputs", "grammar",
        "json_schema", "regex", "ebnf",
    ]

    private static let probabilities: Set = ["logprobs", "top_logprobs"]

    private static let thinking: Set = ["reasoning", "reasoning_effort", "reasoning_budget_tokens", "thinking"]

    private static func endsWithAssistant(_ content: RequestContent) -> Bool {
        switch content {
        case .conversation(let conversation, _, _): conversation.messages.last?.role == .assistant
        case .body(let body, _): body["messages"]?.array?.last?["role"] == "assistant"
        }
    }
}
