import JSONSchema
import LLMStreaming

/// The tools of a request, by their names.
struct AskedTools: Sendable {
    /// What a call brings.
    enum Form: Sendable {
        /// JSON that fits these parameters.
        case parameters(JSONSchema)
        /// A text of any form.
        case text
    }

    private let forms: [String: Form]
    /// The names in the order of the request.
    let names: [String]

    /// Compiles the parameters of the request's tools.
    ///
    /// - Parameter tools: what `list(of:)` gave.
    init(_ tools: [JSON]) throws(CheckFault) {
        var forms: [String: Form] = [:]
        var names: [String] = []
        var reasons: [String] = []
        for (name, parameters) in Self.named(tools) where forms[name] == nil {
            names.append(name)
            do {
                forms[name] = if let parameters { .parameters(try JSONSchema(parameters)) } else { .text }
            } catch { reasons.append("check.tools: the parameters of tool \(Words.quoted(name)): \(error)") }
        }
        if names.isEmpty { reasons = ["check.tools: the request has no tools"] }
        guard reasons.isEmpty else { throw CheckFault(reasons: reasons) }
        (self.forms, self.names) = (forms, names)
    }

    /// What a call of a tool brings; nil where the request has no such tool.
    subscript(_ name: String) -> Form? { forms[name] }

    /// Whether a name may still become one of a tool as more of it comes.
    func isBeginning(_ name: String) -> Bool {
        names.contains { $0.utf8.starts(with: name.utf8) }
    }

    /// The tools of a request; the older member `functions` too.
    static func list(of content: RequestContent) -> [JSON] {
        let members = content.members
        return (members["tools"]?.array ?? []) + (members["functions"]?.array ?? [])
    }

    /// Names and parameters, in the forms of all dialects; without parameters those whose input is a text.
    private static func named(_ tools: [JSON]) -> [(name: String, parameters: JSON?)] {
        tools.flatMap { tool -> [(name: String, parameters: JSON?)] in
            // Namespaces of Responses.
            if let inner = tool["tools"]?.array { return named(inner) }
            if let name = tool["custom"]?["name"]?.string { return [(name, nil)] }
            let function = tool["function"]?.object.map(JSON.object) ?? tool
            guard let name = function["name"]?.string, !name.isEmpty else { return [] }
            let given = [function["parameters"], function["input_schema"]].lazy.compactMap { $0 }.first { !$0.isNull }
            if given == nil, tool["type"] == "custom" { return [(name, nil)] }
            return [(name, given ?? ["type": "object"])]
        }
    }
}
