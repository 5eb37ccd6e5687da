import LLMStreaming

/// The types of JSON that a field of a job line may have.
struct FieldTypes: OptionSet, Sendable, Hashable {
    let rawValue: UInt8

    static let null = FieldTypes(rawValue: 1)
    static let boolean = FieldTypes(rawValue: 2)
    static let number = FieldTypes(rawValue: 4)
    static let string = FieldTypes(rawValue: 8)
    static let array = FieldTypes(rawValue: 16)
    static let object = FieldTypes(rawValue: 32)
    static let all: FieldTypes = [.null, .boolean, .number, .string, .array, .object]

    /// What a value of these types is, for messages.
    var words: String { self == .number ? "a number" : self == .boolean ? "true or false" : "a number, true or false" }

    /// Whether a cell of a table is no text there: the field is a number or a boolean.
    var isLiteral: Bool { !contains(.string) && !isDisjoint(with: [.number, .boolean]) }

    /// The type that a schema's word means.
    init?(word: String) {
        switch word {
        case "null": self = .null
        case "boolean": self = .boolean
        case "number", "integer": self = .number
        case "string": self = .string
        case "array": self = .array
        case "object": self = .object
        default: return nil
        }
    }

    /// The type of the JSON value that begins with this byte.
    init(firstByte byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): self = .string
        case UInt8(ascii: "{"): self = .object
        case UInt8(ascii: "["): self = .array
        case UInt8(ascii: "n"): self = .null
        case UInt8(ascii: "t"), UInt8(ascii: "f"): self = .boolean
        default: self = .number
        }
    }

    init(rawValue: UInt8) { self.rawValue = rawValue }

    init(of value: JSON) {
        switch value {
        case .null: self = .null
        case .bool: self = .boolean
        case .number: self = .number
        case .string: self = .string
        case .array: self = .array
        case .object: self = .object
        }
    }
}

/// What the JSON Schema of a job line says of the types of its fields: so that a field has one truth.
///
/// It reads the keywords that tell a type: `type`, `enum`, `const`, `properties`, `additionalProperties`, `items`,
/// `$ref` into `$defs`, `allOf`, `anyOf`, `oneOf` and both branches of `if`.
struct JobLineFields: Sendable {
    /// A step from a value into it.
    enum Step: Sendable, Equatable {
        case member(String)
        case element
    }

    private let schema: JSON

    init(schema: JSON) { self.schema = schema }

    /// What the field at a path may be.
    ///
    /// Of a body, and of what is merged into one, the schema says little: there the known fields of providers count, and
    /// nobody behind us says what is wrong with their values.
    func field(at path: [Step]) -> (types: FieldTypes, isPassedOn: Bool) {
        let types = types(at: path)
        guard types == .all, case .member(let name)? = path.first, Self.bodies.contains(name) else {
            return (types, false)
        }
        return BodyFields.types(at: Self.text(path.dropFirst())).map { ($0, true) } ?? (types, false)
    }

    private static let bodies: Set<String> = ["body", "params", "extra_body"]

    private static func text(_ path: ArraySlice<Step>) -> String {
        var text = ""
        for step in path {
            switch step {
            case .member(let name): text += (text.isEmpty ? "" : ".") + name
            case .element: text += "[]"
            }
        }
        return text
    }

    /// The types that the field at a path may have; all where the schema does not say, or has no such field.
    func types(at path: [Step]) -> FieldTypes {
        let types = types(schema, path[...], depth: 0)
        return types.isEmpty ? .all : types
    }

    private func types(_ schema: JSON, _ path: ArraySlice<Step>, depth: Int) -> FieldTypes {
        // The schema is ours; a circle in it must not be the end of all.
        guard let object = schema.object, depth < 64 else { return schema.bool == false ? [] : .all }
        var types = own(object, path, depth: depth)
        for part in object["allOf"]?.array ?? [] { types.formIntersection(self.types(part, path, depth: depth + 1)) }
        if let target = object["$ref"]?.string.flatMap(definition) {
            types.formIntersection(self.types(target, path, depth: depth + 1))
        }
        for name in ["anyOf", "oneOf"] {
            guard let parts = object[name]?.array else { continue }
            types.formIntersection(parts.reduce(into: []) { $0.formUnion(self.types($1, path, depth: depth + 1)) })
        }
        if object["if"] != nil {
            let branches = ["then", "else"].map { object[$0].map { self.types($0, path, depth: depth + 1) } ?? .all }
            types.formIntersection(branches[0].union(branches[1]))
        }
        return types
    }

    /// What the schema's own keywords say.
    private func own(_ schema: JSONObject, _ path: ArraySlice<Step>, depth: Int) -> FieldTypes {
        var here = FieldTypes.all
        switch schema["type"] {
        case .string(let word)?: here = FieldTypes(word: word) ?? .all
        case .array(let words)?:
            here = words.reduce(into: []) { $0.formUnion($1.string.flatMap(FieldTypes.init(word:)) ?? []) }
        default: break
        }
        let values = schema["enum"]?.array ?? schema["const"].map { [$0] }
        if let values { here.formIntersection(values.reduce(into: []) { $0.formUnion(FieldTypes(of: $1)) }) }
        guard let step = path.first else { return here }
        switch step {
        case .member(let name):
            guard here.contains(.object) else { return [] }
            let inner = schema["properties"]?[name] ?? schema["additionalProperties"]
            return inner.map { types($0, path.dropFirst(), depth: depth + 1) } ?? .all
        case .element:
            guard here.contains(.array) else { return [] }
            return schema["items"].map { types($0, path.dropFirst(), depth: depth + 1) } ?? .all
        }
    }

    private func definition(_ reference: String) -> JSON? {
        let prefix = "#/$defs/"
        guard reference.hasPrefix(prefix) else { return nil }
        return schema["$defs"]?[String(reference.dropFirst(prefix.count))]
    }
}
