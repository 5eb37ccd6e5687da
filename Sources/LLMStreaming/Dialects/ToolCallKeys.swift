/// Which tool call a delta belongs to, in all the ways that servers key them (WIRE.md 2).
struct ToolCallKeys: Sendable {
    /// The most calls of one answer; a look-up is a scan.
    static let maximumCalls = 10_000

    private struct Call {
        var index: Int?
        var id: String
        var name: String
        var isNew: Bool
        var hasArguments = false
    }

    private var calls: [Call] = []

    /// The number of the call, from 0 in order of appearance; a call not seen before gets the next one.
    ///
    /// By index; a second id on one index is a new call (Cerebras), and so is a second name once the first call has
    /// arguments. Without an index by id (Mistral); without both it is the last call, but a further entry of the same
    /// delta that has a name is a call of its own.
    /// - Parameter position: the entry's place in its delta's list.
    mutating func item(index: Int?, id: String, name: String, position: Int) -> Int {
        if let index {
            let isSame = { (call: Call) in call.index == index && (id.isEmpty || call.id == id) }
            let item =
                calls.lastIndex(where: isSame) ?? calls.lastIndex { $0.index == index && $0.id.isEmpty }
            if let item, !isAnother(name, than: calls[item], id) { return item }
        } else if !id.isEmpty {
            if let item = calls.lastIndex(where: { $0.id == id }) { return item }
        } else if !calls.isEmpty, position == 0 || name.isEmpty {
            return calls.count - 1
        }
        calls.append(Call(index: index, id: "", name: "", isNew: true))
        return calls.count - 1
    }

    /// Whether an entry without an id is a call of its own by its name.
    private func isAnother(_ name: String, than call: Call, _ id: String) -> Bool {
        id.isEmpty && call.hasArguments && !name.isEmpty && !call.name.isEmpty && name != call.name
    }

    /// Notes that arguments of a call came.
    mutating func hasArguments(_ item: Int) { calls[item].hasArguments = true }

    /// Whether a delta tells the call's beginning, id or name for the first time; later ones repeat them or are empty.
    mutating func learns(_ item: Int, id: String, name: String) -> Bool {
        var learnt = calls[item].isNew
        calls[item].isNew = false
        if calls[item].id.isEmpty, !id.isEmpty {
            calls[item].id = id
            learnt = true
        }
        if calls[item].name.isEmpty, !name.isEmpty {
            calls[item].name = name
            learnt = true
        }
        return learnt
    }
}
