/// The response object of the Responses API with its output items, in any state.
struct ResponsesObject {
    let answer: Answer
    /// Whether the run never leaves the queue.
    let staysQueued: Bool

    var id: String { "resp_" + answer.id }
    var reasoningID: String { "rs_" + answer.id }
    /// The id of the message or call.
    var contentID: String { (call == nil ? "msg_" : "fc_") + answer.id }

    /// The only choice's call, if it is one.
    var call: ToolCall? {
        if case .toolCall(let call) = answer.choices[0].content { call } else { nil }
    }

    /// The only choice's text or refusal.
    var text: String {
        switch answer.choices[0].content {
        case .text(let words), .refusal(let words): words.whole
        case .toolCall: ""
        }
    }

    /// The last status of a run that does not fail.
    var finalStatus: String { incompleteReason == nil ? "completed" : "incomplete" }

    private var incompleteReason: String? {
        switch answer.choices[0].finish {
        case .length: "max_output_tokens"
        case .contentFilter: "content_filter"
        case .stop, .toolCalls, .refusal: nil
        }
    }

    /// The object with a status; only a final one has output and usage.
    func snapshot(status: String, error: JSON = nil) -> JSON {
        let isFinal = status == finalStatus
        let details: JSON = isFinal ? incompleteReason.map { ["reason": .string($0)] } ?? nil : nil
        let output: [JSON] = answer.reasoning == nil ? [] : [reasoningItem(isDone: true)]
        return .object([
            ("id", .string(id)), ("object", "response"), ("created_at", .number(String(answer.created))),
            ("status", .string(status)), ("background", .bool(answer.isBackground)), ("error", error),
            ("incomplete_details", details), ("instructions", nil), ("max_output_tokens", nil),
            ("model", .string(answer.model)),
            ("output", isFinal ? .array(output + [contentItem(isDone: true)]) : []), ("parallel_tool_calls", true),
            ("previous_response_id", nil), ("reasoning", ["effort": nil, "summary": nil]),
            ("service_tier", "default"), ("store", true), ("temperature", 1),
            ("text", ["format": ["type": "text"]]), ("tool_choice", "auto"), ("tools", []), ("top_p", 1),
            ("truncation", "disabled"), ("usage", isFinal && answer.reportsUsage ? usage : nil), ("user", nil),
            ("metadata", [:]),
        ])
    }

    func reasoningItem(isDone: Bool) -> JSON {
        let part: JSON = ["type": "summary_text", "text": .string(answer.reasoning?.whole ?? "")]
        return ["id": .string(reasoningID), "type": "reasoning", "summary": isDone ? [part] : []]
    }

    /// The message or call.
    func contentItem(isDone: Bool) -> JSON {
        let status = JSON.string(isDone ? finalStatus : "in_progress")
        if let call {
            return [
                "id": .string(contentID), "type": "function_call", "status": status,
                "arguments": .string(isDone ? call.arguments : ""), "call_id": .string("call_" + call.id),
                "name": .string(call.name),
            ]
        }
        return [
            "id": .string(contentID), "type": "message", "status": status,
            "content": isDone ? [part(isDone: true)] : [],
            "role": "assistant",
        ]
    }

    /// The message's only part.
    func part(isDone: Bool) -> JSON {
        let text = JSON.string(isDone ? self.text : "")
        if case .refusal = answer.choices[0].content { return ["type": "refusal", "refusal": text] }
        return ["type": "output_text", "annotations": [], "logprobs": [], "text": text]
    }

    private var usage: JSON {
        [
            "input_tokens": .number(String(answer.promptTokens)),
            "input_tokens_details": ["cached_tokens": .number(String(answer.cachedPromptTokens))],
            "output_tokens": .number(String(answer.completionTokens)),
            "output_tokens_details": ["reasoning_tokens": .number(String(answer.reasoningTokens))],
            "total_tokens": .number(String(answer.promptTokens + answer.completionTokens)),
        ]
    }
}
