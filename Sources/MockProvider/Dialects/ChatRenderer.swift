/// Writes chunks of an OpenAI chat completion.
///
/// Provider facts, "Chat streams"; tests compare it with recorded streams.
struct ChatRenderer: AnswerRenderer {
    private let answer: Answer
    /// Whether the request asked for the usage chunk.
    private let reportsUsage: Bool
    private let errorForm: InBandErrorForm
    private let extras: ChatExtras?
    /// The beginning of every chunk, up to the choice's index.
    private let beforeChoice: String
    /// The text behind the delta of a choice that goes on.
    private let choiceEnd: String
    /// The text behind the choices.
    private let afterChoices: String

    init(answer: Answer, reportsUsage: Bool, behavior: MockBehavior) {
        self.answer = answer
        errorForm = behavior.errorForm
        extras = behavior.chatExtras
        // OpenRouter reports usage unasked, in a chunk of its own.
        self.reportsUsage = answer.reportsUsage && (reportsUsage || extras == .openrouter)
        choiceEnd =
            switch extras {
            case nil: #","logprobs":null,"finish_reason":null}"#
            case .openrouter: #","finish_reason":null,"native_finish_reason":null,"logprobs":null}"#
            case .azure: #","logprobs":null,"finish_reason":null,"content_filter_results":{}}"#
            }
        let head = JSON.object(Self.head(of: answer, object: "chat.completion.chunk", extras: extras)).text
        beforeChoice = "data: " + head.dropLast() + #","choices":["#
        afterChoices = reportsUsage && extras != .openrouter ? "],\"usage\":null}\n\n" : "]}\n\n"
    }

    private static func head(
        of answer: Answer, object: String, extras: ChatExtras?
    ) -> [(key: String, value: JSON)] {
        if extras == .openrouter {
            return [
                ("id", .string("gen-" + answer.id)), ("provider", "Mock"), ("model", .string(answer.model)),
                ("object", .string(object)), ("created", .number(String(answer.created))),
            ]
        }
        return [
            ("id", .string("chatcmpl-" + answer.id)), ("object", .string(object)),
            ("created", .number(String(answer.created))), ("model", .string(answer.model)),
            ("service_tier", "default"), ("system_fingerprint", "fp_mock"),
        ]
    }

    mutating func write(_ step: AnswerStep, to output: inout String) {
        switch step {
        case .open:
            if extras == .azure { output += Self.azureOpening }
            for (index, choice) in answer.choices.enumerated() {
                let content: JSON = if case .text = choice.content { "" } else { nil }
                writeDelta(["role": "assistant", "content": content, "refusal": nil], choice: index, to: &output)
            }
        case .reasoning(let text) where extras == .openrouter:
            let detail: JSON = ["type": "reasoning.text", "text": .string(text), "format": "unknown", "index": 0]
            writeDelta(
                ["role": "assistant", "content": "", "reasoning": .string(text), "reasoning_details": [detail]],
                choice: 0, to: &output)
        case .reasoning(let text): writeText(text, member: "reasoning_content", choice: 0, to: &output)
        case .text(let choice, let text): writeText(text, member: "content", choice: choice, to: &output)
        case .refusal(let choice, let text): writeText(text, member: "refusal", choice: choice, to: &output)
        case .toolCall(let choice, let call):
            let function: JSON = ["name": .string(call.name), "arguments": ""]
            writeToolCall(
                ["index": 0, "id": .string("call_" + call.id), "type": "function", "function": function],
                choice: choice, to: &output)
        case .toolArguments(let choice, let piece):
            writeToolCall(["index": 0, "function": ["arguments": .string(piece)]], choice: choice, to: &output)
        case .finish(let choice):
            writeDelta([:], choice: choice, finish: Self.name(of: answer.choices[choice].finish), to: &output)
        case .close:
            writeCloseWithoutDone(to: &output)
            output += "data: [DONE]\n\n"
        }
    }

    mutating func writeError(_ failure: ProviderFailure, withDone: Bool, to output: inout String) {
        let body = Dialect.chat.body(of: failure, requestID: answer.id)
        switch errorForm {
        case .nested, .flat, .failed, .both: output += "data: " + body.text
        case .field: output += "error: " + (body["error"] ?? nil).text
        case .named: output += "event: error\ndata: " + body.text
        case .raw: output += body.text
        case .chunk:
            let error: JSON = ["code": .number(String(failure.status)), "message": .string(failure.message)]
            output += beforeChoice + #"{"index":0,"delta":{"content":""},"finish_reason":"error"}],"error":"#
            output += error.text + "}"
        case .empty: output += beforeChoice + #"{"index":0,"delta":{},"finish_reason":null}]}"#
        }
        output += withDone ? "\n\ndata: [DONE]\n\n" : "\n\n"
    }

