/// The form of a character of several bytes, by its first (RFC 3629, section 4).
struct UTF8Form {
    /// How many bytes follow.
    let needed: Int
    /// The range of the second byte.
    var low: UInt8 = 0x80
    var high: UInt8 = 0xBF

    /// Nil where no such character begins with the byte.
    init?(_ byte: UInt8) {
        switch byte {
        case 0xC2...0xDF: needed = 1
        case 0xE0...0xEF:
            needed = 2
            if byte == 0xE0 { low = 0xA0 }
            if byte == 0xED { high = 0x9F }
        case 0xF0...0xF4:
            needed = 3
            if byte == 0xF0 { low = 0x90 }
            if byte == 0xF4 { high = 0x8F }
        default: return nil
        }
    }

    /// The length of the character at an index; nil where there is none as a whole.
    static func length(of bytes: Span<UInt8>, at index: Int) -> Int? {
        guard index < bytes.count, let form = UTF8Form(bytes[index]), index + form.needed < bytes.count,
            (form.low...form.high).contains(bytes[index + 1])
        else { return nil }
        for place in index + 2..<index + 1 + form.needed where bytes[place] & 0xC0 != 0x80 { return nil }
        return form.needed + 1
    }
}

/// Finds the bytes of a JSON string that are not plain ASCII.
///
/// Eight bytes at a time, as `JSONPlainText` of LLMStreaming, which lets bytes of UTF-8 through unseen.
enum PlainText {
    static func end(in bytes: Span<UInt8>, from start: Int) -> Int {
        var index = start
        let raw = unsafe bytes.bytes
        while index + 8 <= bytes.count {
            let word = unsafe UInt64(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
            let special = specialBytes(word)
            if special != 0 { return index + special.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < bytes.count, isPlain(bytes[index]) { index += 1 }
        return index
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x80 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    /// The top bit of the lowest special byte is the lowest bit set; those above it may be false, by the borrow.
    private static func specialBytes(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highBits: UInt64 = 0x8080_8080_8080_8080
        let quote = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let backslash = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
        let isControl = (word &- ones &* 0x20) & ~word
        let isQuote = (quote &- ones) & ~quote
        let isBackslash = (backslash &- ones) & ~backslash
        return (isControl | isQuote | isBackslash | word) & highBits
    }
}
