/// Makes a value that fits a JSON Schema: a pure function of the schema and a seed.
///
/// Members stand in the order in which the mock reads schemas, by name. Of strings the length and the usual formats are
/// kept, not a pattern; of objects the properties, not their number.
struct SchemaValue {
    let document: SchemaDocument
    /// Words in a string without a limit; nil takes 1 to 8 by the seed.
    var wordsPerString: Int?

    /// Whether only what must be there is at a depth, so that a recursive schema has an end.
    static func isDeep(_ depth: Int) -> Bool { depth >= 6 }
    /// A recursion that must go on ends here, with a null.
    private static let maximumDepth = 40
    /// The longest string and the longest array that a schema can ask for.
    private static let maximumLength = 1_000_000
    private static let maximumItems = 1_000

    func value(seed: UInt64) -> JSON { value(for: document.root, seed: seed, depth: 0) }

    private func value(for schema: JSON, seed: UInt64, depth: Int) -> JSON {
        guard depth < Self.maximumDepth else { return nil }
        let schema = document.resolved(schema, isDeep: Self.isDeep(depth))
        if let value = schema["const"] { return value }
        let draw = Hash64.mix(seed)
        if let values = schema["enum"]?.elements, !values.isEmpty { return values[Int(draw % UInt64(values.count))] }
        let type = Self.type(of: schema, draw: draw)
        return switch type {
        case "null": nil
        case "boolean": .bool(draw % 2 == 0)
        case "integer", "number": SchemaNumber(schema, isInteger: type == "integer").value(draw: draw)
        case "array": .array(elements(of: schema, draw: draw, depth: depth))
        case "object": .object(members(of: schema, draw: draw, depth: depth))
        default: .string(string(for: schema, draw: draw))
        }
    }

    /// The type of a schema's value: one of those that it names, or the one that its other keywords are about.
    private static func type(of schema: JSON, draw: UInt64) -> String {
        let types = SchemaDocument.types(of: schema)
        if !types.isEmpty { return types[Int(draw >> 8 % UInt64(types.count))] }
        let keywords = [
            ("object", ["properties", "required", "additionalProperties"]),
            ("array", ["items", "prefixItems", "minItems"]),
            ("number", ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]),
        ]
        return keywords.first { $0.1.contains { schema[$0] != nil } }?.0 ?? "string"
    }

    private func members(of schema: JSON, draw: UInt64, depth: Int) -> [(key: String, value: JSON)] {
        let properties = schema["properties"]?.members ?? []
        let required = (schema["required"]?.elements ?? []).compactMap(\.string)
        func seed(_ name: String) -> UInt64 { Hash64.hash(name.utf8, from: draw) }
        var names = properties.compactMap { property -> String? in
            if required.contains(property.key) { return property.key }
            if case .bool(false) = property.value { return nil }
            return !Self.isDeep(depth) && Hash64.mix(~seed(property.key)) % 3 > 0 ? property.key : nil
        }
        for name in required where !names.contains(name) { names.append(name) }
        // An object without properties is a map.
        if names.isEmpty, properties.isEmpty, !Self.isDeep(depth), schema["additionalProperties"]?.members != nil {
            names = ["first", "second"]
        }
        return names.map { name in
            let member = SchemaDocument.member(name, of: schema) ?? [:]
            return (name, value(for: member, seed: seed(name), depth: depth + 1))
        }
    }

    private func elements(of schema: JSON, draw: UInt64, depth: Int) -> [JSON] {
        let fewest = min(max(0, schema["minItems"]?.integer ?? 0), Self.maximumItems)
        let most = max(fewest, schema["maxItems"]?.integer ?? .max)
        let tuple = schema["prefixItems"]?.elements ?? schema["items"]?.elements
        let usual = tuple?.count ?? max(1, fewest) + Int(draw % 3)
        let count = !Self.isDeep(depth) ? min(max(usual, fewest), most) : fewest
        let isUnique = if case .bool(true)? = schema["uniqueItems"] { true } else { false }
        var elements: [JSON] = []
        var texts: Set<String> = []
        for index in 0..<count {
            let item = SchemaDocument.element(index, of: schema) ?? [:]
            if case .bool(false) = item { break }
            // Another value of an enum needs some draws; where there is none, a shorter array is the best that there is.
            let draws = (0..<(isUnique ? 64 : 1)).lazy.map {
                value(for: item, seed: draw &+ UInt64(index + 1) &+ UInt64($0) << 32, depth: depth + 1)
            }
            guard let element = draws.first(where: { !isUnique || !texts.contains($0.text) }) else { break }
            if isUnique { texts.insert(element.text) }
            elements.append(element)
        }
        return elements
    }

    private func string(for schema: JSON, draw: UInt64) -> String {
        if let sample = schema["format"]?.string.flatMap({ Self.sample(of: $0, draw: draw) }) { return sample }
        let fewest = min(max(0, schema["minLength"]?.integer ?? 0), Self.maximumLength)
        let most = max(fewest, schema["maxLength"]?.integer ?? .max)
        var text = AnswerText(seed: draw, wordCount: wordsPerString ?? 1 + Int(draw % 8)).whole
        // Some strings need escapes.
        if draw >> 16 % 4 == 0 { text = "\"\(text)\"\n\\\t/" }
        // JSON Schema counts code points; a character of several must not be cut.
        var length = text.unicodeScalars.count
        while length > most { length -= text.removeLast().unicodeScalars.count }
        return text + String(repeating: "x", count: max(0, fewest - length))
    }

    /// A string of a format; nil where it is not one of those that providers know.
    private static func sample(of format: String, draw: UInt64) -> String? {
        let two = String(10 + draw % 18)
        let hexadecimal = Hash64.hexadecimal(draw)
        switch format {
        case "date-time": return "2026-11-\(two)T07:\(two):00Z"
        case "date": return "2026-11-\(two)"
        case "time": return "07:\(two):00Z"
        case "duration": return "PT\(two)M"
        case "email": return "reader\(two)@example.com"
        case "hostname": return "host\(two).example.com"
        case "ipv4": return "192.0.2.\(two)"
        case "ipv6": return "2001:db8::\(two)"
        case "uuid":
            return "\(hexadecimal.prefix(8))-\(hexadecimal.dropFirst(8).prefix(4))-4\(hexadecimal.suffix(3))-8000-"
                + String(repeating: "0", count: 10) + two
        case "uri": return "https://example.com/\(hexadecimal)"
        default: return nil
        }
    }
}
