import LLMStreaming

/// The values of a row of JSON, as bytes of its line: they go into job lines as they stand there, digit for digit.
extension Row {
    /// The type of the value that these bytes are.
    func type(_ value: Range<Int>) -> FieldTypes { FieldTypes(firstByte: bytes[value.lowerBound]) }

    /// Whether a section over a cell or a value is shown.
    ///
    /// An empty cell or text is false, and of JSON null, false, the number 0 however it is written, and an empty list.
    func isTrue(_ value: Range<Int>) -> Bool {
        guard isObject else { return !value.isEmpty }
        guard !value.isEmpty else { return false }
        switch bytes[value.lowerBound] {
        case UInt8(ascii: "n"), UInt8(ascii: "f"): return false
        case UInt8(ascii: "\""): return value.count > 2
        case UInt8(ascii: "["):
            var scanner = JSONScanner()
            let list = bytes.span.extracting(value)
            return !(scanner.take(UInt8(ascii: "["), in: list) && scanner.take(UInt8(ascii: "]"), in: list))
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            let digits = bytes[value].prefix { $0 | 0x20 != UInt8(ascii: "e") }
            return digits.contains { (UInt8(ascii: "1")...UInt8(ascii: "9")).contains($0) }
        default: return true
        }
    }

    /// The elements of a list of JSON.
    func elements(_ list: Range<Int>) -> [Range<Int>] {
        var elements: [Range<Int>] = []
        scan(list, from: UInt8(ascii: "["), to: UInt8(ascii: "]")) { _, value in
            elements.append(value)
            return true
        }
        return elements
    }

    /// The member of that name of an object of JSON, the last one where there are several; nil where there is none, or
    /// where the value is no object.
    func member(_ name: ByteName, of object: Range<Int>) -> Range<Int>? {
        guard !object.isEmpty, bytes[object.lowerBound] == UInt8(ascii: "{") else { return nil }
        var found: Range<Int>?
        scan(object, from: UInt8(ascii: "{"), to: UInt8(ascii: "}")) { raw, value in
            if let raw, isNamed(raw, name) { found = value }
            return true
        }
        return found
    }

    /// Whether the name between these quotes is that one, byte for byte.
    private func isNamed(_ raw: Range<Int>, _ name: ByteName) -> Bool {
        if bytes[raw].contains(UInt8(ascii: "\\")) { return self.name(raw).utf8.elementsEqual(name.bytes) }
        return bytes[raw].elementsEqual(name.bytes)
    }

    /// Calls a function with each element of a list, or each name and value of an object; the row was checked before, so
    /// that nothing is unexpected.
    private func scan(
        _ value: Range<Int>, from open: UInt8, to close: UInt8,
        _ take: (_ name: Range<Int>?, _ value: Range<Int>) -> Bool
    ) {
        let span = bytes.span.extracting(value)
        let base = value.lowerBound
        var scanner = JSONScanner.ofRows
        guard scanner.take(open, in: span), scanner.peek(in: span) != close else { return }
        repeat {
            var name: Range<Int>?
            if open == UInt8(ascii: "{") {
                guard let raw = scanner.rawString(in: span), scanner.take(UInt8(ascii: ":"), in: span) else { return }
                name = raw.range.lowerBound + base..<raw.range.upperBound + base
            }
            guard scanner.peek(in: span) != nil else { return }
            let start = scanner.index
            guard scanner.skipValue(in: span), take(name, start + base..<scanner.index + base) else { return }
        } while scanner.take(UInt8(ascii: ","), in: span)
    }

    /// Appends a cell's or value's text as it stands within a JSON string: null as nothing, objects and lists as JSON.
    func writeText(_ value: Range<Int>, to output: inout [UInt8]) {
        guard !value.isEmpty else { return }
        guard isObject else { return JSON.writeContent(bytes.span.extracting(value), to: &output) }
        switch bytes[value.lowerBound] {
        case UInt8(ascii: "n"): break
        // What stands between its quotes is sound as it is.
        case UInt8(ascii: "\""): writeBytes(value.lowerBound + 1..<value.upperBound - 1, to: &output)
        case UInt8(ascii: "{"), UInt8(ascii: "["): JSON.writeContent(bytes.span.extracting(value), to: &output)
        default: writeBytes(value, to: &output)
        }
    }

    /// Appends bytes of the row as they are.
    func writeBytes(_ range: Range<Int>, to output: inout [UInt8]) {
        let span = bytes.span.extracting(range)
        unsafe span.withUnsafeBufferPointer { unsafe output.append(contentsOf: $0) }
    }

    /// Appends a cell or value as a JSON value of its own: of JSON with its type where the field can have that, of a
    /// table a number or boolean where the field is one.
    func writeWhole(_ value: Range<Int>, _ types: FieldTypes, to output: inout [UInt8]) {
        if isObject {
            guard types.isDisjoint(with: type(value)), types.contains(.string) else {
                return writeBytes(value, to: &output)
            }
        } else if types.isLiteral, isLiteral(value, types) {
            return writeBytes(value, to: &output)
        }
        output.append(UInt8(ascii: "\""))
        writeText(value, to: &output)
        output.append(UInt8(ascii: "\""))
    }

    /// Whether a cell is a number or boolean of JSON, whichever the field may be.
    func isLiteral(_ cell: Range<Int>, _ types: FieldTypes) -> Bool {
        guard let first = cell.first.map({ bytes[$0] }) else { return false }
        let isNumber = first == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
        guard types.contains(isNumber ? .number : .boolean),
            isNumber || first == UInt8(ascii: "t")
                || first == UInt8(ascii: "f")
        else { return false }
        let span = bytes.span.extracting(cell)
        var scanner = JSONScanner()
        return scanner.skipValue(in: span) && scanner.index == span.count
    }
}
