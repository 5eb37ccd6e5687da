extension Span<UInt8> {
    /// The code point whose UTF-8 begins at the index, which moves past it; U+FFFD, and one byte further, for a byte that
    /// begins none.
    @inline(__always)  // Nearly all are ASCII: two instructions.
    func scalar(at index: inout Int) -> UInt32 {
        let first = self[index]
        index += 1
        return first < 0x80 ? UInt32(first) : longScalar(first, at: &index)
    }

    private func longScalar(_ first: UInt8, at index: inout Int) -> UInt32 {
        let (length, lowest): (Int, UInt32) =
            switch first {
            case 0xC2...0xDF: (1, 0x80)
            case 0xE0...0xEF: (2, 0x800)
            case 0xF0...0xF4: (3, 0x10000)
            default: (0, 0)
            }
        guard length > 0, index + length <= count else { return 0xFFFD }
        var code = UInt32(first) & (0x3F >> UInt32(length))
        for offset in 0..<length {
            guard self[index + offset] & 0xC0 == 0x80 else { return 0xFFFD }
            code = code << 6 | UInt32(self[index + offset] & 0x3F)
        }
        guard code >= lowest, code <= ScalarSet.highest, !(0xD800...0xDFFF ~= code) else { return 0xFFFD }
        index += length
        return code
    }
}