    mutating func writeCloseWithoutDone(to output: inout String) {
        guard reportsUsage else { return }
        output += beforeChoice
        if extras == .openrouter {
            output += #"{"index":0,"delta":{"role":"assistant","content":""}"# + choiceEnd
        }
        output += "],\"usage\":"
        output.appendJSON(usage)
        output += "}\n\n"
    }

    mutating func openText(to output: inout String) -> (before: String, after: String) {
        let before = beforeChoice + #"{"index":0,"delta":{"content":""#
        return (before, "\"}" + choiceEnd + afterChoices)
    }

    var completion: JSON {
        let choices = answer.choices.enumerated().map { index, choice -> JSON in
            [
                "index": .number(String(index)), "message": message(of: choice), "logprobs": nil,
                "finish_reason": .string(Self.name(of: choice.finish)),
            ]
        }
        var members = Self.head(of: answer, object: "chat.completion", extras: extras)
        let place = min(4, members.count)
        members.insert(("choices", .array(choices)), at: place)
        if answer.reportsUsage { members.insert(("usage", usage), at: place + 1) }
        return .object(members)
    }

    private func message(of choice: AnswerChoice) -> JSON {
        var content: JSON = nil
        var refusal: JSON = nil
        var calls: JSON?
        switch choice.content {
        case .text(let words): content = .string(words.whole)
        case .refusal(let words): refusal = .string(words.whole)
        case .toolCall(let call):
            let function: JSON = ["name": .string(call.name), "arguments": .string(call.arguments)]
            calls = [["id": .string("call_" + call.id), "type": "function", "function": function]]
        }
        var members: [(key: String, value: JSON)] = [("role", "assistant"), ("content", content), ("refusal", refusal)]
        if let reasoning = answer.reasoning { members.append(("reasoning_content", .string(reasoning.whole))) }
        if let calls { members.append(("tool_calls", calls)) }
        return .object(members)
    }

    private var usage: JSON {
        var members: [(key: String, value: JSON)] = [
            ("prompt_tokens", .number(String(answer.promptTokens))),
            ("completion_tokens", .number(String(answer.completionTokens))),
            ("total_tokens", .number(String(answer.promptTokens + answer.completionTokens))),
            (
                "prompt_tokens_details",
                ["cached_tokens": .number(String(answer.cachedPromptTokens)), "audio_tokens": 0]
            ),
            (
                "completion_tokens_details",
                [
                    "reasoning_tokens": .number(String(answer.reasoningTokens)), "audio_tokens": 0,
                    "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
                ]
            ),
        ]
        if extras == .openrouter { members += [("cost", .number(cost)), ("is_byok", false)] }
        return .object(members)
    }

    /// A dollar for a million tokens of prompts, two dollars for a million of answers.
    private var cost: String {
        let millionths = answer.promptTokens + 2 * answer.completionTokens
        let fraction = String(millionths % 1_000_000)
        return "\(millionths / 1_000_000)." + String(repeating: "0", count: 6 - fraction.utf8.count) + fraction
    }

    private static func name(of finish: AnswerChoice.Finish) -> String {
        switch finish {
        case .stop, .refusal: "stop"
        case .length: "length"
        case .contentFilter: "content_filter"
        case .toolCalls: "tool_calls"
        }
    }

    private func writeToolCall(_ call: JSON, choice: Int, to output: inout String) {
        writeDelta(["tool_calls": [call]], choice: choice, to: &output)
    }

    private func writeDelta(_ delta: JSON, choice: Int, finish: String? = nil, to output: inout String) {
        output += beforeChoice
        output += "{\"index\":\(choice),\"delta\":\(delta.text)"
        if let finish {
            output += choiceEnd.replacing("finish_reason\":null", with: "finish_reason\":\"\(finish)\"")
        } else {
            output += choiceEnd
        }
        output += afterChoices
    }

    /// Azure's first chunk.
    private static let azureOpening =
        #"data: {"choices":[],"created":0,"id":"","model":"","object":"","#
        + #""prompt_filter_results":[{"prompt_index":0,"content_filter_results":{}}]}"# + "\n\n"

    /// Writes nearly every chunk, without making a JSON value.
    private func writeText(_ text: String, member: String, choice: Int, to output: inout String) {
        output += beforeChoice
        output += "{\"index\":\(choice),\"delta\":{\"\(member)\":"
        output.appendJSONString(text)
        output += "}"
        output += choiceEnd
        output += afterChoices
    }
}
