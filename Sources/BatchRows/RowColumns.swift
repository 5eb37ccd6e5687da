/// The columns of a file of rows: the cells of its header line, or the members of its first JSON object.
package struct RowColumns: Sendable, Equatable {
    /// The most columns that a table may have: as many as a spreadsheet.
    static let maximumTableColumns = 16_384

    /// Their names in order.
    package let names: [String]
    private let positions: [ByteName: Int]
    /// The bytes of their names as JSON may write them without escapes; nil for one that it must escape.
    private let plain: [[UInt8]?]

    /// - Parameter names: no two of them of the same bytes.
    init(_ names: [String]) {
        self.names = names
        plain = names.map { $0.utf8.contains(UInt8(ascii: "\\")) ? nil : Array($0.utf8) }
        positions = Dictionary(
            zip(names.map(ByteName.init), names.indices), uniquingKeysWith: { first, _ in first })
    }

    /// The columns that a header line names.
    ///
    /// - Throws: `RowFault` of the whole file for a name that is empty or given twice, and for a line that is no header.
    init(header row: Row) throws(RowFault) {
        let names = row.values.map(row.text)
        if Self.isSeparator(names) {
            throw RowFault(
                line: row.line, "this is no header but what Excel takes the separator from: leave the line out",
                isWholeFile: true)
        }
        if let position = names.firstIndex(of: "") {
            throw RowFault(
                line: row.line, "the header has no name for column \((position + 1).inGroups)", isWholeFile: true)
        }
        if let repeated = ByteName.repeated(in: names) {
            throw RowFault(
                line: row.line, "the header names the column \(repeated.inQuotes) twice", isWholeFile: true)
        }
        self.init(names)
    }

    /// Whether a line is `sep=` and the separator, which may be the delimiter itself.
    private static func isSeparator(_ names: [String]) -> Bool {
        guard let first = names.first, first.lowercased().hasPrefix("sep=") else { return false }
        return names == [first, ""] && first.utf8.count == 4 || names.count == 1 && first.utf8.count == 5
    }

    var count: Int { names.count }

    /// The position of the column of exactly this name.
    func position(of name: String) -> Int? { positions[ByteName(name)] }

    /// The position of the column that a template's name means: the one of exactly this name, else the only one that
    /// Unicode takes as equal, else the only one that has it with spaces around, which a template cannot write.
    func position(meantBy name: String) -> Int? {
        position(of: name) ?? only { $0 == name } ?? only { $0.withoutSpacesAround == name }
    }

    private func only(_ isMeant: (String) -> Bool) -> Int? {
        let found = names.indices.filter { isMeant(names[$0]) }
        return found.count == 1 ? found[0] : nil
    }

    /// Whether the column at a position has the name of these bytes of JSON, without a String of it; false where only
    /// their escapes tell.
    func isNamed(_ raw: Span<UInt8>, at position: Int) -> Bool {
        guard position < plain.count, let name = plain[position], name.count == raw.count else { return false }
        for index in raw.indices where name[index] != raw[index] { return false }
        return true
    }

    /// The names, for messages; of many the first fifty.
    var list: String {
        let named = names.prefix(50).map(\.inQuotes).joined(separator: ", ")
        return names.count > 50 ? "\(named) and \((names.count - 50).inGroups) more" : named
    }
}

/// The name of a column or member by its bytes: what Unicode takes as equal may be two.
struct ByteName: Sendable, Hashable {
    let bytes: [UInt8]

    init(_ name: String) { bytes = Array(name.utf8) }

    /// The first of the names that stands there twice.
    static func repeated(in names: [String]) -> String? {
        guard names.count > 1 else { return nil }
        var seen: Set<ByteName> = []
        return names.first { !seen.insert(ByteName($0)).inserted }
    }
}

extension String {
    /// The text without white space at its start and its end.
    var withoutSpacesAround: String {
        guard first?.isWhitespace == true || last?.isWhitespace == true else { return self }
        let text = drop(while: \.isWhitespace)
        return String(text.prefix(upTo: text.lastIndex { !$0.isWhitespace }.map(text.index(after:)) ?? text.startIndex))
    }
}
