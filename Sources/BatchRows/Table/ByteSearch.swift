/// Finds the first of up to three bytes, eight at a time (as in "Bit Twiddling Hacks", "determine if a word has a zero
/// byte").
///
/// The same without an import as memchr with one byte, and with three it needs one pass in place of three.
struct ByteSearch: Sendable {
    private let words: (UInt64, UInt64, UInt64)
    private let bytes: (UInt8, UInt8, UInt8)

    init(_ first: UInt8, _ second: UInt8, _ third: UInt8) {
        bytes = (first, second, third)
        words = (Self.ones &* UInt64(first), Self.ones &* UInt64(second), Self.ones &* UInt64(third))
    }

    init(_ byte: UInt8) { self.init(byte, byte, byte) }

    /// The index of the first of the bytes in a range; its end where there is none.
    func first(in span: Span<UInt8>, _ range: Range<Int>) -> Int {
        var index = range.lowerBound
        let raw = unsafe span.bytes
        while index + 8 <= range.upperBound {
            let word = unsafe UInt64(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
            let found = Self.zeros(word ^ words.0) | Self.zeros(word ^ words.1) | Self.zeros(word ^ words.2)
            if found != 0 { return index + found.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < range.upperBound, !isOne(span[index]) { index += 1 }
        return index
    }

    private func isOne(_ byte: UInt8) -> Bool { byte == bytes.0 || byte == bytes.1 || byte == bytes.2 }

    private static let ones: UInt64 = 0x0101_0101_0101_0101

    /// The top bit of the lowest byte that is zero is the lowest bit set; those above it may be false, by the borrow.
    private static func zeros(_ word: UInt64) -> UInt64 { (word &- ones) & ~word & 0x8080_8080_8080_8080 }
}
