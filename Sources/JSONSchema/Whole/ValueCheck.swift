import LLMStreaming

/// A check of a value that is there as a whole: simple, and with all that is wrong with it.
///
/// Whether a value fits is said by `SchemaStream`, whose work is bounded by value and schema; this one goes through
/// alternatives again and again, and stops after a number of steps.
struct ValueCheck {
    private let nodes: [SchemaNode]
    private var steps: Int
    private let mostFindings: Int
    private(set) var findings: [SchemaFinding] = []
    /// Whether something could not be decided: too many steps, or a pattern that is too complex.
    private(set) var isUndecided = false
    private var path: [String] = []

    init(_ nodes: [SchemaNode], steps: Int, mostFindings: Int = 0) {
        self.nodes = nodes
        self.steps = steps
        self.mostFindings = mostFindings
    }

    /// Whether a value fits as far as it could be decided.
    mutating func mayFit(_ value: CheckedValue, _ schema: Int) -> Bool {
        isUndecided = false
        let fits = fits(value, schema, isTold: false)
        return fits || isUndecided
    }

    /// Collects what is wrong with a value.
    mutating func explain(_ value: CheckedValue, _ schema: Int) { _ = fits(value, schema, isTold: true) }

    private mutating func tell(_ node: SchemaNode, _ keyword: Keyword, _ found: String, names: [String] = []) {
        guard findings.count < mostFindings else { return }
        let pointer = path.map { "/" + Excerpt.pointerPart($0) }.joined()
        let finding = SchemaFinding(pointer: pointer, found: found, asked: node.asked(keyword, names: names))
        if !findings.contains(finding) { findings.append(finding) }
    }

    /// - Parameter isTold: whether faults are collected; all of them are then, else the first one ends the check.
    private mutating func fits(_ value: CheckedValue, _ schema: Int, isTold: Bool) -> Bool {
        steps -= 1
        guard steps > 0 else {
            isUndecided = true
            return false
        }
        let node = nodes[schema]
        guard node.kinds.contains(value.kind) else {
            if isTold {
                let keyword: Keyword = node.kinds.isEmpty ? .falseSchema : .type
                tell(node, node.literals == nil ? keyword : .literal, value.found)
            }
            return false
        }
        var fits = true
        let own = brokenKeywords(of: value, node)
        if !own.isEmpty {
            if isTold { for (keyword, names) in own { tell(node, keyword, value.found, names: names) } }
            fits = false
        }
        if (fits || isTold), !partsFit(value, node, isTold) { fits = false }
        if (fits || isTold), !logicFits(value, node, isTold) { fits = false }
        return fits
    }

    private mutating func matches(_ pattern: Pattern, _ text: String) -> Bool {
        switch pattern.regex.match(text) {
        case .yes: return true
        case .no: return false
        case .tooComplex:
            isUndecided = true
            return false
        }
    }

    private typealias Broken = [(keyword: Keyword, names: [String])]

    /// The keywords that the value breaks by itself, apart from its parts.
    private mutating func brokenKeywords(of value: CheckedValue, _ node: SchemaNode) -> Broken {
        switch value {
        case .null, .bool: return []
        case .number(let number, _):
            if let literals = node.literals, !literals.numbers.contains(number) { return [(.literal, [])] }
            return node.number?.broken(by: number).map { [($0, [])] } ?? []
        case .string(let text): return brokenKeywords(of: text, node)
        case .array(let elements):
            guard let rule = node.list else { return [] }
            var broken: Broken = []
            if elements.count < rule.minimum { broken.append((.minItems, [])) }
            if elements.count > rule.maximum { broken.append((.maxItems, [])) }
            if rule.isUnique, Set(elements.map(\.canonical)).count < elements.count {
                broken.append((.uniqueItems, []))
            }
            return broken
        case .object(let members): return node.members.map { brokenKeywords(of: members.map(\.name), $0) } ?? []
        }
    }

    private mutating func brokenKeywords(of text: String, _ node: SchemaNode) -> Broken {
        if let literals = node.literals, literals.strings.position(of: text) == nil { return [(.literal, [])] }
        guard let rule = node.text else { return [] }
        let length = text.unicodeScalars.count
        if length < rule.minimum { return [(.minLength, [])] }
        if length > rule.maximum { return [(.maxLength, [])] }
        if let pattern = rule.pattern, !matches(pattern, text) { return [(.pattern, [])] }
        return []
    }

    private func brokenKeywords(of names: [String], _ rule: MemberRule) -> Broken {
        var broken: Broken = []
        let slots = Set(names.compactMap { rule.names.position(of: $0) })
        let missing = rule.isRequired.indices.filter { rule.isRequired[$0] && !slots.contains($0) }
        if !missing.isEmpty { broken.append((.required, missing.map { rule.names[$0] })) }
        let needed = Set(slots.flatMap { rule.needs[$0] }).subtracting(slots)
        if !needed.isEmpty { broken.append((.dependentRequired, needed.sorted().map { rule.names[$0] })) }
        if names.count < rule.minimum { broken.append((.minProperties, [])) }
        if names.count > rule.maximum { broken.append((.maxProperties, [])) }
        return broken
    }
}

