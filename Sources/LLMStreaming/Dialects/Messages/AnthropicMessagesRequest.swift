/// The body of a Messages request (Provider facts, "Requests").
enum AnthropicMessagesRequest {
    /// The bound that is sent where the job sets none: the field is required.
    static let defaultMaximumTokens = 8192

    static func body(
        _ conversation: Conversation, options: CompletionOptions, model: String, provider: Provider
    ) throws(LLMError) -> JSONObject {
        try conversation.refuseOtherMembers(at: "at provider '\(provider.name)'")
        // Thinking counts towards the bound.
        let budget = (options[.reasoningBudgetTokens]?.int ?? 0).clamped(to: NumberGate.counts)
        var body = JSONObject([
            .init(key: "model", value: .string(model)),
            .init(key: "max_tokens", value: options[.maxTokens] ?? .int(defaultMaximumTokens + budget)),
        ])
        let system = conversation.messages.filter { $0.role == .system || $0.role == .developer }
        if !system.isEmpty { body["system"] = try self.system(system) }
        body["messages"] = .array(try messages(conversation.messages))
        for name in options.names {
            guard let value = options[name] else { continue }
            switch name {
            case .maxTokens: break
            case .temperature, .topP:
                if provider.samplingRefusal(for: model) == nil { body[name.rawValue] = value }
            case .serviceTier: body[name.rawValue] = try provider.tier(value, in: .anthropicMessages)
            case .stop: body["stop_sequences"] = value.string.map { .array([.string($0)]) } ?? value
            case .tools: body["tools"] = try tools(value.array ?? [], provider)
            case .toolChoice: body["tool_choice"] = try toolChoice(value, provider)
            case .reasoningBudgetTokens: body["thinking"] = ["type": "enabled", "budget_tokens": value]
            // These ask for what happens anyway.
            case .n where value.int == 1: break
            case .reasoning where value == "none": break
            case .responseFormat where value == ["type": "text"]: break
            case .responseFormat where value["type"] == "json_schema" && value["json_schema"]?["schema"] != nil:
                add(["format": format(value)], to: &body)
            case .reasoning where value == "minimal":
                throw LLMError(
                    .invalidRequest, "option 'reasoning': provider '\(provider.name)' has no effort 'minimal'")
            case .reasoning where hasEffort(model):
                add(["effort": value], to: &body)
                if options[.reasoningBudgetTokens] == nil { body["thinking"] = ["type": "adaptive"] }
            case .presencePenalty, .frequencyPenalty, .seed, .n, .responseFormat, .reasoning, .api:
                throw OpenAIChatRequest.unsupported(name, provider)
            }
        }
        return body
    }

    /// Adds to what the body says of the output.
    private static func add(_ member: JSON, to body: inout JSONObject) {
        let old = body["output_config"]?.object ?? JSONObject()
        body["output_config"] = .object(old.merging(member.object ?? JSONObject()))
    }

    /// A JSON schema in Anthropic's form, which has no name and is always strict.
    private static func format(_ value: JSON) -> JSON {
        ["type": "json_schema", "schema": value["json_schema"]?["schema"] ?? .null]
    }

    /// Whether a model takes an effort and thinks as it needs; one whose name tells no version is not older than that.
    private static func hasEffort(_ model: String) -> Bool {
        ClaudeVersion(model: model).map { $0 >= ClaudeVersion(4, 6) } ?? true
    }

    private static func system(_ messages: [Message]) throws(LLMError) -> JSON {
        let texts = messages.compactMap { if case .text(let text) = $0.content { text } else { nil } }
        if texts.count == messages.count { return .string(texts.joined(separator: "\n\n")) }
        var blocks: [JSON] = []
        for message in messages { blocks += try self.blocks(message.content) }
        return .array(blocks)
    }

    private static func messages(_ messages: [Message]) throws(LLMError) -> [JSON] {
        var result: [JSON] = []
        var toolResults: [JSON] = []
        // All results of one turn belong in one user message.
        func flush() {
            if !toolResults.isEmpty { result.append(["role": "user", "content": .array(toolResults)]) }
            toolResults = []
        }
        for message in messages {
            switch message.role {
            // Those of the first two are said before all; the third was refused.
            case .system, .developer, .function: continue
            case .tool:
                toolResults.append([
                    "type": "tool_result", "tool_use_id": .string(message.toolCallID ?? ""),
                    "content": try content(message.content),
                ])
            case .user:
                flush()
                result.append(["role": "user", "content": try content(message.content)])
            case .assistant:
                flush()
                result.append(["role": "assistant", "content": try assistant(message)])
            }
        }
        flush()
        return result
    }

