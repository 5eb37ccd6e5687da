import Foundation

/// A JSON Schema as far as the mock knows schemas, for making values and not for checking them.
///
/// It knows references inside the document, `allOf`, `anyOf` and `oneOf`; not `not`, `if` and what hangs on another
/// member. It shares no code with the check of answers, so that each is a witness of the other.
struct SchemaDocument {
    let root: JSON

    /// References and branches that are followed one inside the other.
    private static let maximumDepth = 16
    /// Ways through the branches of one schema.
    private static let maximumAlternatives = 64
    private static let joining: Set = ["$ref", "allOf", "anyOf", "oneOf"]

    /// The schema without references and branches: of `anyOf` and `oneOf` the first one is taken.
    ///
    /// - Parameter isDeep: Takes the last branch, with which the recursion of a tree more often ends.
    func resolved(_ schema: JSON, isDeep: Bool = false) -> JSON {
        let alternatives = alternatives(of: schema)
        return (isDeep ? alternatives.last : alternatives.first) ?? [:]
    }

    /// The schemas without references and branches of which a value needs to fit one; never none.
    func alternatives(of schema: JSON) -> [JSON] { alternatives(of: schema, depth: 0) }

    private func alternatives(of schema: JSON, depth: Int) -> [JSON] {
        guard case .object(let members) = schema else { return [schema] }
        guard depth < Self.maximumDepth else { return [[:]] }
        var found = [JSON.object(members.filter { !Self.joining.contains($0.key) })]
        func join(_ others: [JSON]) {
            guard !others.isEmpty else { return }
            let joined = found.flatMap { one in others.map { Self.merged(one, $0) } }
            found = Array(joined.prefix(Self.maximumAlternatives))
        }
        if let reference = schema["$ref"]?.string {
            join(alternatives(of: target(of: reference) ?? [:], depth: depth + 1))
        }
        for part in schema["allOf"]?.elements ?? [] { join(alternatives(of: part, depth: depth + 1)) }
        for name in ["anyOf", "oneOf"] {
            join((schema[name]?.elements ?? []).flatMap { alternatives(of: $0, depth: depth + 1) })
        }
        return found
    }

    /// The schema at a JSON pointer in the document, such as `#/$defs/node`.
    private func target(of reference: String) -> JSON? {
        guard reference.hasPrefix("#") else { return nil }
        return reference.dropFirst().split(separator: "/").reduce(root as JSON?) { schema, step in
            let name = step.percentDecoded().replacing("~1", with: "/").replacing("~0", with: "~")
            return schema?[name] ?? Int(name).flatMap { schema?.elements?.dropFirst($0).first }
        }
    }

    /// Both schemas in one: the second one's keywords go before, properties and required names are joined.
    private static func merged(_ first: JSON, _ second: JSON) -> JSON {
        guard case .object(var members) = first, case .object(let others) = second else {
            if case .bool(true) = second { return first }
            return second
        }
        for other in others {
            guard let index = members.firstIndex(where: { $0.key == other.key }) else {
                members.append(other)
                continue
            }
            switch (other.key, members[index].value, other.value) {
            case ("properties", .object(let properties), .object(let more)):
                let old = properties.filter { property in !more.contains { $0.key == property.key } }
                members[index].value = .object(old + more)
            case ("required", .array(let names), .array(let more)): members[index].value = .array(names + more)
            default: members[index].value = other.value
            }
        }
        return .object(members)
    }
}

extension SchemaDocument {
    /// The schema of an object's member, not resolved; nil where nothing is said of it.
    static func member(_ name: String, of schema: JSON) -> JSON? {
        schema["properties"]?[name] ?? schema["additionalProperties"]
    }

    /// The schema of an array's element, not resolved; nil where nothing is said of it.
    static func element(_ index: Int, of schema: JSON) -> JSON? {
        // Up to draft 2019-09 a tuple is a list under `items`.
        let tuple = schema["prefixItems"]?.elements ?? schema["items"]?.elements ?? []
        if index < tuple.count { return tuple[index] }
        return schema["items"]?.elements == nil ? schema["items"] : schema["additionalItems"]
    }

    /// Whether a value has a type that a schema takes, and is in its enum or const; what is inside it does not count.
    func admits(_ value: JSON, as schema: JSON) -> Bool {
        alternatives(of: schema).contains { schema in
            if case .bool(let admitsAll) = schema { return admitsAll }
            let types = Self.types(of: schema)
            let hasType = types.isEmpty || types.contains(value.typeName) || types.contains("number") && value.isNumber
            let values = schema["const"].map { [$0] } ?? schema["enum"]?.elements
            return hasType && values?.contains { $0.text == value.text } ?? true
        }
    }

    /// The types that a resolved schema names.
    static func types(of schema: JSON) -> [String] {
        schema["type"]?.elements?.compactMap(\.string) ?? schema["type"]?.string.map { [$0] } ?? []
    }
}

extension JSON {
    /// The elements of an array.
    var elements: [JSON]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The members of an object.
    var members: [(key: String, value: JSON)]? {
        if case .object(let members) = self { members } else { nil }
    }

    var isNumber: Bool {
        if case .number = self { true } else { false }
    }

    /// JSON Schema's name of the value's type.
    var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .number: integer == nil ? "number" : "integer"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}
