/// For each schema the kinds of which some value may fit, and those of which every value does.
///
/// Both are on the safe side: a kind that is not possible has no value that fits, a kind that is certain none that does
/// not. They say at once that a branch is over, or that a member may not be there since nothing fits it.
struct KindAnalysis {
    let nodes: [SchemaNode]
    private(set) var possible: [KindSet]
    private(set) var certain: [KindSet]
    /// What is left of a schema whose values are listed; nil for others.
    let listed: [KindSet?]

    init(_ nodes: [SchemaNode], listed: [KindSet?]) {
        self.nodes = nodes
        self.listed = listed
        // Each needs the other for `not`: two rounds, each right whatever the round before left unsaid.
        possible = Array(repeating: .all, count: nodes.count)
        certain = Array(repeating: [], count: nodes.count)
        for _ in 0..<2 {
            certain = grown(\.certain) { $0.certainKinds(of: $1) }
            possible = grown(\.possible) { $0.possibleKinds(of: $1) }
        }
    }

    /// The least sets that agree with the rule: what needs itself, as an object that must hold one like it, is nothing.
    private func grown(
        _ sets: WritableKeyPath<KindAnalysis, [KindSet]>, _ rule: (KindAnalysis, Int) -> KindSet
    ) -> [KindSet] {
        var copy = self
        copy[keyPath: sets] = Array(repeating: [], count: nodes.count)
        var changes = true
        while changes {
            changes = false
            for schema in nodes.indices.reversed() {
                let kinds = rule(copy, schema)
                if kinds != copy[keyPath: sets][schema] {
                    copy[keyPath: sets][schema] = kinds
                    changes = true
                }
            }
        }
        return copy[keyPath: sets]
    }

    private func union(_ schemas: [Int], _ sets: [KindSet]) -> KindSet {
        schemas.reduce(into: []) { $0.formUnion(sets[$1]) }
    }

    private func possibleKinds(of schema: Int) -> KindSet {
        let node = nodes[schema]
        var kinds = node.kinds.subtracting(emptyKinds(of: node))
        if let listed = listed[schema] { kinds.formIntersection(listed) }
        for other in node.conjunction { kinds.formIntersection(possible[other]) }
        for group in node.alternatives { kinds.formIntersection(union(group.schemas, possible)) }
        if !node.exactlyOne.isEmpty { kinds.formIntersection(possibleForOne(of: node.exactlyOne)) }
        if let negated = node.negated { kinds.subtract(certain[negated]) }
        if let condition = node.condition {
            let then = condition.then.map { possible[$0] } ?? .all
            let otherwise = condition.otherwise.map { possible[$0] } ?? .all
            kinds.formIntersection(
                possible[condition.test].intersection(then).union(otherwise.subtracting(certain[condition.test])))
        }
        return kinds
    }

    /// Kinds for which one of the schemas may fit while no two of them always do.
    private func possibleForOne(of schemas: [Int]) -> KindSet {
        var once: KindSet = []
        var twice: KindSet = []
        for schema in schemas {
            twice.formUnion(once.intersection(certain[schema]))
            once.formUnion(certain[schema])
        }
        return union(schemas, possible).subtracting(twice)
    }

    private func emptyKinds(of node: SchemaNode) -> KindSet {
        var kinds: KindSet = []
        if node.number?.isEmpty == true { kinds.insert(.number) }
        if let text = node.text, text.minimum > text.maximum { kinds.insert(.string) }
        if let list = node.list, isEmpty(list) { kinds.insert(.array) }
        if let members = node.members, isEmpty(members) { kinds.insert(.object) }
        return kinds
    }

    private func isEmpty(_ list: ListRule) -> Bool {
        let most = mostItems(list)
        if list.minimum > most { return true }
        guard let contained = list.contained, list.minimumContained > 0 else { return false }
        return possible[contained].isEmpty || list.minimumContained > min(most, list.maximumContained)
    }

    /// How many elements an array may have at most.
    func mostItems(_ list: ListRule) -> Int {
        let end = list.prefix.firstIndex { possible[$0].isEmpty }
        let most = end ?? (list.rest.map { possible[$0].isEmpty } == true ? list.prefix.count : .max)
        return min(most, list.maximum)
    }

