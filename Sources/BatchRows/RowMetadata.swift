import LLMStreaming

/// What of a row is kept as its job's metadata: the argument of `--row-metadata`.
package enum RowMetadata: Sendable, Hashable {
    case all
    case none
    /// Columns as the user named them, divided by commas; a column whose own name is the whole text goes first.
    case named(String)
    /// Columns by their names.
    case columns([String])

    /// `all`, `none`, or names of columns.
    package init(argument: String) {
        switch argument {
        case "all": self = .all
        case "none": self = .none
        default: self = .named(argument)
        }
    }

    /// What is kept, by columns.
    enum Bound: Sendable, Equatable {
        case all
        case columns([Int])
    }

    /// What a choice means for a file.
    enum Binding: Equatable {
        /// Nil where nothing is kept.
        case bound(Bound?)
        case unknown([String])
    }

    /// Finds the columns.
    func bound(to columns: RowColumns) -> Binding {
        let names: [String]
        switch self {
        case .all: return .bound(.all)
        case .none: return .bound(nil)
        case .named(let text):
            if let column = columns.position(of: text) { return .bound(.columns([column])) }
            names = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        case .columns(let list): names = list
        }
        let positions = names.map { columns.position(of: $0) ?? columns.position(meantBy: $0.withoutSpacesAround) }
        let unknown = zip(names, positions).filter { $0.1 == nil }.map(\.0.withoutSpacesAround)
        if !unknown.isEmpty { return .unknown(unknown) }
        var kept: [Int] = []
        for case let position? in positions where !kept.contains(position) { kept.append(position) }
        return .bound(.columns(kept))
    }
}

/// The members of a row that become metadata, but for those that the template sets itself.
struct BoundMetadata: Sendable {
    /// A column's name with its colon as JSON.
    private struct Column: Sendable {
        var name: [UInt8]
        var position: Int
        /// Which member of the template goes before it, where that has a value.
        var rival: Int?
    }

    /// Nil where all members of an object are kept: of those a row may have more than the first.
    private let columns: [Column]?
    /// The members that the template sets, by their names and by the columns of these names.
    private let rivals: [ByteName: Int]
    private let columnRivals: [Int: Int]

    /// - Parameters:
    ///   - kept: what of the row.
    ///   - own: the names of the members that the template sets.
    init(_ kept: RowMetadata.Bound, besides own: [String], columns: RowColumns, isTable: Bool) {
        let rivals = Dictionary(zip(own.map(ByteName.init), own.indices), uniquingKeysWith: { first, _ in first })
        self.rivals = rivals
        columnRivals = Dictionary(
            own.indices.compactMap { rival in columns.position(of: own[rival]).map { ($0, rival) } },
            uniquingKeysWith: { first, _ in first })
        let positions: [Int]
        switch kept {
        case .all where !isTable:
            self.columns = nil
            return
        case .all: positions = Array(columns.names.indices)
        case .columns(let chosen): positions = chosen
        }
        self.columns = positions.map { position in
            var name: [UInt8] = []
            JSON.write(columns.names[position], to: &name)
            return Column(
                name: name + [UInt8(ascii: ":")], position: position, rival: rivals[ByteName(columns.names[position])])
        }
    }

    /// Appends the members, with commas between them; returns whether there are any.
    ///
    /// - Parameter isAbsent: whether a member of the template has no value in this row: then the row's stays.
    func write(_ row: Row, to output: inout [UInt8], isAbsent: (_ own: Int) -> Bool) -> Bool {
        var isAny = false
        guard let columns else {
            for member in row.members {
                if !rivals.isEmpty {
                    let rival = member.column.map { columnRivals[$0] } ?? rivals[ByteName(row.name(member.name))]
                    if let rival, !isAbsent(rival) { continue }
                }
                if isAny { output.append(UInt8(ascii: ",")) }
                isAny = true
                // With its quotes.
                row.writeBytes(member.name.lowerBound - 1..<member.name.upperBound + 1, to: &output)
                output.append(UInt8(ascii: ":"))
                row.writeBytes(member.value, to: &output)
            }
            return isAny
        }
        for column in columns {
            if let rival = column.rival, !isAbsent(rival) { continue }
            let value = row.values[column.position]
            if row.isObject, value.isEmpty { continue }
            if isAny { output.append(UInt8(ascii: ",")) }
            isAny = true
            output.append(contentsOf: column.name)
            if row.isObject {
                row.writeBytes(value, to: &output)
            } else {
                row.writeWhole(value, .string, to: &output)
            }
        }
        return isAny
    }
}
