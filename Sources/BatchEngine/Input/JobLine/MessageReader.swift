import LLMStreaming

/// Reads the messages of a native line and finds what is wrong with them.
struct MessageReader {
    /// The ids of the calls of the latest assistant message, which the tool messages after it answer.
    private var openCalls: Set<String> = []

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
        guard members[.role] != nil else {
            faults.add("'role' is missing in messages[\(index)]")
            return nil
        }
        guard let name = members.string(.role, faults: &faults) else { return nil }
        guard let role = Message.Role(rawValue: name) else {
            faults.add(
                "unknown role \(name.quotedName) in messages[\(index)]", nearest: name,
                among: Message.Role.allCases.map(\.rawValue))
            return nil
        }
        let calls = toolCalls(members, role, index, &faults)
        // Calls with faults of their own are calls none the less.
        let isCalling = role == .assistant && members[.toolCalls].map { $0 != [] } ?? false
        let others = otherMembers(members)
        let isSaying = role == .assistant && LineField.Message.said.contains { others[$0.rawValue] != nil }
        let content = content(members, isOptional: isCalling || isSaying, index, &faults)
        var message = Message(
            role: role, content: content, toolCalls: calls, toolCallID: answeredCall(members, role, index, &faults),
            name: members.string(.name, faults: &faults))
        message.otherMembers = others
        return message
    }

    /// What the message says besides, in a fixed order.
    private func otherMembers(_ members: JobLineObject<LineField.Message>) -> JSONObject {
        var others: [JSONObject.Member] = []
        for field in LineField.Message.passedOn {
            guard let value = members[field], !value.asksNothing else { continue }
            others.append(JSONObject.Member(key: field.rawValue, value: value))
        }
        return JSONObject(others)
    }

    private func content(
        _ members: JobLineObject<LineField.Message>, isOptional: Bool, _ index: Int, _ faults: inout LineFaults
    ) -> Message.Content? {
        switch members[.content] {
        case .string(let text)?: return .text(text)
        case .array(let parts)?:
            if parts.isEmpty { faults.add("'content' in messages[\(index)] is empty") }
            for (position, part) in parts.enumerated() where part["type"]?.string == nil {
                faults.add("\(LinePlace.part(position, message: index).path) must be an object with a 'type'")
            }
            return .parts(parts)
        case let other?:
            faults.addWrong("content", at: .message(index), expected: "a string or an array of parts", found: other)
        case nil:
            if !isOptional { faults.add("'content' is missing in messages[\(index)]") }
        }
        return nil
    }

    private mutating func toolCalls(
        _ members: JobLineObject<LineField.Message>, _ role: Message.Role, _ index: Int, _ faults: inout LineFaults
    ) -> [ToolCall] {
        if role == .assistant { openCalls = [] }
        // Histories that were dumped from an SDK carry an empty list.
        guard let elements = members.array(.toolCalls, faults: &faults), !elements.isEmpty else { return [] }
        guard role == .assistant else {
            faults.add("'tool_calls' in messages[\(index)] belongs to the role assistant only")
            return []
        }
        var calls: [ToolCall] = []
        for (position, element) in elements.enumerated() {
            if let id = element["id"]?.string { openCalls.insert(id) }
            if let call = Self.toolCall(element, position, message: index, &faults) { calls.append(call) }
        }
        return calls
    }

    private static func toolCall(
        _ element: JSON, _ position: Int, message: Int, _ faults: inout LineFaults
    ) -> ToolCall? {
        let place = LinePlace.toolCall(position, message: message)
        guard case .object(let object) = element else {
            faults.add("\(place.path) must be an object, not \(element.typeName)")
            return nil
        }
        let members = JobLineObject<LineField.ToolCall>(object, at: place, allowsEmpty: true, faults: &faults)
        if let type = members[.type], type != "function" {
            faults.add("'type'\(place.suffix) must be 'function'")
        }
        if members[.id] == nil { faults.add("'id' is missing\(place.suffix)") }
        let id = members.string(.id, faults: &faults)
        guard members[.function] != nil else {
            faults.add("'function' is missing\(place.suffix)")
            return nil
        }
        guard let function = members.object(.function, faults: &faults) else { return nil }
        let details = JobLineObject<LineField.Function>(
            function, at: .function(toolCall: position, message: message), allowsEmpty: true, faults: &faults)
        if details[.name] == nil { faults.add("'name' is missing\(details.place.suffix)") }
        let name = details.string(.name, faults: &faults)
        // A model that calls a tool without arguments may write none (Provider facts, "Chat streams").
        let arguments = details.string(.arguments, faults: &faults) ?? "{}"
        guard let id, let name else { return nil }
        return ToolCall(id: id, name: name, arguments: arguments)
    }

    private func answeredCall(
        _ members: JobLineObject<LineField.Message>, _ role: Message.Role, _ index: Int, _ faults: inout LineFaults
    ) -> String? {
        let id = members.string(.toolCallID, faults: &faults)
        guard role == .tool else {
            if id != nil { faults.add("'tool_call_id' in messages[\(index)] belongs to the role tool only") }
            return nil
        }
        if members[.toolCallID] == nil { faults.add("'tool_call_id' is missing in messages[\(index)]") }
        if let id, !openCalls.contains(id) { faults.add(Self.answersNoCall(id, at: LinePlace.message(index).path)) }
        return id
    }

    static func answersNoCall(_ id: String, at position: String) -> String {
        "\(position) answers the tool call \(id.quotedName), which the assistant message before it does not make"
    }
}
