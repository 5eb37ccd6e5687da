/// A byte as URLs, JSON and HTML may write it: `%2F`, `\\u002f`, `&#47;`, `&#x2f;`, `&amp;`.
struct TextEscape {
    /// The byte that it stands for.
    let byte: UInt8
    /// How many bytes of the text it takes.
    let length: Int

    private static let names: [(name: String, byte: UInt8)] = [
        ("&amp;", 0x26), ("&lt;", 0x3C), ("&gt;", 0x3E), ("&quot;", 0x22), ("&apos;", 0x27),
    ]

    /// The escape at a place of a text; nil where there is none.
    init?(in text: [UInt8], at start: Int) {
        let rest = text[start...]
        switch text[start] {
        case UInt8(ascii: "%"):
            // What was encoded twice has %25 for %.
            var digits = rest.dropFirst()
            while digits.starts(with: "25".utf8), digits.count >= 4 { digits = digits.dropFirst(2) }
            if let byte = Self.number(digits.prefix(2), radix: 16, count: 2) {
                self.init(byte: byte, length: digits.startIndex + 2 - start)
            } else {
                self.init(rest, digits: rest.dropFirst().prefix(2), radix: 16, count: 2)
            }
        case UInt8(ascii: "\\"):
            let digits = rest.drop { $0 == UInt8(ascii: "\\") }
            guard let mark = digits.first, mark == UInt8(ascii: "u") || mark == UInt8(ascii: "x") else { return nil }
            let count = mark == UInt8(ascii: "u") ? 4 : 2
            self.init(rest, digits: digits.dropFirst().prefix(count), radix: 16, count: count)
        case UInt8(ascii: "&"):
            if let (name, byte) = Self.names.first(where: { rest.starts(with: $0.name.utf8) }) {
                self.init(byte: byte, length: name.utf8.count)
                return
            }
            guard let end = rest.prefix(10).firstIndex(of: UInt8(ascii: ";")), end > start + 2,
                text[start + 1] == UInt8(ascii: "#")
            else { return nil }
            let isHexadecimal = text[start + 2] | 0x20 == UInt8(ascii: "x")
            let digits = text[(start + (isHexadecimal ? 3 : 2))..<end]
            guard let byte = Self.number(digits, radix: isHexadecimal ? 16 : 10, count: nil) else { return nil }
            self.init(byte: byte, length: end + 1 - start)
        default: return nil
        }
    }

    private init(byte: UInt8, length: Int) {
        self.byte = byte
        self.length = length
    }

    private init?(_ rest: ArraySlice<UInt8>, digits: ArraySlice<UInt8>, radix: Int, count: Int) {
        guard let byte = Self.number(digits, radix: radix, count: count) else { return nil }
        self.init(byte: byte, length: digits.endIndex - rest.startIndex)
    }

    private static func number(_ digits: ArraySlice<UInt8>, radix: Int, count: Int?) -> UInt8? {
        guard count == nil || digits.count == count, digits.first != UInt8(ascii: "+") else { return nil }
        return UInt8(String(decoding: digits, as: UTF8.self), radix: radix)
    }
}

/// How it is known that a text was cut at a place.
enum TextCut {
    /// The mark says so, or the text is as long as one may be.
    case told
    /// It ends there, or goes on with dots: others cut too.
    case likely

    /// The cut at a place of a text, also one that goes through an escape; nil where there is none.
    init?(in text: [UInt8], at index: Int) {
        var end = index
        if end < text.count, "%\\&".utf8.contains(text[end]) {
            let rest = text[(end + 1)...].prefix(12).prefix { byte in
                "#x\\".utf8.contains(byte) || (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
            }
            if rest.endIndex == text.count || text[rest.endIndex...].starts(with: String.cutMark.utf8) {
                end = rest.endIndex
            }
        }
        if end == text.count {
            self = end > ProviderErrorBody.maximumBytes - 4 ? .told : .likely
        } else if text[end...].starts(with: String.cutMark.utf8) {
            self = .told
        } else if text[end...].starts(with: "...".utf8) {
            self = .likely
        } else {
            return nil
        }
    }
}
