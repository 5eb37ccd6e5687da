/// A compiled schema document.
final class SchemaProgram: Sendable {
    let nodes: [SchemaNode]
    let possible: [KindSet]
    let certain: [KindSet]
    /// By schema; nil for those that hold for no value of their own.
    let plans: [Plan?]
    let root: Int

    init(nodes: [SchemaNode], possible: [KindSet], certain: [KindSet], plans: [Plan?], root: Int) {
        self.nodes = nodes
        self.possible = possible
        self.certain = certain
        self.plans = plans
        self.root = root
    }
}
