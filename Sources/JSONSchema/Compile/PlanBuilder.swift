/// From compiled schemas to plans: one for each schema that a value of its own can be checked against.
struct PlanBuilder {
    private let nodes: [SchemaNode]
    private let order: InPlaceOrder
    private var listed: [KindSet?]
    private var literals: [Literals?]

    static func program(_ nodes: [SchemaNode], root: Int) -> SchemaProgram {
        var builder = PlanBuilder(nodes)
        builder.filterLiterals()
        let analysis = KindAnalysis(nodes, listed: builder.listed)
        var plans: [Plan?] = Array(repeating: nil, count: nodes.count)
        for schema in builder.entrances(root) { plans[schema] = builder.plan(schema, analysis) }
        return SchemaProgram(
            nodes: nodes, possible: analysis.possible, certain: analysis.certain, plans: plans, root: root)
    }

    private init(_ nodes: [SchemaNode]) {
        self.nodes = nodes
        order = InPlaceOrder(nodes)
        listed = Array(repeating: nil, count: nodes.count)
        literals = Array(repeating: nil, count: nodes.count)
    }

    /// The schemas that a value can begin with.
    private func entrances(_ root: Int) -> Set<Int> {
        var found: Set<Int> = [root]
        for node in nodes {
            if let list = node.list {
                found.formUnion(list.prefix)
                found.formUnion([list.rest, list.contained].compactMap { $0 })
            }
            if let members = node.members {
                found.formUnion(members.schemas.compactMap { $0 })
                found.formUnion(members.patterns.map(\.schema))
                found.formUnion([members.additional, members.name].compactMap { $0 })
            }
        }
        return found
    }

    private func plan(_ schema: Int, _ analysis: KindAnalysis) -> Plan {
        let closure = order.closure(of: schema)
        var positions: [Int: Int] = [:]
        for (position, member) in closure.enumerated() { positions[member] = position }
        let conjunction = Set(self.conjunction(of: schema))
        let planNodes = closure.map { member in
            let own = literals[member] ?? nodes[member].literals
            let left = conjunction.contains(member) && nodes[member].literals != nil ? literals[schema] : nil
            return PlanNode(member, in: analysis, literals: left ?? own, positions: positions)
        }
        return Plan(planNodes, mustHold: closure.map { conjunction.contains($0) })
    }

    /// A schema and those that must hold wherever it does.
    private func conjunction(of schema: Int) -> [Int] {
        var found = [schema]
        var seen: Set<Int> = [schema]
        var next = 0
        while next < found.count {
            for other in nodes[found[next]].conjunction where seen.insert(other).inserted { found.append(other) }
            next += 1
        }
        return found
    }

    /// Leaves of listed values those that fit everything else that is said about them, so that a beginning which only
    /// the others have is known to be wrong at once.
    private mutating func filterLiterals() {
        // Beyond this the lists stay as they are, which is right too.
        var check = ValueCheck(nodes, steps: 2_000_000)
        for schema in nodes.indices {
            let conjunction = conjunction(of: schema)
            guard let first = conjunction.first(where: { nodes[$0].literals != nil }) else { continue }
            let hasMore = conjunction.count > 1 || nodes[schema].saysMoreThanLiterals
            guard hasMore, let own = nodes[first].literals else { continue }
            let (kinds, left) = check.filter(own, nodes[first].kinds, by: schema)
            listed[schema] = kinds
            literals[schema] = left
        }
    }
}

extension SchemaNode {
    fileprivate var saysMoreThanLiterals: Bool {
        number != nil || text != nil || !inPlace.isEmpty
    }
}

extension ValueCheck {
    fileprivate mutating func filter(
        _ literals: Literals, _ kinds: KindSet, by schema: Int
    ) -> (KindSet, Literals) {
        var left = Literals(text: literals.text)
        var leftKinds: KindSet = []
        for (kind, value) in [(KindSet.null, CheckedValue.null), (.no, .bool(false)), (.yes, .bool(true))]
        where kinds.contains(kind) && mayFit(value, schema) { leftKinds.insert(kind) }
        left.numbers = literals.numbers.filter { kinds.contains(.number) && mayFit(.number($0), schema) }
        if !left.numbers.isEmpty { leftKinds.insert(.number) }
        let strings = (0..<literals.strings.count).map { literals.strings[$0] }
        left.strings = ByteStrings(strings.filter { kinds.contains(.string) && mayFit(.string($0), schema) })
        if !left.strings.isEmpty { leftKinds.insert(.string) }
        return (leftKinds, left)
    }
}