/// The parts of a value.
extension ValueCheck {
    private mutating func partsFit(_ value: CheckedValue, _ node: SchemaNode, _ isTold: Bool) -> Bool {
        switch value {
        case .array(let elements): node.list.map { elementsFit(elements, $0, node, isTold) } ?? true
        case .object(let members): node.members.map { membersFit(members, $0, node, isTold) } ?? true
        default: true
        }
    }

    private mutating func part(_ name: String, _ value: CheckedValue, _ schema: Int, _ isTold: Bool) -> Bool {
        path.append(name)
        defer { path.removeLast() }
        return fits(value, schema, isTold: isTold)
    }

    private mutating func elementsFit(
        _ elements: [CheckedValue], _ rule: ListRule, _ node: SchemaNode, _ isTold: Bool
    ) -> Bool {
        var fits = true
        var contained = 0
        for (position, element) in elements.enumerated() where fits || isTold {
            if let schema = rule.schema(at: position), !part("\(position)", element, schema, isTold) { fits = false }
            if let schema = rule.contained, self.fits(element, schema, isTold: false) { contained += 1 }
        }
        guard rule.contained != nil, fits || isTold else { return fits }
        if contained < rule.minimumContained || contained > rule.maximumContained {
            let found = "\(contained) of \(elements.count)"
            if isTold { tell(node, contained < rule.minimumContained ? .contains : .maxContains, found) }
            fits = false
        }
        return fits
    }

    private mutating func membersFit(
        _ members: [(name: String, value: CheckedValue)], _ rule: MemberRule, _ node: SchemaNode, _ isTold: Bool
    ) -> Bool {
        var fits = true
        for (name, value) in members where fits || isTold {
            if let schema = rule.name, !part(name, .string(name), schema, isTold) { fits = false }
            var isCovered = false
            if let slot = rule.names.position(of: name), let schema = rule.schemas[slot] {
                isCovered = true
                if !part(name, value, schema, isTold) { fits = false }
            }
            for (pattern, schema) in rule.patterns where matches(pattern, name) {
                isCovered = true
                if !part(name, value, schema, isTold) { fits = false }
            }
            guard !isCovered, let schema = rule.additional else { continue }
            if nodes[schema].kinds.isEmpty {
                let known = rule.schemas.indices.filter { rule.schemas[$0] != nil }.map { rule.names[$0] }
                if isTold { tell(node, .additionalProperties, "the member \(JSON.string(name).text)", names: known) }
                fits = false
            } else if !part(name, value, schema, isTold) {
                fits = false
            }
        }
        return fits
    }
}

/// Schemas about the same value.
extension ValueCheck {
    private mutating func logicFits(_ value: CheckedValue, _ node: SchemaNode, _ isTold: Bool) -> Bool {
        var fits = true
        for schema in node.conjunction where fits || isTold {
            if !self.fits(value, schema, isTold: isTold) { fits = false }
        }
        for group in node.alternatives where fits || isTold {
            guard !group.schemas.contains(where: { self.fits(value, $0, isTold: false) }) else { continue }
            fits = false
            if isTold, group.literalText != nil {
                tell(node, .literal, value.found)
            } else if isTold {
                tellNearest(of: group.schemas, value, node, .anyOf)
            }
        }
        if !node.exactlyOne.isEmpty, fits || isTold {
            let count = node.exactlyOne.count { self.fits(value, $0, isTold: false) }
            if count != 1 {
                fits = false
                if isTold, count == 0 { tellNearest(of: node.exactlyOne, value, node, .oneOf) }
                if isTold, count > 1 { tell(node, .oneOf, "\(value.found), which fits \(count)") }
            }
        }
        if let negated = node.negated, fits || isTold, self.fits(value, negated, isTold: false) {
            if isTold { tell(node, .not, value.found) }
            fits = false
        }
        if let condition = node.condition, fits || isTold {
            let branch = self.fits(value, condition.test, isTold: false) ? condition.then : condition.otherwise
            if let branch, !self.fits(value, branch, isTold: isTold) { fits = false }
        }
        if case .object(let members) = value, let rule = node.members {
            for dependent in node.dependents where fits || isTold {
                let name = rule.names[dependent.slot]
                guard members.contains(where: { Bytes.areEqual($0.name, name) }) else { continue }
                if !self.fits(value, dependent.schema, isTold: isTold) { fits = false }
            }
        }
        return fits
    }

    /// Tells what is wrong by the only alternative that is about such values; where there are several, that none fits.
    private mutating func tellNearest(
        of schemas: [Int], _ value: CheckedValue, _ node: SchemaNode, _ keyword: Keyword
    ) {
        let near = schemas.filter { nodes[$0].kinds.contains(value.kind) }
        if let only = near.first, near.count == 1 {
            _ = fits(value, only, isTold: true)
        } else {
            tell(node, keyword, value.found)
        }
    }
}
