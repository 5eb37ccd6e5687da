extension JSON {
    /// The arguments of a tool call as text; nil where they are none.
    ///
    /// Some servers write the value itself instead of its text, and those made with PHP an empty list for no arguments.
    var argumentsText: String? {
        switch self {
        case .string(let text): text
        case .object: text
        case .array(let elements): elements.isEmpty ? "" : text
        case .null, .bool, .number: nil
        }
    }
}
