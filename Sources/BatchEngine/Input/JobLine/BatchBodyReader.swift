import LLMStreaming

/// Checks a body that is passed on as it is: only what makes it no conversation at all is a fault.
///
/// Roles and the forms of tool calls are the server's: many models have words of their own.
enum BatchBodyReader {
    /// The providers whose interfaces list their roles; with others a model's chat template has its own words, and one
    /// that looks misspelt may be one of them.
    private static let withFixedRoles: Set<String> = [
        "openai", "azure", "anthropic", "mistral", "groq", "xai", "gemini", "mock",
    ]

    /// Adds a fault for an empty conversation and, where the roles are known, for one that is misspelt.
    ///
    /// - Parameter server: the name of the provider that it goes to.
    static func check(
        _ body: JSONObject, _ dialect: Dialect, server: String, at place: LinePlace, faults: inout LineFaults
    ) {
        let known = withFixedRoles.contains(server) ? roles(dialect) : []
        if dialect == .openAIResponses { return checkInput(body, known, at: place, faults: &faults) }
        guard let messages = body["messages"] else {
            faults.add("'messages' is missing in \(place.path)")
            return
        }
        guard case .array(let elements) = messages else {
            faults.addWrong("messages", at: place, expected: "an array", found: messages)
            return
        }
        if elements.isEmpty { faults.add("'messages' in \(place.path) is empty") }
        for (index, message) in elements.enumerated() {
            let position = "\(place.path).messages[\(index)]"
            guard let role = message["role"]?.string, !role.isEmpty else {
                faults.add("\(position) must be an object with a 'role'")
                continue
            }
            check(role, known, at: position, faults: &faults)
        }
    }

    /// Whether the params of an Anthropic line hold a request of OpenAI's.
    ///
    /// Its tools show that, or its model where nothing but the line's form sends it to Anthropic.
    static func isOpenAIs(_ params: JSONObject, isProviderGiven: Bool) -> Bool {
        if params["tools"]?.array?.contains(where: { $0["function"]?.object != nil }) == true { return true }
        guard !isProviderGiven, let model = params["model"]?.string else { return false }
        return model.hasPrefix("gpt-") || model.hasPrefix("chatgpt-")
    }

    private static func check(_ role: String, _ known: [String], at position: String, faults: inout LineFaults) {
        guard !known.contains(role) else { return }
        let hint = NearestName.suggestion(for: role, among: known)
        if !hint.isEmpty { faults.add("unknown role \(role.quotedName) in \(position)\(hint)") }
    }

    /// Adds a fault for a Responses body that asks nothing, and for a role that is misspelt.
    private static func checkInput(
        _ body: JSONObject, _ known: [String], at place: LinePlace, faults: inout LineFaults
    ) {
        switch body["input"] {
        case .string(let text)? where text.isEmpty: faults.add("'input' in \(place.path) is empty")
        case .string?: break
        case .array(let items)?:
            if items.isEmpty { faults.add("'input' in \(place.path) is empty") }
            for (index, item) in items.enumerated() {
                guard let role = item["role"]?.string else { continue }
                check(role, known, at: "\(place.path).input[\(index)]", faults: &faults)
            }
        case nil, .null?:
            // A stored prompt may be all that is asked.
            if body["prompt"]?.object == nil { faults.add("'input' is missing in \(place.path)") }
        case let other?: faults.addWrong("input", at: place, expected: "a string or an array", found: other)
        }
    }

    /// The roles that a dialect knows.
    private static func roles(_ dialect: Dialect) -> [String] {
        switch dialect {
        case .openAIChat: Message.Role.allCases.map(\.rawValue)
        case .openAIResponses: ["user", "assistant", "system", "developer"]
        case .anthropicMessages: ["user", "assistant", "system"]
        }
    }
}
