/// The order in which schemas about the same value follow from one another.
struct InPlaceOrder {
    private let inPlace: [[Int]]

    init(_ nodes: [SchemaNode]) { inPlace = nodes.map(\.inPlace) }

    /// A schema and all that it refers to for the same value, each once and behind those that it refers to.
    ///
    /// Without recursion: a chain of references may be as long as the document.
    func closure(of schema: Int) -> [Int] {
        var order: [Int] = []
        var entered: Set<Int> = [schema]
        var path: [(schema: Int, next: Int)] = [(schema, 0)]
        while let (current, next) = path.last {
            guard next < inPlace[current].count else {
                order.append(current)
                path.removeLast()
                continue
            }
            path[path.count - 1].next += 1
            let child = inPlace[current][next]
            if entered.insert(child).inserted { path.append((child, 0)) }
        }
        return order
    }

    /// Refuses schemas that come back to themselves without a step into the value: no value is ever checked by them.
    static func check(_ nodes: [SchemaNode]) throws(SchemaFault) {
        let inPlace = nodes.map(\.inPlace)
        enum Mark { case new, open, done }
        var marks = Array(repeating: Mark.new, count: nodes.count)
        for start in nodes.indices where marks[start] == .new {
            marks[start] = .open
            var path: [(schema: Int, next: Int)] = [(start, 0)]
            while let (current, next) = path.last {
                guard next < inPlace[current].count else {
                    marks[current] = .done
                    path.removeLast()
                    continue
                }
                path[path.count - 1].next += 1
                let child = inPlace[current][next]
                switch marks[child] {
                case .done: break
                case .open:
                    throw SchemaFault(
                        pointer: nodes[child].pointer, found: "a schema that refers to itself for the same value",
                        asked: "references that go on to a part of the value, or end")
                case .new:
                    marks[child] = .open
                    path.append((child, 0))
                }
            }
        }
    }
}