    private static func assistant(_ message: Message) throws(LLMError) -> JSON {
        guard !message.toolCalls.isEmpty else { return try content(message.content) }
        var blocks = try blocks(message.content)
        for call in message.toolCalls {
            if call.isCustom {
                throw LLMError(
                    .invalidRequest,
                    "tool call '\(call.id)' is of a custom tool, which Anthropic's Messages have no form for")
            }
            let input = try? JSONParser.parse(call.arguments.isEmpty ? "{}" : call.arguments)
            guard let input, input.object != nil else {
                throw LLMError(.invalidRequest, "the arguments of tool call '\(call.id)' are not a JSON object")
            }
            blocks.append(["type": "tool_use", "id": .string(call.id), "name": .string(call.name), "input": input])
        }
        return .array(blocks)
    }

    private static func content(_ content: Message.Content?) throws(LLMError) -> JSON {
        if case .text(let text) = content { return .string(text) }
        return .array(try blocks(content))
    }

    private static func blocks(_ content: Message.Content?) throws(LLMError) -> [JSON] {
        switch content {
        case nil: return []
        case .text(let text): return text.isEmpty ? [] : [["type": "text", "text": .string(text)]]
        case .parts(let parts):
            var blocks: [JSON] = []
            for part in parts { blocks.append(try block(part)) }
            return blocks
        }
    }

    /// A part in OpenAI's form as a block; one in Anthropic's own form stays as it is.
    private static func block(_ part: JSON) throws(LLMError) -> JSON {
        let type = part["type"]?.string ?? ""
        if type == "file", let document = document(part["file"]?.object) { return document }
        if ["input_audio", "file", "refusal"].contains(type) {
            throw LLMError(.invalidRequest, "a part of type '\(type)' has no form in Anthropic's Messages")
        }
        guard type == "image_url" else { return part }
        guard let url = part["image_url"]?["url"]?.string ?? part["image_url"]?.string else {
            throw LLMError(.invalidRequest, "an image part has no URL")
        }
        guard url.hasPrefix("data:") else { return ["type": "image", "source": ["type": "url", "url": .string(url)]] }
        guard let source = source(dataURL: url) else {
            throw LLMError(.invalidRequest, "an image's data URL is not base64")
        }
        return ["type": "image", "source": source]
    }

    /// A file whose bytes are in the part; nil for one that the other provider has stored.
    private static func document(_ file: JSONObject?) -> JSON? {
        guard let data = file?["file_data"]?.string, let source = source(dataURL: data) else { return nil }
        var document = JSONObject([.init(key: "type", value: "document"), .init(key: "source", value: source)])
        document["title"] = file?["filename"]
        return .object(document)
    }

    /// The source that a base64 data URL is; nil for anything else.
    private static func source(dataURL url: String) -> JSON? {
        let pieces = url.dropFirst(5).split(separator: ",", maxSplits: 1)
        guard url.hasPrefix("data:"), pieces.count == 2, pieces[0].hasSuffix(";base64") else { return nil }
        return [
            "type": "base64", "media_type": .string(String(pieces[0].prefix { $0 != ";" })),
            "data": .string(String(pieces[1])),
        ]
    }

    private static func tools(_ tools: [JSON], _ provider: Provider) throws(LLMError) -> JSON {
        if tools.contains(where: { $0["type"] == "custom" && $0["custom"] != nil }) {
            throw LLMError(
                .invalidRequest, "option 'tools': provider '\(provider.name)' has no form for a custom tool of OpenAI's"
            )
        }
        return .array(tools.map(tool))
    }

    /// A tool in OpenAI's form as Anthropic's; one in Anthropic's own form (server tools) stays as it is.
    private static func tool(_ tool: JSON) -> JSON {
        guard tool["type"] == "function", let function = tool["function"]?.object else { return tool }
        var members: [JSONObject.Member] = []
        for member in function.members where !member.value.isNull {
            let key = member.key == "parameters" ? "input_schema" : member.key
            members.append(JSONObject.Member(key: key, value: member.value))
        }
        var result = JSONObject(members)
        // Required there, and optional in OpenAI's form.
        if result["input_schema"] == nil { result["input_schema"] = ["type": "object", "properties": [:]] }
        return .object(result)
    }

    private static func toolChoice(_ choice: JSON, _ provider: Provider) throws(LLMError) -> JSON {
        switch choice.string {
        case "auto"?: return ["type": "auto"]
        case "none"?: return ["type": "none"]
        case "required"?: return ["type": "any"]
        default: break
        }
        if let name = choice["function"]?["name"] { return ["type": "tool", "name": name] }
        guard choice.object != nil, choice["type"] != "allowed_tools" else {
            throw LLMError(
                .invalidRequest, "option 'tool_choice': provider '\(provider.name)' has no choice \(choice.text)")
        }
        return choice
    }
}
