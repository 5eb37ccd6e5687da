import LLMStreaming

/// Looks over a body that is passed on as it is: only what makes it no conversation at all is a fault (SPEC 3).
enum BatchBodyReader {
    /// Adds a fault for an empty conversation, an unknown role and a tool message that answers no call.
    static func check(_ body: JSONObject, _ dialect: Dialect, at place: LinePlace, faults: inout LineFaults) {
        if dialect == .openAIResponses { return checkInput(body, at: place, faults: &faults) }
        guard let messages = body["messages"] else {
            faults.add("'messages' is missing in \(place.path)")
            return
        }
        guard case .array(let elements) = messages else {
            faults.addWrong("messages", at: place, expected: "an array", found: messages)
            return
        }
        if elements.isEmpty { faults.add("'messages' in \(place.path) is empty") }
        var openCalls: Set<String> = []
        for (index, message) in elements.enumerated() {
            let position = "\(place.path).messages[\(index)]"
            guard let role = message["role"]?.string else {
                faults.add("\(position) must be an object with a 'role'")
                continue
            }
            guard roles(dialect).contains(role) else {
                faults.add("unknown role \(role.quotedName) in \(position)", nearest: role, among: roles(dialect))
                continue
            }
            if role == "assistant" {
                openCalls = Set((message["tool_calls"]?.array ?? []).compactMap { $0["id"]?.string })
            }
            if role == "tool", !openCalls.contains(message["tool_call_id"]?.string ?? "") {
                faults.add(MessageReader.answersNoCall(message["tool_call_id"]?.string ?? "", at: position))
            }
        }
    }

    /// Adds a fault for a Responses body that asks nothing, and for an unknown role.
    private static func checkInput(_ body: JSONObject, at place: LinePlace, faults: inout LineFaults) {
        switch body["input"] {
        case .string(let text)? where text.isEmpty: faults.add("'input' in \(place.path) is empty")
        case .string?: break
        case .array(let items)?:
            if items.isEmpty { faults.add("'input' in \(place.path) is empty") }
            for (index, item) in items.enumerated() {
                guard let role = item["role"]?.string, !roles(.openAIResponses).contains(role) else { continue }
                faults.add(
                    "unknown role \(role.quotedName) in \(place.path).input[\(index)]", nearest: role,
                    among: roles(.openAIResponses))
            }
        case nil, .null?:
            // A stored prompt may be all that is asked.
            if body["prompt"]?.object == nil { faults.add("'input' is missing in \(place.path)") }
        case let other?: faults.addWrong("input", at: place, expected: "a string or an array", found: other)
        }
    }

    /// The roles that a dialect knows; OpenAI's old `function` too, since bodies are passed on.
    private static func roles(_ dialect: Dialect) -> [String] {
        switch dialect {
        case .openAIChat: Message.Role.allCases.map(\.rawValue) + ["function"]
        case .openAIResponses: ["user", "assistant", "system", "developer"]
        case .anthropicMessages: ["user", "assistant", "system"]
        }
    }
}
