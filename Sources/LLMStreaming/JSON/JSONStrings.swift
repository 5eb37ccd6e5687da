/// The escapes of JSON strings (RFC 8259, section 7).
package enum JSONEscape {
    /// What an escape is.
    enum Meaning {
        /// A character, which was appended.
        case character
        /// Half of a character, whose other half does not stand beside it.
        case half(UInt16)
        /// None of JSON's escapes.
        case nonsense
    }

    /// Decodes the escape whose backslash stands at `index`, appends its UTF-8 and moves past it.
    static func decode(_ bytes: Span<UInt8>, at index: inout Int, into text: inout [UInt8]) -> Meaning {
        guard index + 1 < bytes.count else { return .nonsense }
        let code = bytes[index + 1]
        index += 2
        switch code {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(code)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            guard let first = hexadecimal(bytes, at: index) else { return .nonsense }
            index += 4
            guard let scalar = scalar(first, bytes, at: &index) else { return .half(UInt16(first)) }
            append(scalar, to: &text)
        default: return .nonsense
        }
        return .character
    }

    private static func scalar(_ first: UInt32, _ bytes: Span<UInt8>, at index: inout Int) -> Unicode.Scalar? {
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"),
            bytes[index + 1] == UInt8(ascii: "u"), let second = hexadecimal(bytes, at: index + 2),
            (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
        else { return nil }
        index += 6
        return scalar
    }

    private static func append(_ scalar: Unicode.Scalar, to text: inout [UInt8]) {
        text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }

    /// The number that four hexadecimal digits write; nil where others stand.
    package static func hexadecimal(_ bytes: Span<UInt8>, at index: Int) -> UInt32? {
        guard index + 4 <= bytes.count else { return nil }
        var value: UInt32 = 0
        for offset in 0..<4 {
            let byte = bytes[index + offset]
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(byte - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        return value
    }
}

/// Finds the bytes of a JSON string that mean more than themselves.
///
/// Reading eight bytes at a time (as in "Bit Twiddling Hacks", "determine if a word has a byte less than n") makes
/// writing a string of 1 KB three times as fast as looking at each byte.
enum JSONPlainText {
    /// The index, from `start` on, of the first quote, backslash or control character; `bytes.count` where there is
    /// none.
    static func end(in bytes: Span<UInt8>, from start: Int) -> Int {
        var index = start
        let raw = unsafe bytes.bytes
        while index + 8 <= bytes.count {
            let word = unsafe UInt64(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
            let special = specialBytes(word)
            if special != 0 { return index + special.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < bytes.count, !isSpecial(bytes[index]) { index += 1 }
        return index
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
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
        return (isControl | isQuote | isBackslash) & highBits
    }
}

/// The strings of a document.
extension JSONParser {
    /// Reads a string, whose first quote is the next byte.
    mutating func string() throws(Failure) -> String {
        index += 1
        let start = index
        index = JSONPlainText.end(in: bytes.span, from: index)
        if next == UInt8(ascii: "\"") {
            defer { index += 1 }
            return marked(bytes[start..<index])
        }
        return try escapedString(from: start)
    }

    private func marked(_ bytes: ArraySlice<UInt8>) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        return marksHalves ? SurrogateMark.escaping(text) : text
    }

    private mutating func escapedString(from start: Int) throws(Failure) -> String {
        var text: [UInt8] = []
        appendPlain(bytes[start..<index], to: &text)
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                index += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): try appendEscape(to: &text)
            default: throw failure("a control character in a string")
            }
            let plain = index
            index = JSONPlainText.end(in: bytes.span, from: index)
            appendPlain(bytes[plain..<index], to: &text)
        }
        throw failure("unexpected end in a string")
    }

    private func appendPlain(_ plain: ArraySlice<UInt8>, to text: inout [UInt8]) {
        if marksHalves { text.append(contentsOf: marked(plain).utf8) } else { text.append(contentsOf: plain) }
    }

    private mutating func appendEscape(to text: inout [UInt8]) throws(Failure) {
        var position = index
        let start = text.count
        switch JSONEscape.decode(bytes.span, at: &position, into: &text) {
        case .character: if marksHalves { text.replaceSubrange(start..., with: marked(text[start...]).utf8) }
        case .half(let half):
            hasHalves = true
            if marksHalves {
                SurrogateMark.append(half, to: &text)
            } else {
                text.append(contentsOf: UTF8.encodedReplacementCharacter)
            }
        case .nonsense: throw failure("a bad escape")
        }
        index = position
    }
}
