/// Writes the events of an Anthropic message.
///
/// Provider facts, "Messages streams"; tests compare it with recorded streams.
struct MessagesRenderer: AnswerRenderer {
    /// The kinds of content block.
    private enum BlockKind {
        case thinking, text, toolUse
    }

    private let answer: Answer
    /// The block that is open, if any.
    private var openBlock: (index: Int, kind: BlockKind)?
    private var nextIndex = 0

    init(answer: Answer) {
        self.answer = answer
    }

    mutating func write(_ step: AnswerStep, to output: inout String) {
        switch step {
        case .open:
            writeEvent("message_start", [("message", message(content: [], isFinished: false))], to: &output)
        case .reasoning(let text):
            open(.thinking, ["type": "thinking", "thinking": "", "signature": ""], to: &output)
            writeDelta("thinking_delta", member: "thinking", text, to: &output)
        case .text(_, let text), .refusal(_, let text):
            open(.text, ["type": "text", "text": ""], to: &output)
            writeDelta("text_delta", member: "text", text, to: &output)
        case .toolCall(_, let call):
            open(.toolUse, Self.toolUse(call, input: [:]), to: &output)
        case .toolArguments(_, let piece):
            writeDelta("input_json_delta", member: "partial_json", piece, to: &output)
        case .finish:
            closeBlock(to: &output)
            var delta = [("delta", JSON.object(stop))]
            if answer.reportsUsage { delta.append(("usage", usage)) }
            writeEvent("message_delta", delta, to: &output)
        case .close:
            writeEvent("message_stop", [], to: &output)
        }
    }

    mutating func writeError(_ failure: ProviderFailure, withDone: Bool, to output: inout String) {
        output += "event: error\ndata: "
        output.appendJSON(Dialect.messages.body(of: failure, requestID: "req_" + answer.id))
        output += withDone ? "\n\ndata: [DONE]\n\n" : "\n\n"
    }

    /// A message ends with its terminator alone.
    mutating func writeCloseWithoutDone(to output: inout String) {}

    mutating func openText(to output: inout String) -> (before: String, after: String) {
        open(.text, ["type": "text", "text": ""], to: &output)
        var before = ""
        writeDeltaHead("text_delta", member: "text", to: &before)
        return (before + "\"", "\"}}\n\n")
    }

    var completion: JSON {
        var content: [JSON] = []
        if let reasoning = answer.reasoning {
            content.append([
                "type": "thinking", "thinking": .string(reasoning.whole), "signature": .string(signature),
            ])
        }
        switch answer.choices[0].content {
        case .text(let words), .refusal(let words): content.append(["type": "text", "text": .string(words.whole)])
        case .toolCall(let call): content.append(Self.toolUse(call, input: call.input))
        }
        return message(content: content, isFinished: true)
    }

    private func message(content: [JSON], isFinished: Bool) -> JSON {
        var members: [(key: String, value: JSON)] = [
            ("model", .string(answer.model)), ("id", .string("msg_" + answer.id)), ("type", "message"),
            ("role", "assistant"), ("content", .array(content)),
        ]
        members += isFinished ? stop : [("stop_reason", nil), ("stop_sequence", nil), ("stop_details", nil)]
        if answer.reportsUsage { members.append(("usage", isFinished ? usage : usage(outputTokens: 1))) }
        return .object(members)
    }

    private var stop: [(key: String, value: JSON)] {
        switch answer.choices[0].finish {
        case .refusal, .contentFilter:
            let details: JSON = ["type": "refusal", "category": nil, "explanation": nil]
            return [("stop_reason", "refusal"), ("stop_sequence", nil), ("stop_details", details)]
        case .stop: return [("stop_reason", "end_turn"), ("stop_sequence", nil), ("stop_details", nil)]
        case .length: return [("stop_reason", "max_tokens"), ("stop_sequence", nil), ("stop_details", nil)]
        case .toolCalls: return [("stop_reason", "tool_use"), ("stop_sequence", nil), ("stop_details", nil)]
        }
    }

    /// The usage of the whole message; the stream's last one is cumulative and equal to it.
    private var usage: JSON { usage(outputTokens: answer.completionTokens) }

    private func usage(outputTokens: Int) -> JSON {
        [
            // Those that were cached are not among the input tokens.
            "input_tokens": .number(String(answer.promptTokens - answer.cachedPromptTokens)),
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": .number(String(answer.cachedPromptTokens)),
            "output_tokens": .number(String(outputTokens)),
        ]
    }

    private var signature: String { "mock" + answer.id }

    private static func toolUse(_ call: ToolCall, input: JSON) -> JSON {
        ["type": "tool_use", "id": .string("toolu_" + call.id), "name": .string(call.name), "input": input]
    }

    /// Starts a block of this kind unless it is open already; a ping follows the first.
    private mutating func open(_ kind: BlockKind, _ block: JSON, to output: inout String) {
        guard openBlock?.kind != kind else { return }
        closeBlock(to: &output)
        writeEvent("content_block_start", [("index", index(nextIndex)), ("content_block", block)], to: &output)
        if nextIndex == 0 { writeEvent("ping", [], to: &output) }
        openBlock = (nextIndex, kind)
        nextIndex += 1
    }

    private mutating func closeBlock(to output: inout String) {
        guard let block = openBlock else { return }
        if block.kind == .thinking {
            writeDelta("signature_delta", member: "signature", signature, to: &output)
        }
        writeEvent("content_block_stop", [("index", index(block.index))], to: &output)
        openBlock = nil
    }

    private func index(_ index: Int) -> JSON { .number(String(index)) }

    private func writeEvent(
        _ type: String, _ members: [(key: String, value: JSON)], to output: inout String
    ) {
        output += "event: \(type)\ndata: "
        output.appendJSON(.object([("type", .string(type))] + members))
        output += "\n\n"
    }

    /// Writes nearly every event, without making a JSON value.
    private func writeDelta(
        _ type: String, member: String, _ text: String, to output: inout String
    ) {
        writeDeltaHead(type, member: member, to: &output)
        output.appendJSONString(text)
        output += "}}\n\n"
    }

    private func writeDeltaHead(_ type: String, member: String, to output: inout String) {
        output += "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":"
        output += "\(openBlock?.index ?? 0),\"delta\":{\"type\":\"\(type)\",\"\(member)\":"
    }
}
