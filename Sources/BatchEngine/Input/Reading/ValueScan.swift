/// Finds the end of one JSON value in bytes that come in pieces, by its brackets and quotes alone.
struct ValueScan {
    private enum Text {
        case outside
        case inside
        /// Behind a backslash.
        case escaped
    }

    private var depth = 0
    private var text = Text.outside
    /// Whether the value is neither an object, an array nor a string, and ends before what cannot belong to it.
    private var isBare = false
    private var hasBegun = false

    /// Whether the bytes so far end within the value, but not within a text.
    var isBetweenTokens: Bool { depth > 0 && text == .outside }

    /// The index behind the value's last byte; nil where it is not in this piece.
    mutating func end(in bytes: Span<UInt8>, from range: Range<Int>) -> Int? {
        for index in range {
            let byte = bytes[index]
            switch text {
            case .escaped:
                text = .inside
                continue
            case .inside:
                if byte == UInt8(ascii: "\\") { text = .escaped }
                if byte == UInt8(ascii: "\"") {
                    text = .outside
                    if depth == 0 { return index + 1 }
                }
                continue
            case .outside: break
            }
            if isBare {
                if byte.isJSONSpace || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]") { return index }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): text = .inside
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth <= 0 { return index + 1 }
            default: isBare = !hasBegun
            }
            hasBegun = true
        }
        return nil
    }
}
