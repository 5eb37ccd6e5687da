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
