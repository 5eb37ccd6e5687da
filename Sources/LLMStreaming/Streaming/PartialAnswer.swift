/// An answer as far as it came: the column `partial` of an attempt that did not complete (The database, "Tables").
public struct PartialAnswer: Sendable, Equatable {
    /// One of the answers.
    public struct Choice: Sendable, Equatable {
        /// Its number, from 0.
        public var index: Int
        /// The text so far.
        public var text: String
        /// The thinking so far.
        public var reasoning: String
        /// The refusal so far.
        public var refusal: String
        /// The tool calls so far; the last one's arguments may be unfinished.
        public var toolCalls: [ToolCall]
        /// Whether a tool call or another block than text and thinking had begun.
        public var hasToolCall: Bool
        /// Whether thinking had begun and no text followed it yet.
        public var hasOpenReasoning: Bool
        /// The message so far of a turn that the provider paused (`pause_turn`); nil for any other end.
        ///
        /// Sent back as it is, the turn goes on.
        public var pausedTurn: JSON?

        /// A choice; what is left out is not there.
        package init(
            index: Int, text: String, reasoning: String = "", refusal: String = "", toolCalls: [ToolCall] = [],
            hasToolCall: Bool = false, hasOpenReasoning: Bool = false, pausedTurn: JSON? = nil
        ) {
            self.index = index
            self.text = text
            self.reasoning = reasoning
            self.refusal = refusal
            self.toolCalls = toolCalls
            self.hasToolCall = hasToolCall
            self.hasOpenReasoning = hasOpenReasoning
            self.pausedTurn = pausedTurn
        }
    }

    /// The answers that have anything, by number.
    public var choices: [Choice]
    /// How many pieces of content came: roughly their tokens.
    public var contentDeltaCount: Int

    /// Whether there is nothing to go on from or to show.
    public var isEmpty: Bool {
        choices.allSatisfy { choice in
            choice.text.isEmpty && choice.reasoning.isEmpty && choice.refusal.isEmpty && !choice.hasToolCall
        }
    }

    /// The bytes of its texts.
    package var byteCount: Int {
        choices.reduce(0) { count, choice in
            choice.toolCalls.reduce(
                count + choice.text.utf8.count + choice.reasoning.utf8.count + choice.refusal.utf8.count
            ) { $0 + $1.arguments.utf8.count }
        }
    }

    /// The message of a turn that the provider paused; only answers alone are paused.
    package var pausedTurn: JSON? { choices.count == 1 ? choices[0].pausedTurn : nil }

    /// The text of the first answer.
    public var text: String { choices.first?.text ?? "" }

    /// The partial answer as it is stored.
    package var json: JSON {
        let choices = choices.map { choice -> JSON in
            var object = JSONObject()
            object["choice"] = .int(choice.index)
            object["text"] = .string(choice.text)
            if !choice.reasoning.isEmpty { object["reasoning"] = .string(choice.reasoning) }
            if !choice.refusal.isEmpty { object["refusal"] = .string(choice.refusal) }
            if !choice.toolCalls.isEmpty { object["tool_calls"] = .array(choice.toolCalls.map(\.json)) }
            if choice.hasToolCall { object["open_tool_call"] = true }
            if choice.hasOpenReasoning { object["open_reasoning"] = true }
            object["paused_turn"] = choice.pausedTurn
            return .object(object)
        }
        return ["choices": .array(choices), "content_deltas": .int(contentDeltaCount)]
    }

    /// The partial answer that a stored text tells; nil for anything else.
    package init?(json: JSON) {
        guard let choices = json["choices"]?.array else { return nil }
        contentDeltaCount = NumberGate.count(json["content_deltas"]?.int) ?? 0
        self.choices = choices.map { choice in
            Choice(
                index: NumberGate.count(choice["choice"]?.int) ?? 0, text: choice["text"]?.string ?? "",
                reasoning: choice["reasoning"]?.string ?? "", refusal: choice["refusal"]?.string ?? "",
                toolCalls: (choice["tool_calls"]?.array ?? []).map(Self.toolCall),
                hasToolCall: choice["open_tool_call"]?.bool ?? false,
                hasOpenReasoning: choice["open_reasoning"]?.bool ?? false, pausedTurn: choice["paused_turn"])
        }
    }

    /// The call that a stored text tells.
    package static func toolCall(_ json: JSON) -> ToolCall {
        let isCustom = json["type"] == "custom"
        let tool = json[isCustom ? "custom" : "function"]
        var call = ToolCall(
            id: json["id"]?.string ?? "", name: tool?["name"]?.string ?? "",
            arguments: tool?[isCustom ? "input" : "arguments"]?.string ?? "")
        call.isCustom = isCustom
        call.otherMembers["extra_content"] = json["extra_content"]
        return call
    }

    /// Nothing.
    package static let none = PartialAnswer(choices: [], contentDeltaCount: 0)

    package init(choices: [Choice], contentDeltaCount: Int) {
        self.choices = choices
        self.contentDeltaCount = contentDeltaCount
    }
}
