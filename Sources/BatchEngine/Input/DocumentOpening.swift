/// Whether a file is a batch as one document: `{"requests": [`, with white space wherever JSON allows it.
///
/// No line of JSONL begins so and ends before the bracket, so the first bytes tell the two apart.
enum DocumentOpening: Equatable {
    case isDocument(firstByte: Int)
    case isLines
    /// More bytes are needed.
    case undecided

    private static let tokens: [[UInt8]] = ["{", "\"requests\"", ":", "["].map { Array($0.utf8) }

    /// Looks at a file's first bytes.
    init(_ bytes: [UInt8]) {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        var index = bytes.starts(with: mark) ? mark.count : 0
        if bytes.count < mark.count, mark.starts(with: bytes) {
            self = .undecided
            return
        }
        for token in Self.tokens {
            while index < bytes.count, bytes[index].isJSONSpace { index += 1 }
            let found = bytes[index...].prefix(token.count)
            guard token.starts(with: found) else {
                self = .isLines
                return
            }
            guard found.count == token.count else {
                self = .undecided
                return
            }
            index += token.count
        }
        self = .isDocument(firstByte: index)
    }
}

extension UInt8 {
    /// Whether it is white space between the tokens of JSON.
    var isJSONSpace: Bool { self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09 }
}
