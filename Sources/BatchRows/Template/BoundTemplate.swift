import LLMStreaming

/// A template whose names are bound to the columns of a file: makes a job line of each row.
///
/// With the reading of its row a line of 390 bytes takes 0.8 us, one of 1,090 bytes 1.3 (four tags, a section and an option
/// that is a number). swift-mustache 2.1.1 takes 6.5 for the text of such a line alone, and has no names with spaces or
/// of letters that are not ASCII, no fault for an unknown name, 0 and an empty text as true, and partials that cannot be
/// turned off.
package struct BoundTemplate: Sendable {
    /// Where a tag's value comes from.
    enum Source: Sendable {
        case column(Int)
        /// What the innermost section is over: `{{.}}`.
        case current
        /// A name that the item of a section may have, else an outer section's, else a column; the first of the paths
        /// that leads to a value.
        case named([NamePath])
    }

    /// A name, and the names of members within its value.
    struct NamePath: Sendable {
        var column: Int?
        var names: [ByteName]
    }

    /// A part of the job line.
    indirect enum Piece: Sendable {
        /// JSON as it is.
        case bytes([UInt8])
        /// Within a string.
        case text(Source)
        /// In place of a string.
        case whole(Source, WholeField)
        case section(Source, isInverted: Bool, [Piece])
        /// An object or array of which some parts may be absent.
        case list([Element], isObject: Bool)
        /// An object of members of the row, with those of the template behind them.
        case metadata(BoundMetadata, [Element])
    }

    /// A field that one value fills.
    struct WholeField: Sendable {
        var types: FieldTypes
        /// What is wrong with a cell that is none of its literals; nil where the reader of job lines says it, or nothing is.
        var refusal: String?
    }

    /// A member of an object with its name and colon, or an element of an array.
    struct Element: Sendable {
        var name: [UInt8]
        var pieces: [Piece]
        /// Where it comes from if it is absent without a value, of a table without a byte.
        var optional: Source?
    }

    let pieces: [Piece]

    /// Appends the job line of a row.
    ///
    /// - Parameter maximumBytes: the most bytes that it may have.
    /// - Throws: where it has more, and of a cell that a number's or a boolean's field cannot have.
    func write(_ row: Row, to output: inout [UInt8], maximumBytes: Int) throws(RowFault) {
        var writer = RowWriter(line: row.line, maximumBytes: maximumBytes)
        try writer.write(pieces, row, to: &output)
        try writer.check(output)
    }
}

/// Writes the job line of one row, which it is handed with each part: one of its own would be held and let go in each.
struct RowWriter {
    private let line: Int
    private let maximumBytes: Int
    /// What the sections are over that the next piece stands in.
    private var scopes: [Range<Int>] = []
    /// How many items were gone through.
    private var items = 0

    init(line: Int, maximumBytes: Int) {
        self.line = line
        self.maximumBytes = maximumBytes
    }

    @inline(__always)
    func check(_ output: [UInt8]) throws(RowFault) {
        // Lists within lists may be gone through without a byte to show for it.
        guard output.count <= maximumBytes, items <= maximumBytes else {
            throw .oversizedJobLine(line: line, maximumBytes: maximumBytes)
        }
    }

    mutating func write(
        _ pieces: [BoundTemplate.Piece], _ row: Row, to output: inout [UInt8]
    ) throws(RowFault) {
        for piece in pieces {
            // A row may be as long as a line, and a template may hold it a hundred times.
            try check(output)
            switch piece {
            case .bytes(let bytes): output.append(contentsOf: bytes)
            case .text(let source): if let value = value(source, row) { row.writeText(value, to: &output) }
            case .whole(let source, let field):
                // Without a value the element that it stands in is left out.
                if let value = value(source, row) { try writeWhole(value, field, row, to: &output) }
            case .section(let source, let isInverted, let inner):
                let value = value(source, row)
                guard let value, row.isTrue(value) else {
                    if isInverted { try write(inner, row, to: &output) }
                    continue
                }
                if !isInverted { try writeSection(value, inner, row, to: &output) }
            case .list(let elements, let isObject):
                output.append(isObject ? UInt8(ascii: "{") : UInt8(ascii: "["))
                try writeElements(elements, row, isFirst: true, to: &output)
                output.append(isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"))
            case .metadata(let metadata, let own):
                output.append(UInt8(ascii: "{"))
                let isAny = metadata.write(row, to: &output) { isAbsent(own[$0], row) }
                try writeElements(own, row, isFirst: !isAny, to: &output)
                output.append(UInt8(ascii: "}"))
            }
        }
    }

    private func writeWhole(
        _ value: Range<Int>, _ field: BoundTemplate.WholeField, _ row: Row, to output: inout [UInt8]
    ) throws(RowFault) {
        if let refusal = field.refusal, !row.isLiteral(value, field.types) { throw RowFault(line: line, refusal) }
        row.writeWhole(value, field.types, to: &output)
    }

    /// Whether an element is left out, for it has no value.
    private func isAbsent(_ element: BoundTemplate.Element, _ row: Row) -> Bool {
        guard let source = element.optional else { return false }
        return value(source, row)?.isEmpty ?? true
    }

    private mutating func writeElements(
        _ elements: [BoundTemplate.Element], _ row: Row, isFirst: Bool, to output: inout [UInt8]
    ) throws(RowFault) {
        var isFirst = isFirst
        for element in elements where !isAbsent(element, row) {
            if !isFirst { output.append(UInt8(ascii: ",")) }
            isFirst = false
            output.append(contentsOf: element.name)
            try write(element.pieces, row, to: &output)
        }
    }

    /// Writes what a section holds: once, or of a list once for each of its elements.
    private mutating func writeSection(
        _ value: Range<Int>, _ inner: [BoundTemplate.Piece], _ row: Row, to output: inout [UInt8]
    ) throws(RowFault) {
        let isList = row.isObject && row.bytes[value.lowerBound] == UInt8(ascii: "[")
        for item in isList ? row.elements(value) : [value] {
            scopes.append(item)
            items += 1
            try write(inner, row, to: &output)
            scopes.removeLast()
            try check(output)
        }
    }

    /// The bytes of a value; nil where there is none.
    private func value(_ source: BoundTemplate.Source, _ row: Row) -> Range<Int>? {
        switch source {
        case .column(let column): return value(ofColumn: column, row)
        case .current: return scopes.last
        case .named(let paths):
            for path in paths { if let value = value(path, row) { return value } }
            return nil
        }
    }

    private func value(ofColumn column: Int, _ row: Row) -> Range<Int>? {
        let value = row.values[column]
        return row.isObject && value.isEmpty ? nil : value
    }

    private func value(_ path: BoundTemplate.NamePath, _ row: Row) -> Range<Int>? {
        guard let name = path.names.first else { return nil }
        var value: Range<Int>?
        for scope in scopes.reversed() where value == nil { value = row.member(name, of: scope) }
        if value == nil, let column = path.column { value = self.value(ofColumn: column, row) }
        for name in path.names.dropFirst() { value = value.flatMap { row.member(name, of: $0) } }
        return value
    }
}
