import LLMStreaming

/// Why an answer cannot be gone on from and must start anew, in words (Contract, "Going on from partial output").
enum ResumeObstacle {
    /// What stands in a request against sending partial text along, or asking to go on from it.
    static func ofRequest(_ content: RequestContent) -> String? {
        if content.choices > 1 { return severalAnswers }
        if endsWithAssistant(content) { return "the conversation itself ends with an assistant message" }
        return ofMembers(content.members)
    }

    /// What stands in a request against reading the rest of its stream: only what cannot be joined.
    static func ofReplay(_ content: RequestContent) -> String? {
        if content.choices > 1 { return severalAnswers }
        let asksForProbabilities = content.members.members.contains {
            probabilities.contains($0.key) && isSet($0.value)
        }
        return asksForProbabilities ? logProbabilities : nil
    }

    /// What stands in the kept answer against going on from it in any way.
    static func ofKept(_ answer: PartialAnswer) -> String? {
        if answer.choices.count > 1 { return severalAnswers }
        guard let choice = answer.choices.first else { return nil }
        if choice.hasToolCall || !choice.toolCalls.isEmpty { return "a tool call had begun" }
        if !choice.refusal.isEmpty { return "a refusal had begun" }
        return nil
    }

    /// What stands in the kept answer against going on from its text.
    static func ofText(_ answer: PartialAnswer) -> String? {
        guard let choice = answer.choices.first, !choice.text.isEmpty else { return "no text was kept" }
        if choice.hasOpenReasoning || !choice.reasoning.isEmpty { return "the model was thinking" }
        if ResumePlan.prefix(of: choice.text).isEmpty { return "the kept text is too short" }
        return nil
    }

    /// What stands in the length of the kept text against sending it along: behind a prefix of fewer scalars a new
    /// beginning cannot be told from the rest, and the first words would stand twice.
    static func ofLength(_ answer: PartialAnswer, minimumScalars: Int) -> String? {
        let isLongEnough =
            ResumePlan.prefix(of: answer.text).unicodeScalars.prefix(minimumScalars).count >= minimumScalars
        return isLongEnough ? nil : "the kept text is too short to tell a new beginning from its rest"
    }

    private static let severalAnswers = "more than one answer was asked for"
    private static let logProbabilities = "log probabilities were asked for"

    private static func ofMembers(_ members: JSONObject) -> String? {
        if let format = members["response_format"], !format.isNull, format["type"] != "text" {
            return "the output is constrained to JSON"
        }
        for member in members.members where isSet(member.value) {
            if constraints.contains(member.key) { return "the output is constrained (\(member.key))" }
            if probabilities.contains(member.key) { return logProbabilities }
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
