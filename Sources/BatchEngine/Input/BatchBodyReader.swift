import LLMStreaming

/// Looks over a body that is passed on as it is: only what makes it no conversation at all is a fault (SPEC 3).
enum BatchBodyReader {
    /// Adds a fault for an empty conversation, an unknown role and a tool message that answers no call.
    static func check(_ body: JSONObject, _ dialect: Dialect, at place: LinePlace, faults: inout LineFaults) {
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
                let hint = NearestName.suggestion(for: role, among: roles(dialect))
                faults.add("unknown role \(role.quotedName) in \(position)\(hint)")
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

    /// The roles that a dialect knows; OpenAI's old `function` too, since bodies are passed on.
    private static func roles(_ dialect: Dialect) -> [String] {
        switch dialect {
        case .openAIChat: Message.Role.allCases.map(\.rawValue) + ["function"]
        case .anthropicMessages: ["user", "assistant", "system"]
        }
    }
}
