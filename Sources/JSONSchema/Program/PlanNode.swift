/// A schema as a part of a plan: its rules for the value, and how it follows from others about the same value.
///
/// Numbers of other schemas about the same value are positions in the plan, all before its own.
final class PlanNode: Sendable {
    let node: SchemaNode
    /// The kinds of which some value may fit.
    let possible: KindSet
    /// The kinds of which every value fits.
    let certain: KindSet
    /// The kinds with rules of their own.
    let ruled: KindSet
    /// The plain values that are left, with everything around them considered.
    let literals: Literals?
    /// How many elements an array may have: `maxItems`, or the elements before one that nothing fits.
    let mostItems: Int
    /// By slot, whether a member of that name may be there; nil where other names may be too.
    let allowedNames: [UInt64]?
    /// Whether an object's own rules hold as soon as its required members came.
    let isOnlyRequired: Bool
    /// All of `node.inPlace`, as positions.
    let inPlace: [Int]
    let conjunction: [Int]
    let alternatives: [[Int]]
    let exactlyOne: [Int]
    let negated: Int?
    let condition: SchemaNode.Condition?
    let dependents: [SchemaNode.Dependent]

    init(_ id: Int, in analysis: KindAnalysis, literals: Literals?, positions: [Int: Int]) {
        let node = analysis.nodes[id]
        let place: (Int) -> Int = { positions[$0] ?? 0 }
        self.node = node
        self.literals = literals
        possible = analysis.possible[id]
        certain = analysis.certain[id]
        ruled = node.ruledKinds
        mostItems = node.list.map(analysis.mostItems) ?? .max
        allowedNames = node.members.flatMap(analysis.allowedNames)
        isOnlyRequired = node.members?.isOnlyRequired == true && node.dependents.isEmpty
        inPlace = node.inPlace.map(place)
        conjunction = node.conjunction.map(place)
        alternatives = node.alternatives.map { $0.schemas.map(place) }
        exactlyOne = node.exactlyOne.map(place)
        negated = node.negated.map(place)
        condition = node.condition.map {
            SchemaNode.Condition(
                test: place($0.test), then: $0.then.map(place), otherwise: $0.otherwise.map(place))
        }
        dependents = node.dependents.map { SchemaNode.Dependent(slot: $0.slot, schema: place($0.schema)) }
    }
}

/// All that holds for one value: a schema and those it refers to for the same value, each once, the schema last.
final class Plan: Sendable {
    let nodes: [PlanNode]
    /// The nodes without which the last one cannot hold.
    let mustHold: [Bool]

    init(_ nodes: [PlanNode], mustHold: [Bool]) {
        self.nodes = nodes
        self.mustHold = mustHold
    }
}
