import LLMStreaming

/// Checks values by a JSON Schema: those keywords of draft 2020-12 that the schema of job lines uses.
///
/// It stops at an unknown keyword, so that no rule of the schema goes unchecked.
struct SchemaChecker {
    let root: JSON

    /// Whether the value is as the schema says.
    func accepts(_ value: JSON, _ schema: JSON? = nil) -> Bool {
        switch schema ?? root {
        case .bool(let isAllowed): isAllowed
        case .object(let schema): schema.members.allSatisfy { accepts(value, keyword: $0.key, $0.value, in: schema) }
        default: preconditionFailure("no schema: \(schema ?? root)")
        }
    }

    private func accepts(_ value: JSON, keyword: String, _ rule: JSON, in schema: JSONObject) -> Bool {
        switch keyword {
        case "$schema", "$id", "$defs", "title", "description", "then", "else": true
        case "$ref": accepts(value, definition(rule))
        case "type": (rule.array ?? [rule]).contains { isOfType(value, $0) }
        case "enum": rule.array!.contains(value)
        case "const": value == rule
        case "required": value.object.map { object in rule.array!.allSatisfy { object[$0.string!] != nil } } ?? true
        case "properties":
            value.object?.members.allSatisfy { member in rule[member.key].map { accepts(member.value, $0) } ?? true }
                ?? true
        case "additionalProperties":
            value.object?.members.allSatisfy { schema["properties"]?[$0.key] != nil || accepts($0.value, rule) } ?? true
        case "items": value.array?.allSatisfy { accepts($0, rule) } ?? true
        case "minItems": value.array.map { $0.count >= rule.int! } ?? true
        case "maxItems": value.array.map { $0.count <= rule.int! } ?? true
        case "minLength": value.string.map { $0.unicodeScalars.count >= rule.int! } ?? true
        case "maxLength": value.string.map { $0.unicodeScalars.count <= rule.int! } ?? true
        case "pattern": value.string.map { text in rule.string.map { matches(text, $0) } ?? false } ?? true
        case "minimum": value.double.map { $0 >= rule.double! } ?? true
        case "maximum": value.double.map { $0 <= rule.double! } ?? true
        case "anyOf": rule.array!.contains { accepts(value, $0) }
        case "oneOf": rule.array!.filter { accepts(value, $0) }.count == 1
        case "allOf": rule.array!.allSatisfy { accepts(value, $0) }
        case "not": !accepts(value, rule)
        case "if": (accepts(value, rule) ? schema["then"] : schema["else"]).map { accepts(value, $0) } ?? true
        default: preconditionFailure("the keyword \(keyword) is not known here")
        }
    }

    private func matches(_ text: String, _ pattern: String) -> Bool {
        guard let pattern = try? Regex(pattern) else { preconditionFailure("no pattern: \(pattern)") }
        return text.contains(pattern)
    }

    private func isOfType(_ value: JSON, _ type: JSON) -> Bool {
        switch type {
        case "null": value.isNull
        case "boolean": value.bool != nil
        case "string": value.string != nil
        case "number": value.double != nil
        case "integer": value.int != nil
        case "array": value.array != nil
        case "object": value.object != nil
        default: preconditionFailure("no type: \(type)")
        }
    }

    private func definition(_ reference: JSON) -> JSON {
        guard let name = reference.string?.split(separator: "/").last, let schema = root["$defs"]?[String(name)] else {
            preconditionFailure("no definition: \(reference)")
        }
        return schema
    }
}
