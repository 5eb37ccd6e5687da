import LLMStreaming

/// Reads the lines of a JSONL file of any objects as rows; the members of the first are the columns.
struct ObjectReader: Sendable {
    /// Nil until the first row was read.
    private(set) var columns: RowColumns?
    private(set) var row = Row()

    /// Reads a line, which is then `row`.
    ///
    /// - Throws: what is wrong with it.
    mutating func read(_ line: [UInt8], at number: Int) throws(RowFault) {
        row.line = number
        row.isObject = true
        row.bytes = line
        row.members.removeAll(keepingCapacity: true)
        do throws(Reason) {
            if let fault = Self.textFault(line) { throw Reason(fault) }
            try scan(line)
            if let half = JSONHalves.first(in: line.span) { throw self.half(at: half) }
            try assign()
        } catch {
            throw RowFault(line: number, error.words)
        }
    }

    private struct Reason: Error {
        var words: String

        init(_ words: String) { self.words = words }
    }

    private static func textFault(_ line: [UInt8]) -> String? {
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: line.span)
            return nil
        } catch {
            let offset = error.byteOffsets.lowerBound
            return "not UTF-8: byte 0x\(String(line[offset], radix: 16)) at byte \(offset)\(RowFault.encodingHint)"
        }
    }

    /// Finds the members.
    private mutating func scan(_ line: [UInt8]) throws(Reason) {
        let bytes = line.span
        var scanner = JSONScanner.ofRows
        guard scanner.take(UInt8(ascii: "{"), in: bytes) else { throw Self.reason(line) }
        if !scanner.take(UInt8(ascii: "}"), in: bytes) {
            repeat {
                guard let name = scanner.rawString(in: bytes), scanner.take(UInt8(ascii: ":"), in: bytes),
                    scanner.peek(in: bytes) != nil
                else { throw Self.reason(line) }
                let start = scanner.index
                guard scanner.skipValue(in: bytes) else { throw Self.reason(line) }
                row.members.append(Row.Member(name: name.range, value: start..<scanner.index))
            } while scanner.take(UInt8(ascii: ","), in: bytes)
            guard scanner.take(UInt8(ascii: "}"), in: bytes) else { throw Self.reason(line) }
        }
        guard scanner.peek(in: bytes) == nil else { throw Self.reason(line) }
    }

    /// What is wrong with a row in which half of a surrogate pair is escaped: no text has that.
    private func half(at offset: Int) -> Reason {
        let words = "half of a surrogate pair is escaped"
        let position = row.members.firstIndex { offset < $0.value.upperBound } ?? 0
        let member = row.members[position]
        return member.name.contains(offset)
            ? Reason("\(words), in the name of member \((position + 1).inGroups)")
            : Reason("\(words), in column \(row.name(member.name).inQuotes)")
    }

    /// What is wrong with a line in which the scanner found no object.
    private static func reason(_ line: [UInt8]) -> Reason {
        do throws(JSONParser.Failure) {
            let value = try JSONParser.parse(line)
            // What the parser reads and the scanner does not nests deeper.
            return Reason(
                value.object == nil
                    ? "a row must be a JSON object, not \(value.typeName)"
                    : "not JSON: nested deeper than \(JSONParser.maximumDepth - 1)")
        } catch {
            return Reason("not JSON: \(error)")
        }
    }

    /// Finds the column of each member; the first row makes them.
    private mutating func assign() throws(Reason) {
        guard let columns else {
            let names = row.members.map { row.name($0.name) }
            if let repeated = ByteName.repeated(in: names) { throw Self.twice(repeated) }
            columns = RowColumns(names)
            for position in row.members.indices { row.members[position].column = position }
            row.values = row.members.map(\.value)
            return
        }
        row.values.removeAll(keepingCapacity: true)
        for _ in 0..<columns.count { row.values.append(0..<0) }
        var others: [String] = []
        for index in row.members.indices {
            let member = row.members[index]
            // Most files have the same members in each row, in the same order.
            let isUsual = columns.isNamed(row.bytes.span.extracting(member.name), at: index)
            guard let column = isUsual ? index : columns.position(of: row.name(member.name)) else {
                others.append(row.name(member.name))
                continue
            }
            // Readers of JSON differ in which one they take.
            guard row.values[column].isEmpty else { throw Self.twice(columns.names[column]) }
            row.values[column] = member.value
            row.members[index].column = column
        }
        if let repeated = ByteName.repeated(in: others) { throw Self.twice(repeated) }
    }

    private static func twice(_ name: String) -> Reason { Reason("the member \(name.inQuotes) is given twice") }
}

extension JSONScanner {
    /// A scanner that goes as deep as the parser of job lines.
    static var ofRows: JSONScanner { JSONScanner(maximumSkippedDepth: JSONParser.maximumDepth - 1) }
}

/// Finds escapes of JSON that are half of a character.
enum JSONHalves {
    private static let backslash = ByteSearch(UInt8(ascii: "\\"))

    /// The index of the first in sound JSON; nil where there is none.
    static func first(in bytes: Span<UInt8>) -> Int? {
        var index = 0
        while true {
            index = backslash.first(in: bytes, index..<bytes.count)
            guard index + 1 < bytes.count else { return nil }
            guard let unit = unit(bytes, at: index), (0xD800...0xDFFF).contains(unit) else {
                index += 2
                continue
            }
            guard unit < 0xDC00, let second = self.unit(bytes, at: index + 6), (0xDC00...0xDFFF).contains(second) else {
                return index
            }
            index += 12
        }
    }

    /// The number that an escape of four digits writes; nil for another escape, and where none begins.
    private static func unit(_ bytes: Span<UInt8>, at index: Int) -> UInt32? {
        guard index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u") else {
            return nil
        }
        return JSONEscape.hexadecimal(bytes, at: index + 2)
    }
}

extension Row {
    /// The name that stands between these quotes.
    func name(_ range: Range<Int>) -> String {
        JSONScanner.value(of: (range, true), in: bytes.span) ?? text(range)
    }
}
