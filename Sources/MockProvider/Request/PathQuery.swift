/// The query of a path, with its values percent-decoded.
struct PathQuery {
    private let items: [(name: Substring, value: String)]

    init(path: String) {
        let query = path.firstIndex(of: "?").map { path[path.index(after: $0)...] } ?? ""
        items = query.split(separator: "&").map { item in
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (parts[0], parts.count > 1 ? parts[1].percentDecoded() : "")
        }
    }

    /// The first value of a name.
    subscript(name: String) -> String? { items.first { $0.name == name }?.value }
}
