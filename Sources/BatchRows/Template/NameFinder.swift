import LLMStreaming

/// Finds what the names of a template mean, by the columns and, of JSONL, by the values of the first row.
///
/// An exact name goes before a dotted one, whose parts are members of members. Only columns are known by the first row: a name
/// that a member of a column's value, or of its items, may have is looked for in each row.
struct NameFinder {
    /// What a section is over.
    struct Scope {
        var source: BoundTemplate.Source?
        /// The values in the first row, one by one of a list; nil where that has none.
        var samples: [JSON]?
        /// Whether what it is over may have members that the first row does not show.
        var mayHaveMembers = true
    }

    private enum Finding {
        /// With the values that the first row has for it.
        case known([JSON])
        /// The first row does not tell.
        case possible
        case missing
    }

    let columns: RowColumns
    /// The first row's values, by column; nil for a table.
    private let first: [JSON]?

    init(_ columns: RowColumns, firstRow: Row?) {
        self.columns = columns
        first = firstRow.map { row in
            row.values.map { (try? JSONParser.parse(Array(row.bytes[$0]))) ?? .null }
        }
    }

    /// Which names there are, for messages.
    var known: String {
        let owner = first == nil ? "the header" : "the first row"
        return columns.count == 0 ? "\(owner) has no members" : "\(owner) has \(columns.list)"
    }

    /// What a name means within sections; nil where it means nothing.
    func source(_ name: String, _ scopes: [Scope]) -> BoundTemplate.Source? {
        let column = columns.position(meantBy: name)
        guard first != nil else {
            if let column { return .column(column) }
            // A cell has nothing within it: the innermost section's column is what it is over.
            return name == "." ? scopes.last?.source : nil
        }
        if name == ".", !scopes.isEmpty { return .current }
        if scopes.isEmpty, let column { return .column(column) }
        let findings = Self.paths(name).map { (names: $0, finding: find($0, scopes)) }
        let known = findings.first { if case .known = $0.finding { true } else { false } }
        let possible = findings.filter { if case .possible = $0.finding { true } else { false } }
        let paths = (known.map { [$0] } ?? possible).map { found in
            BoundTemplate.NamePath(
                column: columns.position(meantBy: found.names[0]), names: found.names.map(ByteName.init))
        }
        return paths.isEmpty ? nil : .named(paths)
    }

    /// What a section of that name is over.
    func scope(_ name: String, _ source: BoundTemplate.Source?, _ scopes: [Scope]) -> Scope {
        guard first != nil else { return Scope(source: source, samples: [], mayHaveMembers: false) }
        guard source != nil else { return Scope(source: nil, samples: nil) }
        var values: [JSON] = []
        if name == ".", let scope = scopes.last {
            values = scope.samples ?? []
        } else {
            for path in Self.paths(name) {
                guard case .known(let found) = find(path, scopes) else { continue }
                values = found
                break
            }
        }
        let items = values.flatMap { value in value.array ?? (value.asksForNothing ? [] : [value]) }
        let isFlat = values.allSatisfy { $0.array == nil } && items.allSatisfy { $0.object == nil }
        return Scope(
            source: source, samples: items.isEmpty ? nil : items, mayHaveMembers: items.isEmpty || !isFlat)
    }

    /// The name as one, and its parts where dots divide it.
    private static func paths(_ name: String) -> [[String]] {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        return parts.count > 1 && !parts.contains("") ? [[name], parts] : [[name]]
    }

    private func find(_ names: [String], _ scopes: [Scope]) -> Finding {
        let rest = names.dropFirst()
        var isPossible = false
        for scope in scopes.reversed() {
            guard let samples = scope.samples else {
                isPossible = true
                continue
            }
            let values = samples.compactMap { $0[names[0]] }
            if !values.isEmpty { return Self.descend(values, rest) }
            if scope.mayHaveMembers { isPossible = true }
        }
        if let column = columns.position(meantBy: names[0]), let first { return Self.descend([first[column]], rest) }
        return isPossible ? .possible : .missing
    }

    private static func descend(_ values: [JSON], _ names: ArraySlice<String>) -> Finding {
        var values = values
        for name in names {
            let objects = values.compactMap(\.object)
            guard !objects.isEmpty else { return values.allSatisfy(\.isNull) ? .possible : .missing }
            values = objects.compactMap { $0[name] }
            // Members of a value may be left out where they say nothing.
            if values.isEmpty { return .possible }
        }
        return .known(values)
    }
}

extension JSON {
    /// Whether a section over it is not shown.
    fileprivate var asksForNothing: Bool {
        switch self {
        case .null, .bool(false), .string(""), .array([]): true
        case .number: double == 0
        default: false
        }
    }
}
