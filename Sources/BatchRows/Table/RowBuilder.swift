/// Collects the cells of a row, and checks them at its end.
struct RowBuilder: Sendable {
    /// The columns of the first row; nil until it has ended.
    private(set) var columns: RowColumns?
    private(set) var row = Row()
    private let maximumBytes: Int
    /// The bytes that the row has in the file.
    private var count = 0
    private var cellStart = 0
    private var cells = 0
    /// What is wrong in one of its cells.
    private var reason: String?

    init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    private var isOversized: Bool { count > maximumBytes }
    /// How many cells are kept: those that are too many are only counted.
    private var maximumCells: Int { columns?.count ?? RowColumns.maximumTableColumns }

    mutating func begin(at line: Int) {
        row.line = line
        row.bytes.removeAll(keepingCapacity: true)
        row.values.removeAll(keepingCapacity: true)
        (count, cellStart, cells, reason) = (0, 0, 0, nil)
    }

    /// Appends text to the cell.
    mutating func append(_ text: Span<UInt8>) {
        count += text.count
        guard !isOversized else {
            if !row.bytes.isEmpty { row.bytes = [] }
            return
        }
        unsafe text.withUnsafeBufferPointer { unsafe row.bytes.append(contentsOf: $0) }
    }

    /// Counts a quote, which is no text.
    mutating func countSyntax() { count += 1 }

    /// Notes what is wrong with the cell; the first fault of a row is told.
    ///
    /// - Parameter line: where it is; nil where that is not known.
    mutating func fail(_ words: String, at line: Int?) {
        guard reason == nil else { return }
        let isElsewhere = line.map { $0 != row.line } ?? false
        let place = isElsewhere ? ", in line \(line ?? 0)" : ""
        reason = "\(words)\(place), in \(name(ofCell: cells))"
    }

    mutating func endCell() {
        defer { cells += 1 }
        count += 1
        guard !isOversized else { return }
        if cells < maximumCells { row.values.append(cellStart..<row.bytes.count) }
        // So that the bytes of two cells never make one character.
        row.bytes.append(UInt8(ascii: ","))
        cellStart = row.bytes.count
    }

    /// Checks the row at its end.
    ///
    /// - Returns: false for the header, which is no row of the table.
    /// - Throws: what is wrong with it.
    mutating func endRow() throws(RowFault) -> Bool {
        endCell()
        // The last cell has no delimiter.
        count -= 1
        let isHeader = columns == nil
        if isOversized {
            let fault = RowFault.oversized(line: row.line, maximumBytes: maximumBytes)
            throw RowFault(line: row.line, fault.reason, isWholeFile: isHeader)
        }
        if let reason { throw RowFault(line: row.line, reason, isWholeFile: isHeader) }
        if let reason = textFault { throw RowFault(line: row.line, reason, isWholeFile: isHeader) }
        guard let columns else {
            if cells > maximumCells {
                throw RowFault(
                    line: row.line, "the header has \(cells.inGroups) columns, more than \(maximumCells.inGroups)",
                    isWholeFile: true)
            }
            columns = try RowColumns(header: row)
            return false
        }
        guard cells == columns.count else {
            let noun = cells == 1 ? "cell" : "cells"
            throw RowFault(
                line: row.line, "the row has \(cells.inGroups) \(noun), the header \(columns.count.inGroups)")
        }
        return true
    }

    private var textFault: String? {
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: row.bytes.span)
            return nil
        } catch {
            let offset = error.byteOffsets.lowerBound
            let cell = row.values.firstIndex { $0.upperBound >= offset } ?? row.values.count
            let byte = String(row.bytes[offset], radix: 16)
            return "not UTF-8: byte 0x\(byte), in \(name(ofCell: cell))\(RowFault.encodingHint)"
        }
    }

    private func name(ofCell position: Int) -> String {
        if let columns, position < columns.count { return "column \(columns.names[position].inQuotes)" }
        return "cell \((position + 1).inGroups)"
    }
}

/// Counts the line ends in a quoted cell, which may come in pieces.
struct QuotedLines: Sendable {
    private static let feed = ByteSearch(0x0A)
    /// Whether the last byte was a CR, which was counted.
    private var isBehindReturn = false

    /// How many lines end in a piece of a file whose lines end with LF.
    static func feeds(in text: Span<UInt8>) -> Int {
        var lines = 0
        var index = 0
        while true {
            index = feed.first(in: text, index..<text.count) + 1
            guard index <= text.count else { return lines }
            lines += 1
        }
    }

    /// How many lines end in a piece of a file whose lines end with CR: LF ends one too, but not behind CR.
    mutating func returns(in text: Span<UInt8>) -> Int {
        var lines = 0
        for index in text.indices {
            let byte = text[index]
            if byte == 0x0D || byte == 0x0A && !isBehindReturn { lines += 1 }
            isBehindReturn = byte == 0x0D
        }
        return lines
    }
}
