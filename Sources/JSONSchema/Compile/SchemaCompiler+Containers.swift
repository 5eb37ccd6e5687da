import LLMStreaming

/// What schemas say about arrays.
extension SchemaCompiler {
    mutating func readList(_ reader: KeywordReader, into node: inout SchemaNode) throws(SchemaFault) {
        var rule = ListRule()
        if draft.hasPrefixItems {
            rule.prefix = try schemas("prefixItems", reader)
            if reader["items"]?.array != nil {
                throw reader.fault("items", asked: "one schema for all elements; a list of schemas is prefixItems")
            }
            rule.rest = try schema("items", reader)
        } else if let elements = reader["items"]?.array {
            rule.prefix = elements.isEmpty ? [] : try schemas("items", reader)
            rule.rest = try schema("additionalItems", reader)
        } else {
            rule.rest = try schema("items", reader)
        }
        rule.minimum = try reader.count("minItems", default: 0)
        rule.maximum = try reader.count("maxItems", default: .max)
        rule.isUnique = try reader.flag("uniqueItems")
        rule.contained = try schema("contains", reader)
        rule.minimumContained = try reader.count("minContains", default: 1)
        rule.maximumContained = try reader.count("maxContains", default: .max)
        let isEmpty =
            rule.prefix.isEmpty && rule.rest == nil && rule.minimum == 0 && rule.maximum == .max && !rule.isUnique
            && rule.contained == nil
        if !isEmpty { node.list = rule }
    }
}

/// What schemas say about objects.
extension SchemaCompiler {
    mutating func readMembers(_ reader: KeywordReader, into node: inout SchemaNode) throws(SchemaFault) {
        let properties = try reader.members("properties", of: "schemas")
        let required = try reader.names("required")
        let (needs, dependents) = try dependencies(reader)
        var rule = MemberRule(
            names: properties.map(\.key) + required + dependents.map(\.name)
                + needs.flatMap { [$0.name] + $0.names })
        for member in properties {
            guard let slot = rule.names.position(of: member.key) else { continue }
            let pointer = reader.pointer(of: "properties") + "/" + Excerpt.pointerPart(member.key)
            rule.schemas[slot] = try number(of: member.value, at: pointer, in: reader.place)
        }
        for name in required {
            guard let slot = rule.names.position(of: name), !rule.isRequired[slot] else { continue }
            rule.isRequired[slot] = true
            rule.requiredCount += 1
        }
        for need in needs {
            guard let slot = rule.names.position(of: need.name) else { continue }
            rule.hasNeeds = true
            rule.needs[slot] += need.names.compactMap { rule.names.position(of: $0) }
        }
        node.dependents = dependents.compactMap { dependent in
            rule.names.position(of: dependent.name).map { .init(slot: $0, schema: dependent.schema) }
        }
        try readPatterns(reader, into: &rule)
        rule.additional = try schema("additionalProperties", reader)
        rule.name = try schema("propertyNames", reader)
        rule.minimum = try reader.count("minProperties", default: 0)
        rule.maximum = try reader.count("maxProperties", default: .max)
        let isEmpty =
            rule.names.isEmpty && rule.patterns.isEmpty && rule.additional == nil && rule.name == nil
            && rule.minimum == 0 && rule.maximum == .max
        if !isEmpty { node.members = rule }
    }

    private mutating func readPatterns(_ reader: KeywordReader, into rule: inout MemberRule) throws(SchemaFault) {
        for member in try reader.members("patternProperties", of: "schemas") {
            let pointer = reader.pointer(of: "patternProperties") + "/" + Excerpt.pointerPart(member.key)
            let pattern = try reader.pattern(member.key, at: pointer)
            rule.patterns.append((pattern, try number(of: member.value, at: pointer, in: reader.place)))
        }
    }

    private typealias Needs = [(name: String, names: [String])]
    private typealias Dependents = [(name: String, schema: Int)]

    /// `dependentRequired`, `dependentSchemas`, and `dependencies`, which is both.
    private mutating func dependencies(_ reader: KeywordReader) throws(SchemaFault) -> (Needs, Dependents) {
        var needs: Needs = []
        var dependents: Dependents = []
        for member in try reader.members("dependentRequired", of: "lists of names") {
            needs.append((member.key, try reader.names(member.value, "dependentRequired")))
        }
        for keyword in ["dependentSchemas", "dependencies"] {
            for member in try reader.members(keyword, of: "schemas") {
                if keyword == "dependencies", member.value.array != nil {
                    needs.append((member.key, try reader.names(member.value, keyword)))
                    continue
                }
                let pointer = reader.pointer(of: keyword) + "/" + Excerpt.pointerPart(member.key)
                dependents.append((member.key, try number(of: member.value, at: pointer, in: reader.place)))
            }
        }
        return (needs, dependents)
    }
}

extension MemberRule {
    init(names: [String]) {
        self.names = ByteStrings(names)
        schemas = Array(repeating: nil, count: self.names.count)
        isRequired = Array(repeating: false, count: self.names.count)
        needs = Array(repeating: [], count: self.names.count)
    }
}