    private func isEmpty(_ rule: MemberRule) -> Bool {
        if max(rule.minimum, rule.requiredCount) > rule.maximum { return true }
        if rule.minimum > 0, let name = rule.name, !possible[name].contains(.string) { return true }
        if let allowed = allowedNames(rule) {
            if rule.minimum > allowed.reduce(0, { $0 + $1.nonzeroBitCount }) { return true }
            return rule.isRequired.indices.contains { slot in
                rule.isRequired[slot] && allowed[slot / 64] >> (slot % 64) & 1 == 0
            }
        }
        return rule.isRequired.indices.contains { rule.isRequired[$0] && !mayHave($0, rule) }
    }

    /// By slot, whether a member of that name may be there; nil where other names may be too.
    func allowedNames(_ rule: MemberRule) -> [UInt64]? {
        guard let additional = rule.additional, possible[additional].isEmpty,
            rule.patterns.allSatisfy({ possible[$0.schema].isEmpty })
        else { return nil }
        var allowed = Array(repeating: UInt64(0), count: (rule.names.count + 63) / 64)
        for slot in rule.schemas.indices where rule.schemas[slot] != nil && mayHave(slot, rule) {
            allowed[slot / 64] |= 1 << (slot % 64)
        }
        return allowed
    }

    private func mayHave(_ slot: Int, _ rule: MemberRule) -> Bool {
        if let name = rule.name {
            var check = ValueCheck(nodes, steps: 1000)
            if !check.mayFit(.string(rule.names[slot]), name) { return false }
        }
        var isCovered = false
        if let schema = rule.schemas[slot] {
            if possible[schema].isEmpty { return false }
            isCovered = true
        }
        if !rule.patterns.isEmpty {
            let name = rule.names[slot]
            for (pattern, schema) in rule.patterns {
                // A pattern that is too complex is no reason to say no.
                guard pattern.regex.match(name) == .yes else { continue }
                if possible[schema].isEmpty { return false }
                isCovered = true
            }
        }
        return isCovered || rule.additional.map { !possible[$0].isEmpty } ?? true
    }
}

extension KindAnalysis {
    private func certainKinds(of schema: Int) -> KindSet {
        let node = nodes[schema]
        var kinds = node.kinds.subtracting(node.ruledKinds)
        if node.kinds.contains(.array), let list = node.list, allowsAll(list) { kinds.insert(.array) }
        if node.kinds.contains(.object), let members = node.members, allowsAll(members) { kinds.insert(.object) }
        for other in node.conjunction { kinds.formIntersection(certain[other]) }
        for group in node.alternatives { kinds.formIntersection(union(group.schemas, certain)) }
        if !node.exactlyOne.isEmpty { kinds.formIntersection(certainForOne(of: node.exactlyOne)) }
        if let negated = node.negated { kinds.subtract(possible[negated]) }
        if let condition = node.condition {
            let then = condition.then.map { certain[$0] } ?? .all
            let otherwise = condition.otherwise.map { certain[$0] } ?? .all
            let always = certain[condition.test].intersection(then)
            let never = otherwise.subtracting(possible[condition.test])
            kinds.formIntersection(always.union(never).union(then.intersection(otherwise)))
        }
        for dependent in node.dependents where !certain[dependent.schema].contains(.object) { kinds.remove(.object) }
        return kinds
    }

    private func certainForOne(of schemas: [Int]) -> KindSet {
        var kinds: KindSet = []
        for (position, schema) in schemas.enumerated() {
            var others = schemas
            others.remove(at: position)
            kinds.formUnion(certain[schema].subtracting(union(others, possible)))
        }
        return kinds
    }

    private func allowsAll(_ list: ListRule) -> Bool {
        let contains = list.contained == nil || list.minimumContained == 0 && list.maximumContained == .max
        return contains && list.minimum == 0 && list.maximum == .max && !list.isUnique
            && list.prefix.allSatisfy { certain[$0] == .all } && list.rest.map { certain[$0] == .all } ?? true
    }

    private func allowsAll(_ rule: MemberRule) -> Bool {
        rule.requiredCount == 0 && rule.minimum == 0 && rule.maximum == .max && rule.needs.allSatisfy(\.isEmpty)
            && rule.schemas.allSatisfy { $0.map { certain[$0] == .all } ?? true }
            && rule.patterns.allSatisfy { certain[$0.schema] == .all }
            && rule.additional.map { certain[$0] == .all } ?? true
            && rule.name.map { certain[$0].contains(.string) } ?? true
    }
}
