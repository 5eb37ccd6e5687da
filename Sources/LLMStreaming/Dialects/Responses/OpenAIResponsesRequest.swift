/// The body of a Responses request (Provider facts, "Requests").
enum OpenAIResponsesRequest {
    static func body(
        _ conversation: Conversation, options: CompletionOptions, model: String, provider: Provider
    ) throws(LLMError) -> JSONObject {
        try conversation.refuseOtherMembers(at: "in the Responses interface of provider '\(provider.name)'")
        let customCalls = Set(conversation.messages.flatMap { $0.toolCalls.filter(\.isCustom).map(\.id) })
        var input: [JSON] = []
        for message in conversation.messages { input += items(message, customCalls: customCalls) }
        var body = JSONObject([
            .init(key: "model", value: .string(model)), .init(key: "input", value: .array(input)),
        ])
        for name in options.names {
            guard let value = options[name] else { continue }
            switch name {
            case .temperature, .topP: body[name.rawValue] = value
            case .serviceTier: body[name.rawValue] = try provider.tier(value, in: .openAIResponses)
            case .maxTokens: body["max_output_tokens"] = value
            case .tools: body["tools"] = .array((value.array ?? []).map(ResponseToolForm.tool))
            case .toolChoice: body["tool_choice"] = try ResponseToolForm.choice(value, provider)
            case .responseFormat: body["text"] = ["format": .object(ResponseToolForm.flat(value, "json_schema"))]
            case .reasoning: body["reasoning"] = ["effort": value]
            // These ask for what happens anyway.
            case .n where value.int == 1: break
            case .api: break
            case .presencePenalty, .frequencyPenalty, .stop, .seed, .n, .reasoningBudgetTokens:
                throw LLMError(
                    .invalidRequest,
                    "option '\(name.rawValue)' has no field in the Responses interface of provider '\(provider.name)'")
            }
        }
        return body
    }

    /// The input items of a message: calls and their results are items of their own.
    ///
    /// - Parameter customCalls: the ids of calls of custom tools, whose results are items of another type.
    private static func items(_ message: Message, customCalls: Set<String>) -> [JSON] {
        switch message.role {
        // It was refused.
        case .function: return []
        case .tool:
            let id = message.toolCallID ?? ""
            return [
                [
                    "type": customCalls.contains(id) ? "custom_tool_call_output" : "function_call_output",
                    "call_id": .string(id),
                    "output": content(message.content ?? .text(""), .user),
                ]
            ]
        case .system, .developer, .user:
            return [["role": .string(message.role.rawValue), "content": content(message.content ?? .text(""), .user)]]
        case .assistant:
            let isSilent = message.content == nil || message.content == .text("")
            // Beside calls, nothing said is no message.
            let said = isSilent && !message.toolCalls.isEmpty ? [] : [answer(message.content ?? .text(""))]
            return said + message.toolCalls.map(call)
        }
    }

    /// An earlier answer; llama.cpp takes it in no shorter form.
    static func answer(_ content: Message.Content) -> JSON {
        let parts: [JSON] =
            switch content {
            case .text(let text): [["type": "output_text", "text": .string(text)]]
            case .parts(let parts): parts.map { part($0, .assistant) }
            }
        return ["type": "message", "role": "assistant", "content": .array(parts)]
    }

    private static func call(_ call: ToolCall) -> JSON {
        [
            "type": call.isCustom ? "custom_tool_call" : "function_call", "call_id": .string(call.id),
            "name": .string(call.name), call.isCustom ? "input" : "arguments": .string(call.arguments),
        ]
    }

    private static func content(_ content: Message.Content, _ role: Message.Role) -> JSON {
        switch content {
        case .text(let text): .string(text)
        case .parts(let parts): .array(parts.map { part($0, role) })
        }
    }

    /// A part in chat form as one of an input message; one in the interface's own form stays as it is.
    private static func part(_ part: JSON, _ role: Message.Role) -> JSON {
        switch part["type"]?.string {
        case "text":
            var text = part.object ?? JSONObject()
            text["type"] = role == .assistant ? "output_text" : "input_text"
            return .object(text)
        case "image_url":
            var image = JSONObject([.init(key: "type", value: "input_image")])
            image["image_url"] = part["image_url"]?["url"] ?? part["image_url"]
            image["detail"] = part["image_url"]?["detail"]
            return .object(image)
        case "file":
            let file = part["file"]?.object ?? JSONObject()
            return .object(JSONObject([.init(key: "type", value: "input_file")]).merging(file))
        default: return part
        }
    }
}

/// Tools, choices and formats of the chat form in the form of Responses: what stands there in an object of the type's
/// name stands here beside the type.
enum ResponseToolForm {
    /// A tool; one in the interface's own form stays as it is.
    static func tool(_ tool: JSON) -> JSON {
        switch tool["type"]?.string {
        case "function" where tool["function"]?.object != nil:
            var result = flat(tool, "function")
            if result["parameters"] == nil { result["parameters"] = ["type": "object", "properties": [:]] }
            // A tool that does not say is not strict in chat, and strict here.
            if result["strict"] == nil { result["strict"] = false }
            return .object(result)
        case "custom" where tool["custom"]?.object != nil:
            var result = flat(tool, "custom")
            if let format = result["format"] { result["format"] = .object(flat(format, "grammar")) }
            return .object(result)
        default: return tool
        }
    }

    /// A tool choice.
    static func choice(_ choice: JSON, _ provider: Provider) throws(LLMError) -> JSON {
        if let word = choice.string {
            guard ["auto", "none", "required"].contains(word) else {
                throw LLMError(
                    .invalidRequest, "option 'tool_choice': provider '\(provider.name)' has no choice \(choice.text)")
            }
            return choice
        }
        guard let type = choice["type"]?.string, ["function", "custom", "allowed_tools"].contains(type) else {
            return choice
        }
        var result = flat(choice, type)
        if type == "allowed_tools", let tools = result["tools"]?.array {
            result["tools"] = .array(tools.map { .object(flat($0, $0["type"]?.string ?? "")) })
        }
        return .object(result)
    }

    /// A value whose members in the object of that name are put in the object's place.
    static func flat(_ value: JSON, _ name: String) -> JSONObject {
        var result: [JSONObject.Member] = []
        for member in value.object?.members ?? [] {
            if member.key == name, let inner = member.value.object {
                result += inner.members
            } else {
                result.append(member)
            }
        }
        return JSONObject(result)
    }
}
