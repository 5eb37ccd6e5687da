/// A cursor over the bytes of one JSON event that takes single fields and skips the rest, without building values.
///
/// The hot path of every chunk: Foundation's decoder costs 6 to 8 us for a chunk of 250 bytes, a scan that
/// takes only the needed fields 0.1. It accepts nothing that `JSONParser` refuses, also in what it skips; whatever it
/// does not expect makes it give up (nil or false), and the caller asks the full parser.
package struct JSONScanner {
    /// How deep a skipped value may nest before the full parser has to look.
    private let maximumSkippedDepth: Int

    /// The index of the next byte.
    package private(set) var index = 0

    /// A cursor before the first byte.
    ///
    /// - Parameter maximumSkippedDepth: how deep a skipped value may nest; less than the full parser's own bound, since
    ///   what is skipped lies inside of other values.
    package init(maximumSkippedDepth: Int = 32) { self.maximumSkippedDepth = maximumSkippedDepth }

    /// Moves past white space and the given byte; false if another byte stands there.
    package mutating func take(_ byte: UInt8, in bytes: Span<UInt8>) -> Bool {
        skipWhiteSpace(in: bytes)
        guard index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    /// The next byte that is no white space, not consumed.
    package mutating func peek(in bytes: Span<UInt8>) -> UInt8? {
        skipWhiteSpace(in: bytes)
        return index < bytes.count ? bytes[index] : nil
    }

    private mutating func skipWhiteSpace(in bytes: Span<UInt8>) {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x09, 0x0A, 0x0D: index += 1
            default: return
            }
        }
    }

    /// The range of a string's raw bytes between its quotes, and whether it holds escapes, all of which are sound.
    package mutating func rawString(in bytes: Span<UInt8>) -> (range: Range<Int>, isEscaped: Bool)? {
        guard take(UInt8(ascii: "\""), in: bytes) else { return nil }
        let start = index
        var isEscaped = false
        while true {
            index = JSONPlainText.end(in: bytes, from: index)
            guard index < bytes.count else { return nil }
            if bytes[index] == UInt8(ascii: "\"") {
                index += 1
                return (start..<index - 1, isEscaped)
            }
            // Else a control character, which is no escape.
            isEscaped = true
            guard bytes[index] == UInt8(ascii: "\\"), skipEscape(in: bytes) else { return nil }
        }
    }

    /// Moves past the escape that begins here.
    private mutating func skipEscape(in bytes: Span<UInt8>) -> Bool {
        guard index + 1 < bytes.count else { return false }
        switch bytes[index + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            index += 2
            return true
        case UInt8(ascii: "u"):
            guard JSONEscape.hexadecimal(bytes, at: index + 2) != nil else { return false }
            index += 6
            return true
        default: return false
        }
    }

    /// A string's value.
    mutating func string(in bytes: Span<UInt8>) -> String? {
        guard let raw = rawString(in: bytes) else { return nil }
        return Self.value(of: raw, in: bytes)
    }

    /// The value of a string that `rawString` found; nil where it has none, or half of a character in it.
    package static func value(of raw: (range: Range<Int>, isEscaped: Bool), in bytes: Span<UInt8>) -> String? {
        let (range, isEscaped) = raw
        if !isEscaped { return text(bytes.extracting(range)) }
        var text: [UInt8] = []
        text.reserveCapacity(range.count)
        var position = range.lowerBound
        while position < range.upperBound {
            if bytes[position] == UInt8(ascii: "\\") {
                guard case .character = JSONEscape.decode(bytes, at: &position, into: &text) else { return nil }
            } else {
                text.append(bytes[position])
                position += 1
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The text of bytes without escapes.
    package static func text(_ bytes: Span<UInt8>) -> String {
        unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// A whole number of at most nine digits, without a sign.
    mutating func integer(in bytes: Span<UInt8>) -> Int? {
        skipWhiteSpace(in: bytes)
        let start = index
        var value = 0
        while index < bytes.count, case let byte = bytes[index], byte >= 0x30, byte <= 0x39 {
            guard index - start < 9 else { return nil }
            value = value * 10 + Int(byte - 0x30)
            index += 1
        }
        guard index > start, index == start + 1 || bytes[start] != UInt8(ascii: "0") else { return nil }
        guard index < bytes.count, bytes[index] == UInt8(ascii: ".") || bytes[index] | 0x20 == UInt8(ascii: "e")
        else { return value }
        return nil
    }

    /// Moves past `null`; false if something else stands there.
    mutating func takeNull(in bytes: Span<UInt8>) -> Bool { takeLiteral("null", in: bytes) }

    /// Moves past `null` or `[]`; false if something else stands there.
    mutating func takeNothing(in bytes: Span<UInt8>) -> Bool {
        guard take(UInt8(ascii: "["), in: bytes) else { return takeNull(in: bytes) }
        return take(UInt8(ascii: "]"), in: bytes)
    }

    private mutating func takeLiteral(_ text: StaticString, in bytes: Span<UInt8>) -> Bool {
        skipWhiteSpace(in: bytes)
        let end = index + text.utf8CodeUnitCount
        guard end <= bytes.count, Self.equals(index..<end, text, in: bytes) else { return false }
        index = end
        return true
    }

    /// Moves past a value of any kind; false at nonsense or deep nesting.
    package mutating func skipValue(in bytes: Span<UInt8>) -> Bool { skipValue(in: bytes, depth: 0) }

    private mutating func skipValue(in bytes: Span<UInt8>, depth: Int) -> Bool {
        guard let byte = peek(in: bytes) else { return false }
        switch byte {
        case UInt8(ascii: "\""): return rawString(in: bytes) != nil
        case UInt8(ascii: "{"):
            return skipList(until: UInt8(ascii: "}"), in: bytes, depth: depth) { scanner in
                scanner.rawString(in: bytes) != nil && scanner.take(UInt8(ascii: ":"), in: bytes)
            }
        case UInt8(ascii: "["): return skipList(until: UInt8(ascii: "]"), in: bytes, depth: depth) { _ in true }
        case UInt8(ascii: "t"): return takeLiteral("true", in: bytes)
        case UInt8(ascii: "f"): return takeLiteral("false", in: bytes)
        case UInt8(ascii: "n"): return takeLiteral("null", in: bytes)
        default: return skipNumber(in: bytes)
        }
    }

    /// Moves past the array or object that begins here; `skipName` takes what stands before an element's value.
    private mutating func skipList(
        until close: UInt8, in bytes: Span<UInt8>, depth: Int, skipName: (inout JSONScanner) -> Bool
    ) -> Bool {
        guard depth < maximumSkippedDepth else { return false }
        index += 1
        if take(close, in: bytes) { return true }
        repeat {
            guard skipName(&self), skipValue(in: bytes, depth: depth + 1) else { return false }
        } while take(UInt8(ascii: ","), in: bytes)
        return take(close, in: bytes)
    }

    private mutating func skipNumber(in bytes: Span<UInt8>) -> Bool {
        if index < bytes.count, bytes[index] == UInt8(ascii: "-") { index += 1 }
        let start = index
        guard skipDigits(in: bytes), index == start + 1 || bytes[start] != UInt8(ascii: "0") else { return false }
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            index += 1
            guard skipDigits(in: bytes) else { return false }
        }
        guard index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") else { return true }
        index += 1
        if index < bytes.count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") { index += 1 }
        return skipDigits(in: bytes)
    }

    private mutating func skipDigits(in bytes: Span<UInt8>) -> Bool {
        let start = index
        while index < bytes.count, bytes[index] >= 0x30, bytes[index] <= 0x39 { index += 1 }
        return index > start
    }

    /// Whether the raw bytes of a range are this ASCII text.
    @inline(__always)  // Nearly all comparisons end at the lengths.
    package static func equals(_ range: Range<Int>, _ text: StaticString, in bytes: Span<UInt8>) -> Bool {
        range.count == text.utf8CodeUnitCount && holds(text, at: range.lowerBound, in: bytes)
    }

    private static func holds(_ text: StaticString, at start: Int, in bytes: Span<UInt8>) -> Bool {
        text.withUTF8Buffer { expected in
            for offset in 0..<expected.count where unsafe bytes[start + offset] != expected[offset] {
                return false
            }
            return true
        }
    }
}
