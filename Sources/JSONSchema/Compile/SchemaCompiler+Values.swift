import LLMStreaming

/// What schemas say about all values, numbers and strings.
extension SchemaCompiler {
    mutating func readValues(_ reader: KeywordReader, into node: inout SchemaNode) throws(SchemaFault) {
        var number = NumberRule()
        if let type = reader["type"] {
            (node.kinds, number.isInteger) = try Self.kinds(type, reader)
        }
        if try readRange(reader, into: &number) || number.isInteger { node.number = number }
        try readText(reader, into: &node)
        if let values = reader["enum"] {
            guard let values = values.array else { throw reader.fault("enum", asked: "a list of values") }
            allow(values, text: JSON.array(values).text, in: &node)
        }
        if let value = reader["const"] { allow([value], text: value.text, in: &node) }
    }

    private static func kinds(
        _ type: JSON, _ reader: KeywordReader
    ) throws(SchemaFault) -> (KindSet, isInteger: Bool) {
        let known: [String: KindSet] = [
            "null": .null, "boolean": .boolean, "number": .number, "integer": .number, "string": .string,
            "array": .array, "object": .object,
        ]
        let asked = "null, boolean, object, array, number, integer or string, or a list of these"
        guard let names = type.string.map({ [$0] }) ?? type.array?.compactMap(\.string), !names.isEmpty,
            names.count == type.array?.count ?? 1
        else { throw reader.fault("type", asked: asked) }
        var kinds: KindSet = []
        for name in names {
            guard let kind = known[name] else { throw reader.fault("type", asked: asked) }
            kinds.formUnion(kind)
        }
        return (kinds, kinds.contains(.number) && !names.contains("number"))
    }

    private func readRange(_ reader: KeywordReader, into rule: inout NumberRule) throws(SchemaFault) -> Bool {
        rule.minimum = try bound("minimum", "exclusiveMinimum", reader) { $0.value < $1.value }
        rule.maximum = try bound("maximum", "exclusiveMaximum", reader) { $1.value < $0.value }
        if let (value, text) = try reader.number("multipleOf") {
            guard let divisor = ExactNumber.Divisor(value) else {
                throw reader.fault("multipleOf", asked: "a number above 0 with at most 19 digits")
            }
            rule.divisor = divisor
            rule.divisorText = text
        }
        return rule.minimum != nil || rule.maximum != nil || rule.divisor != nil
    }

    /// The stricter of two bounds; in draft 4 the exclusive one is a property of the other.
    private func bound(
        _ keyword: String, _ exclusive: String, _ reader: KeywordReader,
        isWider: (NumberRule.Bound, NumberRule.Bound) -> Bool
    ) throws(SchemaFault) -> NumberRule.Bound? {
        let own = try reader.number(keyword)
        if draft == .four {
            let isExclusive = try reader.flag(exclusive)
            return own.map { NumberRule.Bound(value: $0.value, isExclusive: isExclusive, text: $0.text) }
        }
        let inclusive = own.map { NumberRule.Bound(value: $0.value, isExclusive: false, text: $0.text) }
        guard let (value, text) = try reader.number(exclusive) else { return inclusive }
        let strict = NumberRule.Bound(value: value, isExclusive: true, text: text)
        guard let inclusive, isWider(strict, inclusive) else { return strict }
        return inclusive
    }

    private func readText(_ reader: KeywordReader, into node: inout SchemaNode) throws(SchemaFault) {
        var rule = TextRule()
        rule.minimum = try reader.count("minLength", default: 0)
        rule.maximum = try reader.count("maxLength", default: .max)
        if let text = try reader.text("pattern") {
            rule.pattern = try reader.pattern(text, at: reader.pointer(of: "pattern"))
        }
        if rule.minimum > 0 || rule.maximum < .max || rule.pattern != nil { node.text = rule }
    }
}

/// Values that a schema lists. Arrays and objects become schemas, so that they too are followed byte by byte.
extension SchemaCompiler {
    private mutating func allow(_ values: [JSON], text: String, in node: inout SchemaNode) {
        var parts: [Int] = []
        var plain: [JSON] = []
        for value in values {
            switch value {
            case .array(let elements): parts.append(add(list(elements, node.pointer)))
            case .object(let object): parts.append(add(members(object, node.pointer)))
            default: plain.append(value)
            }
        }
        let (kinds, literals) = Self.literals(plain, text: text)
        // A second list of plain values, or one with arrays and objects in it, is a schema beside the first.
        if parts.isEmpty, node.literals == nil {
            node.kinds.formIntersection(kinds)
            node.literals = literals
        } else {
            var choice = SchemaNode(pointer: node.pointer)
            choice.kinds = kinds
            choice.literals = literals
            node.alternatives.append(.init(schemas: parts + [add(choice)], literalText: text))
        }
    }

    private static func literals(_ values: [JSON], text: String) -> (KindSet, Literals) {
        var kinds: KindSet = []
        var literals = Literals(text: text)
        var strings: [String] = []
        for value in values {
            switch value {
            case .null: kinds.insert(.null)
            case .bool(let value): kinds.formUnion(value ? .yes : .no)
            case .number(let text):
                kinds.insert(.number)
                literals.numbers.append(ExactNumber(text))
            case .string(let text):
                kinds.insert(.string)
                strings.append(text)
            case .array, .object: break
            }
        }
        literals.strings = ByteStrings(strings)
        return (kinds, literals)
    }

    private mutating func literal(_ value: JSON, _ pointer: String) -> Int {
        var node = SchemaNode(pointer: pointer)
        allow([value], text: value.text, in: &node)
        return add(node)
    }

    private mutating func nothing(_ pointer: String) -> Int {
        var node = SchemaNode(pointer: pointer)
        node.kinds = []
        return add(node)
    }

    private mutating func list(_ elements: [JSON], _ pointer: String) -> SchemaNode {
        var node = SchemaNode(pointer: pointer)
        node.kinds = .array
        var rule = ListRule()
        rule.prefix = elements.map { literal($0, pointer) }
        rule.rest = nothing(pointer)
        rule.minimum = elements.count
        rule.maximum = elements.count
        node.list = rule
        return node
    }

    private mutating func members(_ object: JSONObject, _ pointer: String) -> SchemaNode {
        var node = SchemaNode(pointer: pointer)
        node.kinds = .object
        let members = Bytes.members(of: object)
        var rule = MemberRule(names: members.map(\.key))
        for member in members {
            guard let slot = rule.names.position(of: member.key) else { continue }
            rule.schemas[slot] = literal(member.value, pointer)
            rule.isRequired[slot] = true
        }
        rule.requiredCount = members.count
        rule.additional = nothing(pointer)
        node.members = rule
        return node
    }
}
