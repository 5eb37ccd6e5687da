/// What a file's first bytes show it to be: job lines, a batch as one document, or neither.
///
/// No line of JSONL begins as `{"requests": [` does, with white space wherever JSON allows it, and ends before the
/// bracket, so the first bytes show a document.
enum FileOpening: Equatable {
    case isDocument(firstByte: Int)
    case isLines
    case isForeign(ForeignForm)
    /// More bytes are needed.
    case undecided

    private static let tokens: [[UInt8]] = ["{", "\"requests\"", ":", "["].map { Array($0.utf8) }

    /// Looks at a file's first bytes.
    ///
    /// - Parameters:
    ///   - isAll: whether no more can be waited for: the file's end, or as much as is looked at.
    ///   - isPiped: whether the writer may be waiting for what its first line comes to.
    init(_ bytes: [UInt8], isAll: Bool = false, isPiped: Bool = false) {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let text = bytes.dropFirst(bytes.starts(with: mark) ? mark.count : 0).drop(while: \.isJSONSpace)
        if !isAll, bytes.count < mark.count && mark.starts(with: bytes) || ForeignForm.mayBeSigned(bytes) {
            self = .undecided
        } else if let form = ForeignForm.signed(bytes) {
            self = .isForeign(form)
        } else if text.isEmpty {
            self = isAll ? .isLines : .undecided
        } else {
            self = Self.document(text) ?? Self.form(of: text, isAll: isAll, isPiped: isPiped)
        }
    }

    /// Whether a document begins there; nil where none does.
    private static func document(_ text: ArraySlice<UInt8>) -> FileOpening? {
        var index = text.startIndex
        for token in tokens {
            while index < text.endIndex, text[index].isJSONSpace { index += 1 }
            let found = text[index...].prefix(token.count)
            guard token.starts(with: found) else { return nil }
            guard found.count == token.count else { return .undecided }
            index += token.count
        }
        return .isDocument(firstByte: index)
    }

    /// What text is that is no document.
    private static func form(of text: ArraySlice<UInt8>, isAll: Bool, isPiped: Bool) -> FileOpening {
        guard isValue(text.first) else { return lines(text, isAll: isAll || isPiped && text.contains(0x0A)) }
        let end = text.firstIndex(of: 0x0A)
        guard end != nil || isAll else { return .undecided }
        let line = text[..<(end ?? text.endIndex)]
        if isDictionary(line), !isPiped {
            guard isAll else { return .undecided }
            let isWhole = text.split(separator: 0x0A).allSatisfy { isDictionary($0) || $0.allSatisfy(\.isJSONSpace) }
            return isWhole ? .isForeign(.dictionaries) : .isLines
        }
        var scan = ValueScan()
        if let behind = scan.end(in: line.span, from: 0..<line.count) {
            let rest = line.dropFirst(behind)
            // Two objects on a line, with the end of one between them.
            let next = rest.firstIndex { !$0.isJSONSpace }
            let isCut = next.map { rest[..<$0].contains(0x0D) && rest[$0] == UInt8(ascii: "{") } ?? false
            return isCut ? .isForeign(.carriageReturns) : .isLines
        }
        // A string may not go on behind a line's end; a value may where something must follow.
        let isOpen = scan.isBetweenTokens && line.last { !$0.isJSONSpace }.map("{[,:".utf8.contains) ?? false
        let isArray = line.first == UInt8(ascii: "[")
        if isArray, end == nil || scan.isBetweenTokens { return .isForeign(.array) }
        return end != nil && isOpen ? .isForeign(.pretty) : .isLines
    }

    /// What lines are of which the first begins no value: job lines, should one begin an object.
    private static func lines(_ text: ArraySlice<UInt8>, isAll: Bool) -> FileOpening {
        let lines = text.split(separator: 0x0A).compactMap { line in
            line.firstIndex { !$0.isJSONSpace }.map { line[$0...] }
        }
        if lines.contains(where: { isValue($0.first) }) { return .isLines }
        guard isAll else { return .undecided }
        // A single line has its own fault.
        guard lines.count > 1 || text.contains(0) else { return .isLines }
        return .isForeign(.lines(lines[0], of: text))
    }

    /// Whether a line begins with a name in single quotes.
    private static func isDictionary(_ line: ArraySlice<UInt8>) -> Bool {
        line.filter { !$0.isJSONSpace }.starts(with: "{'".utf8)
    }

    private static func isValue(_ byte: UInt8?) -> Bool { byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") }
}

extension UInt8 {
    /// Whether it is white space between the tokens of JSON.
    var isJSONSpace: Bool { self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09 }
}
