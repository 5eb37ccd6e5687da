package import LLMStreaming

/// What a stored request says: read by `run` and `resume` alike, so that both send the same bytes.
///
/// It reads what `JobLineParser` stores: the members of a native line that are not columns, `{"url", "body"}` of an
/// OpenAI batch line, `{"body"}` of a Mistral one or `{"params"}` of an Anthropic one. What it cannot read whole it
/// refuses: only what was asked is sent.
package struct JobRequest: Sendable, Equatable {
    /// What the job asks of its model.
    package var content: RequestContent
    /// The line's own word on partial output; it goes before the option of the run.
    package var resume: ResumePolicy?

    init(content: RequestContent, resume: ResumePolicy? = nil) {
        self.content = content
        self.resume = resume
    }

    /// Reads a stored request.
    ///
    /// - Throws: `LLMError` of kind `invalid_request` where the bytes are no request; only a database that others
    ///   wrote to has such.
    package init(stored bytes: [UInt8]) throws(LLMError) {
        let value: JSON
        do throws(JSONParser.Failure) {
            value = try JSONParser.parse(bytes)
        } catch {
            throw LLMError(.invalidRequest, "the stored request is not JSON: \(error)")
        }
        guard let object = value.object else { throw LLMError(.invalidRequest, "the stored request is no object") }
        try self.init(stored: object)
    }

    /// Reads the members of a stored request.
    init(stored object: JSONObject) throws(LLMError) {
        if let params = object["params"]?.object {
            self.init(content: .body(params, .anthropicMessages))
        } else if let body = object["body"]?.object {
            self.init(content: .body(body, BatchURL.dialect(of: object["url"]?.string)))
        } else {
            var faults = LineFaults()
            let options = OptionsReader.options(object["options"]?.object ?? JSONObject(), faults: &faults)
            guard faults.isEmpty else {
                throw LLMError(.invalidRequest, "the stored request has options that are none: \(faults.summary)")
            }
            self.init(
                content: .conversation(
                    try Self.conversation(object), options, extraBody: object["extra_body"]?.object ?? JSONObject()),
                resume: try Self.resume(object["resume"]?.string))
        }
    }

    private static func resume(_ word: String?) throws(LLMError) -> ResumePolicy? {
        guard let word else { return nil }
        if let policy = ResumePolicy(rawValue: word) { return policy }
        throw LLMError(.invalidRequest, "the stored request has an unknown 'resume': \(word.quotedName)")
    }

    private static func conversation(_ object: JSONObject) throws(LLMError) -> Conversation {
        if let prompt = object["prompt"]?.string {
            return Conversation(prompt: prompt, system: object["system"]?.string)
        }
        guard let elements = object["messages"]?.array, !elements.isEmpty else {
            throw LLMError(.invalidRequest, "the stored request has neither a prompt nor messages")
        }
        let messages = elements.compactMap { $0.object.flatMap(Message.init(inLine:)) }
        guard messages.count == elements.count else {
            throw LLMError(.invalidRequest, "the stored request has messages without a known role")
        }
        guard zip(messages, elements).allSatisfy({ $0.saysAll(of: $1) }) else {
            throw LLMError(.invalidRequest, "the stored request has a message that cannot be read whole")
        }
        return Conversation(messages)
    }
}

extension Message {
    /// The message that an object in a job line says; nil where it names no role that there is.
    ///
    /// What is not as it should be is left out; to tell that is the matter of `MessageReader`.
    init?(inLine object: JSONObject) {
        guard let role = object["role"]?.string.flatMap(Role.init) else { return nil }
        let content: Content? =
            switch object["content"] {
            case .string(let text)?: .text(text)
            case .array(let parts)?: .parts(parts)
            default: nil
            }
        let calls = role == .assistant ? object["tool_calls"]?.array ?? [] : []
        self.init(
            role: role, content: content, toolCalls: calls.compactMap(ToolCall.init(inLine:)),
            toolCallID: role == .tool ? object["tool_call_id"]?.string : nil, name: object["name"]?.string)
        // In a fixed order: it is part of what is asked.
        for field in LineField.Message.passedOn {
            guard let value = object[field.rawValue], !value.asksNothing else { continue }
            otherMembers[field.rawValue] = value
        }
    }

    /// Whether nothing of an object's content and tool calls was left out when it was read.
    fileprivate func saysAll(of object: JSON) -> Bool {
        let hasContent = object["content"].map { $0 != .null } ?? false
        let calls = object["tool_calls"]?.array?.count ?? 0
        return hasContent == (content != nil) && calls == toolCalls.count
    }
}

extension ToolCall {
    fileprivate init?(inLine element: JSON) {
        let isCustom = element["type"] == "custom"
        let tool = element[isCustom ? "custom" : "function"]
        guard let id = element["id"]?.string, let name = tool?["name"]?.string else { return nil }
        // A model that calls a tool without arguments may write none (Provider facts, "Chat streams").
        guard let arguments = tool?[isCustom ? "input" : "arguments"]?.string ?? (isCustom ? nil : "{}") else {
            return nil
        }
        self.init(id: id, name: name, arguments: arguments)
        self.isCustom = isCustom
        let extra = LineField.ToolCall.extraContent.rawValue
        if let content = element[extra], !content.asksNothing { otherMembers[extra] = content }
    }
}
