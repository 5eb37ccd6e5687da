import LLMStreaming

/// Reads the messages of a native line and finds what is wrong with them.
struct MessageReader {
    /// The ids of the calls of the latest assistant message, which the tool messages after it answer.
    private var openCalls: Set<String> = []
    /// The function that the latest assistant message calls in the older form, which has no id.
    private var openFunction: String?

    /// The conversation; with faults added, what could be read of it.
    static func conversation(_ messages: [JSON], faults: inout LineFaults) -> Conversation {
        if messages.isEmpty { faults.add("'messages' is empty") }
        var reader = MessageReader()
        var result: [Message] = []
        result.reserveCapacity(messages.count)
        for (index, message) in messages.enumerated() {
            guard case .object(let object) = message else {
                faults.add("messages[\(index)] must be an object, not \(message.typeName)")
                continue
            }
            if let message = reader.message(object, index, &faults) { result.append(message) }
        }
        return Conversation(result)
    }

    private mutating func message(_ object: JSONObject, _ index: Int, _ faults: inout LineFaults) -> Message? {
        // SDKs write all members that a message may have: refusal, audio, annotations.
        let members = JobLineObject<LineField.Message>(
            object, at: .message(index), allowsEmpty: true, faults: &faults)
        guard let message = Message(inLine: object) else {
            Self.checkRole(members, index, &faults)
            return nil
        }
        checkCalls(members, of: message.role, index: index, faults: &faults)
        checkFunctionCall(members, of: message.role, index: index, faults: &faults)
        Self.checkContent(members, of: message, index: index, faults: &faults)
        checkAnsweredCall(members, of: message.role, index: index, faults: &faults)
        checkName(members, of: message.role, index: index, faults: &faults)
        return message
    }

    private static func checkRole(
        _ members: JobLineObject<LineField.Message>, _ index: Int, _ faults: inout LineFaults
    ) {
        if members[.role] == nil {
            faults.add("'role' is missing in messages[\(index)]")
        } else if let name = members.string(.role, faults: &faults) {
            faults.add(
                "unknown role \(name.quotedName) in messages[\(index)]", nearest: name,
                among: Message.Role.allCases.map(\.rawValue))
        }
    }

    private static func checkContent(
        _ members: JobLineObject<LineField.Message>, of message: Message, index: Int, faults: inout LineFaults
    ) {
        switch message.content {
        case .text?: break
        case .parts(let parts)?:
            if parts.isEmpty { faults.add("'content' in messages[\(index)] is empty") }
            for (position, part) in parts.enumerated() where part["type"]?.string == nil {
                faults.add("\(LinePlace.part(position, message: index).path) must be an object with a 'type'")
            }
        case nil:
            if let other = members[.content] {
                faults.addWrong("content", at: .message(index), expected: "a string or an array of parts", found: other)
            } else if !isContentOptional(members, in: message) {
                faults.add("'content' is missing in messages[\(index)]")
            }
        }
    }

    /// Whether an assistant's message calls tools, or says something otherwise than by its content.
    private static func isContentOptional(_ members: JobLineObject<LineField.Message>, in message: Message) -> Bool {
        guard message.role == .assistant else { return false }
        // Calls with faults of their own are still calls.
        let isCalling = members[.toolCalls].map { $0 != [] } ?? false
        return isCalling || LineField.Message.said.contains { message.otherMembers[$0.rawValue] != nil }
    }

    // MARK: - Tool calls

    private mutating func checkCalls(
        _ members: JobLineObject<LineField.Message>, of role: Message.Role, index: Int, faults: inout LineFaults
    ) {
        if role == .assistant { openCalls = [] }
        // Histories that were dumped from an SDK carry an empty list.
        guard let elements = members.array(.toolCalls, faults: &faults), !elements.isEmpty else { return }
        guard role == .assistant else {
            faults.add("'tool_calls' in messages[\(index)] belongs to the role assistant only")
            return
        }
        for (position, element) in elements.enumerated() {
            if let id = element["id"]?.string { openCalls.insert(id) }
            Self.checkCall(element, at: position, message: index, faults: &faults)
        }
    }

