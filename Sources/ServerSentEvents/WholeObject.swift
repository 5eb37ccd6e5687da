extension Span<UInt8> {
    /// Whether the bytes are one JSON object from the first to the last, as far as braces and quotes tell.
    var isWholeObject: Bool {
        guard count >= 2, self[0] == UInt8(ascii: "{"), self[count - 1] == UInt8(ascii: "}") else { return false }
        var depth = 0
        var isInString = false
        var index = 0
        while index < count {
            switch self[index] {
            case UInt8(ascii: "\\") where isInString: index += 1
            case UInt8(ascii: "\""): isInString.toggle()
            case UInt8(ascii: "{") where !isInString: depth += 1
            case UInt8(ascii: "}") where !isInString:
                depth -= 1
                if depth == 0 { return index == count - 1 }
            default: break
            }
            index += 1
        }
        return false
    }
}
