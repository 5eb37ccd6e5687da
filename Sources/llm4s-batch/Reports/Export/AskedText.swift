import LLMStreaming

/// The text that a stored request asks with: its prompt, else the text of its last user message.
enum AskedText {
    /// The text; nil where there is none, as in a request of images alone.
    static func text(of request: JSON) -> String? {
        if let prompt = request["prompt"]?.string { return prompt }
        guard let holder = [request, request["body"], request["params"]].compactMap({ $0 }).first(where: isAsking)
        else {
            return nil
        }
        if let input = holder["input"]?.string { return input }
        let turns = holder["messages"]?.array ?? holder["input"]?.array ?? []
        return turns.last { $0["role"] == "user" }.flatMap { said($0["content"]) }
    }

    private static func isAsking(_ json: JSON) -> Bool { json["messages"] != nil || json["input"] != nil }

    /// A text, or the texts of parts, a line each.
    private static func said(_ content: JSON?) -> String? {
        if let text = content?.string { return text }
        let texts = content?.array?.compactMap { $0["text"]?.string } ?? []
        return texts.isEmpty ? nil : texts.joined(separator: "\n")
    }
}
