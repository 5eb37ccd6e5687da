import LLMStreaming

/// JSON for people: a member a line, short arrays and objects of plain values in one.
enum IndentedJSON {
    static func text(_ json: JSON, indentation: Int = 0) -> String {
        let flat = json.text
        let inner = String(repeating: " ", count: indentation + 2)
        let end = "\n" + String(repeating: " ", count: indentation)
        switch json {
        case .array(let elements) where indentation + flat.count > 100 && !elements.isEmpty:
            return "[\n" + elements.map { inner + text($0, indentation: indentation + 2) }.joined(separator: ",\n")
                + end
                + "]"
        case .object(let object) where !object.members.isEmpty:
            return "{\n"
                + object.members.map {
                    "\(inner)\(JSON.string($0.key).text): \(text($0.value, indentation: indentation + 2))"
                }.joined(separator: ",\n") + end + "}"
        default: return flat
        }
    }
}
