import LLMStreaming

/// From a schema document to a program: each schema of it becomes a node, also those that nothing refers to, so that
/// what is wrong in them is told too.
struct SchemaCompiler {
    let draft: SchemaDraft
    let index: SchemaIndex
    var nodes: [SchemaNode] = []
    private var numbers: [String: Int] = [:]
    private var waiting: [(number: Int, place: SchemaPlace)] = []

    static func compile(_ document: JSON) throws(SchemaFault) -> SchemaProgram {
        let named = document.object.flatMap { Bytes.value(of: "$schema", in: $0) }
        if let named, named.string == nil {
            throw SchemaFault(pointer: "/$schema", found: Excerpt.of(named.text), asked: "a URI")
        }
        let draft = SchemaDraft(naming: named?.string)
        var compiler = SchemaCompiler(draft: draft, index: try SchemaIndex(document, draft: draft))
        let root = compiler.number(
            of: SchemaPlace(pointer: "", value: document, base: compiler.index.base(at: "", in: URIReference(""))))
        while let next = compiler.waiting.popLast() {
            compiler.nodes[next.number] = try compiler.node(next.place)
        }
        try InPlaceOrder.check(compiler.nodes)
        return PlanBuilder.program(compiler.nodes, root: root)
    }

    private init(draft: SchemaDraft, index: SchemaIndex) {
        self.draft = draft
        self.index = index
    }

    /// The number of the schema at a place, which is compiled in its turn.
    mutating func number(of place: SchemaPlace) -> Int {
        if let number = numbers[place.pointer] { return number }
        let number = add(SchemaNode(pointer: place.pointer))
        numbers[place.pointer] = number
        waiting.append((number, place))
        return number
    }

    /// A node that is no schema of the document itself.
    mutating func add(_ node: SchemaNode) -> Int {
        nodes.append(node)
        return nodes.count - 1
    }

    /// A schema inside of another one.
    mutating func number(of value: JSON, at pointer: String, in outer: SchemaPlace) throws(SchemaFault) -> Int {
        switch value {
        case .object: break
        case .bool where draft.hasBooleanSchemas: break
        case .bool where pointer.hasSuffix("/additionalProperties") || pointer.hasSuffix("/additionalItems"): break
        default:
            throw SchemaFault(
                pointer: pointer, found: Excerpt.of(value.text),
                asked: draft.hasBooleanSchemas ? "a schema: an object, true or false" : "a schema: an object")
        }
        return number(of: SchemaPlace(pointer: pointer, value: value, base: index.base(at: pointer, in: outer.base)))
    }

    mutating func schema(_ keyword: String, _ reader: KeywordReader) throws(SchemaFault) -> Int? {
        guard let value = reader[keyword] else { return nil }
        return try number(of: value, at: reader.pointer(of: keyword), in: reader.place)
    }

    mutating func schemas(_ keyword: String, _ reader: KeywordReader) throws(SchemaFault) -> [Int] {
        guard let value = reader[keyword] else { return [] }
        guard let elements = value.array, !elements.isEmpty else {
            throw reader.fault(keyword, asked: "a list of schemas that is not empty")
        }
        var schemas: [Int] = []
        for (position, element) in elements.enumerated() {
            schemas.append(
                try number(of: element, at: reader.pointer(of: keyword) + "/\(position)", in: reader.place))
        }
        return schemas
    }

    private mutating func node(_ place: SchemaPlace) throws(SchemaFault) -> SchemaNode {
        var node = SchemaNode(pointer: place.pointer)
        switch place.value {
        case .bool(let isTrue):
            node.kinds = isTrue ? .all : []
        case .object(let object):
            let reader = KeywordReader(object: object, place: place, draft: draft)
            try readDefinitions(reader)
            if let target = try reference(reader) {
                node.conjunction.append(target)
                if draft.refStandsAlone { return node }
            }
            try refuse(reader)
            try readValues(reader, into: &node)
            try readList(reader, into: &node)
            try readMembers(reader, into: &node)
            try readLogic(reader, into: &node)
        default:
            throw SchemaFault(pointer: place.pointer, found: Excerpt.of(place.value.text), asked: "a schema")
        }
        return node
    }

    private mutating func readDefinitions(_ reader: KeywordReader) throws(SchemaFault) {
        for keyword in ["$defs", "definitions"] {
            for member in try reader.members(keyword, of: "schemas") {
                let pointer = reader.pointer(of: keyword) + "/" + Excerpt.pointerPart(member.key)
                _ = try number(of: member.value, at: pointer, in: reader.place)
            }
        }
    }

    private mutating func reference(_ reader: KeywordReader) throws(SchemaFault) -> Int? {
        guard let text = try reader.text("$ref") else { return nil }
        let target = try index.target(of: text, from: reader.place.base) { reader.fault("$ref", asked: $0) }
        return number(of: target)
    }

    private func refuse(_ reader: KeywordReader) throws(SchemaFault) {
        for keyword in ["unevaluatedItems", "unevaluatedProperties", "$dynamicRef", "$recursiveRef"]
        where reader[keyword] != nil {
            let instead = keyword.hasPrefix("$") ? "$ref" : "additionalProperties or items"
            throw reader.fault(keyword, asked: "\(instead); \(keyword) is not supported")
        }
    }

    private mutating func readLogic(_ reader: KeywordReader, into node: inout SchemaNode) throws(SchemaFault) {
        node.conjunction += try schemas("allOf", reader)
        // An only alternative must hold, and more is certain of what must.
        let any = try schemas("anyOf", reader)
        if any.count == 1 { node.conjunction += any }
        if any.count > 1 { node.alternatives.append(.init(schemas: any, literalText: nil)) }
        let one = try schemas("oneOf", reader)
        if one.count == 1 { node.conjunction += one } else { node.exactlyOne = one }
        node.negated = try schema("not", reader)
        let then = try schema("then", reader)
        let otherwise = try schema("else", reader)
        guard let test = try schema("if", reader), then != nil || otherwise != nil else { return }
        node.condition = .init(test: test, then: then, otherwise: otherwise)
    }
}