    private static func checkCall(_ element: JSON, at position: Int, message: Int, faults: inout LineFaults) {
        let place = LinePlace.toolCall(position, message: message)
        guard case .object(let object) = element else {
            faults.add("\(place.path) must be an object, not \(element.typeName)")
            return
        }
        let members = JobLineObject<LineField.ToolCall>(object, at: place, allowsEmpty: true, faults: &faults)
        if let type = members[.type], type != "function", type != "custom" {
            faults.add("'type'\(place.suffix) must be 'function' or 'custom'")
        }
        if members[.id] == nil { faults.add("'id' is missing\(place.suffix)") }
        members.string(.id, faults: &faults)
        let isCustom = members[.type] == "custom"
        let (form, other): (LineField.ToolCall, LineField.ToolCall) =
            isCustom ? (.custom, .function) : (.function, .custom)
        if let value = members[other], !value.asksNothing {
            faults.add("'\(other.rawValue)'\(place.suffix) belongs to a call of that type only")
        }
        guard members[form] != nil else {
            faults.add("'\(form.rawValue)' is missing\(place.suffix)")
            return
        }
        guard let tool = members.object(form, faults: &faults) else { return }
        if isCustom {
            checkCustomTool(tool, at: .custom(toolCall: position, message: message), faults: &faults)
        } else {
            checkFunction(tool, at: .function(toolCall: position, message: message), faults: &faults)
        }
    }

    private static func checkCustomTool(_ object: JSONObject, at place: LinePlace, faults: inout LineFaults) {
        let details = JobLineObject<LineField.CustomTool>(object, at: place, allowsEmpty: true, faults: &faults)
        for field in LineField.CustomTool.allCases {
            if details[field] == nil { faults.add("'\(field.rawValue)' is missing\(place.suffix)") }
            details.string(field, faults: &faults)
        }
    }

    /// The function's name, where it is as it should be.
    @discardableResult
    private static func checkFunction(
        _ object: JSONObject, at place: LinePlace, faults: inout LineFaults
    ) -> String? {
        let details = JobLineObject<LineField.Function>(object, at: place, allowsEmpty: true, faults: &faults)
        if details[.name] == nil { faults.add("'name' is missing\(place.suffix)") }
        details.string(.arguments, faults: &faults)
        return details.string(.name, faults: &faults)
    }

    /// OpenAI's older form of a call, which the role function answers by the function's name.
    private mutating func checkFunctionCall(
        _ members: JobLineObject<LineField.Message>, of role: Message.Role, index: Int, faults: inout LineFaults
    ) {
        if role == .assistant { openFunction = nil }
        guard let call = members[.functionCall], !call.asksNothing else { return }
        guard role == .assistant else {
            faults.add("'function_call' in messages[\(index)] belongs to the role assistant only")
            return
        }
        guard let object = members.object(.functionCall, faults: &faults) else { return }
        openFunction = Self.checkFunction(object, at: .functionCall(message: index), faults: &faults)
    }

    private func checkName(
        _ members: JobLineObject<LineField.Message>, of role: Message.Role, index: Int, faults: inout LineFaults
    ) {
        let name = members.string(.name, faults: &faults)
        guard role == .function else { return }
        if members[.name] == nil { faults.add("'name' is missing in messages[\(index)]: that of the function") }
        guard let name, name != openFunction else { return }
        faults.add(
            "messages[\(index)] answers the function \(name.quotedName), which the assistant message before it does not call"
        )
    }

    private func checkAnsweredCall(
        _ members: JobLineObject<LineField.Message>, of role: Message.Role, index: Int, faults: inout LineFaults
    ) {
        let id = members.string(.toolCallID, faults: &faults)
        guard role == .tool else {
            if id != nil { faults.add("'tool_call_id' in messages[\(index)] belongs to the role tool only") }
            return
        }
        if members[.toolCallID] == nil { faults.add("'tool_call_id' is missing in messages[\(index)]") }
        guard let id, !openCalls.contains(id) else { return }
        faults.add(
            "messages[\(index)] answers the tool call \(id.quotedName), which the assistant message before it does not make"
        )
    }
}
