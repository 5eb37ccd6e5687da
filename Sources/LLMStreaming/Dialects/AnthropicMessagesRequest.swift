/// The body of a Messages request (WIRE.md 1 and 4).
enum AnthropicMessagesRequest {
    /// The bound that is sent where the job sets none: the field is required.
    static let defaultMaximumTokens = 8192

    static func body(
        _ conversation: Conversation, _ options: CompletionOptions, model: String, provider: Provider
    ) throws(LLMError) -> JSONObject {
        var body = JSONObject([
            .init(key: "model", value: .string(model)),
            .init(key: "max_tokens", value: options[.maxTokens] ?? .int(defaultMaximumTokens)),
        ])
        let system = conversation.messages.filter { $0.role == .system || $0.role == .developer }
        if !system.isEmpty { body["system"] = try self.system(system) }
        body["messages"] = .array(try messages(conversation.messages))
        for name in options.names {
            guard let value = options[name] else { continue }
            switch name {
            case .maxTokens: break
            case .temperature, .topP: body[name.rawValue] = value
            case .stop: body["stop_sequences"] = value.string.map { .array([.string($0)]) } ?? value
            case .tools: body["tools"] = .array((value.array ?? []).map(tool))
            case .toolChoice: body["tool_choice"] = try toolChoice(value, provider)
            case .reasoningBudgetTokens: body["thinking"] = ["type": "enabled", "budget_tokens": value]
            // These ask for what happens anyway.
            case .n where value.int == 1: break
            case .reasoning where value == "none": break
            case .responseFormat where value == ["type": "text"]: break
            case .presencePenalty, .frequencyPenalty, .seed, .n, .responseFormat, .reasoning, .api:
                throw OpenAIChatRequest.unsupported(name, provider)
            }
        }
        return body
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
        // All results of one turn belong into one user message.
        func flush() {
            if !toolResults.isEmpty { result.append(["role": "user", "content": .array(toolResults)]) }
            toolResults = []
        }
        for message in messages {
            switch message.role {
            case .system, .developer: continue
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
        if ["input_audio", "file", "refusal"].contains(type) {
            throw LLMError(.invalidRequest, "a part of type '\(type)' has no form in Anthropic's Messages")
        }
        guard type == "image_url" else { return part }
        guard let url = part["image_url"]?["url"]?.string ?? part["image_url"]?.string else {
            throw LLMError(.invalidRequest, "an image part has no URL")
        }
        guard url.hasPrefix("data:") else { return ["type": "image", "source": ["type": "url", "url": .string(url)]] }
        let pieces = url.dropFirst(5).split(separator: ",", maxSplits: 1)
        guard pieces.count == 2, pieces[0].hasSuffix(";base64") else {
            throw LLMError(.invalidRequest, "an image's data URL is not base64")
        }
        let mediaType = pieces[0].prefix { $0 != ";" }
        return [
            "type": "image",
            "source": [
                "type": "base64", "media_type": .string(String(mediaType)), "data": .string(String(pieces[1])),
            ],
        ]
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
        guard choice.object != nil else {
            throw LLMError(
                .invalidRequest, "option 'tool_choice': provider '\(provider.name)' has no choice \(choice.text)")
        }
        return choice
    }
}
