import Foundation

/// One way in which a secret may be written, and how it is found in a text.
struct SecretForm: Hashable, Sendable {
    /// Its bytes; of backslashes in a row one.
    let bytes: [UInt8]
    /// Whether a letter's case counts.
    private let isExact: Bool
    /// Whether it is found only between what is no word.
    let isWord: Bool
    /// Whether escapes in the text are read.
    private let isEscaped: Bool

    /// From this length on a secret's beginning at the end of a text is no accident: what a server sent may have been
    /// cut on the way too.
    private static let telling = 6
    /// From this length on a secret is no word of a language, and is found within words too.
    private static let longest = 16
    /// Shorter ones are dummies as a rule: hyphens belong to the words that they are compared with, and case counts.
    private static let shortest = 8

    /// All forms of a secret: as it stands, with any of its bytes escaped, and within base64.
    static func all(_ secret: String) -> [SecretForm] {
        let bytes = Array(secret.utf8)
        let single = bytes.indices.filter { $0 == 0 || bytes[$0] != backslash || bytes[$0 - 1] != backslash }
        var forms = [SecretForm(bytes, isEscaped: false), SecretForm(single.map { bytes[$0] }, isEscaped: true)]
        // Where it stands among other bytes, such as behind a user's name, decides how base64 writes it.
        for (before, mixed) in [(0, 0), (1, 2), (2, 3)] {
            let all = Data([UInt8](repeating: 0, count: before) + bytes).base64EncodedString().utf8
            let form = Array(all.dropFirst(mixed).prefix((before + bytes.count) * 8 / 6 - mixed))
            guard form.count >= longest else { continue }
            forms += [form, form.map { $0 == 0x2B ? 0x2D : $0 == 0x2F ? 0x5F : $0 }].map {
                SecretForm($0, isEscaped: false)
            }
        }
        return forms
    }

    private init(_ bytes: [UInt8], isEscaped: Bool) {
        self.bytes = bytes
        self.isEscaped = isEscaped
        isExact = bytes.count < Self.shortest
        isWord = bytes.count < Self.longest
    }

    /// The bytes that it may begin with in a text.
    var beginnings: [UInt8] {
        [bytes[0], Self.swappingCase(bytes[0])] + (isEscaped ? [Self.backslash, 0x25, 0x26] : [])
    }

    /// How many bytes of it, or of the beginning of one that was cut off, stand at a place; nil for none.
    func length(in text: [UInt8], at start: Int) -> Int? {
        var (count, end) = (0, start)
        while count < bytes.count, let length = unit(bytes[count], in: text, at: end, isFirst: count == 0) {
            count += 1
            end += length
        }
        guard count > 0 else { return nil }
        if count == bytes.count {
            let isFound =
                !isWord
                || !Self.isWord(text, start - 1, orHyphen: isExact) && !Self.isWord(text, end, orHyphen: isExact)
            return isFound ? end - start : nil
        }
        // The half of a long one is no accident wherever it stands.
        if !isWord, count * 2 >= bytes.count { return end - start }
        let cut = TextCut(in: text, at: end)
        guard cut == .told || cut != nil && count >= Self.telling,
            count >= Self.shortest || !Self.isWord(text, start - 1, orHyphen: false)
        else { return nil }
        return end - start
    }

    /// How many bytes of a text stand for the next byte of the secret; nil where another one stands there.
    private func unit(_ byte: UInt8, in text: [UInt8], at index: Int, isFirst: Bool) -> Int? {
        guard index < text.count else { return nil }
        let isSame = { (other: UInt8) in other == byte || !isExact && Self.swappingCase(other) == byte }
        guard isEscaped else { return isSame(text[index]) ? 1 : nil }
        if let escape = TextEscape(in: text, at: index), isSame(escape.byte) { return escape.length }
        guard text[index] == Self.backslash,
            byte == Self.backslash || !isFirst && !Self.isWord([byte], 0, orHyphen: false)
        else { return isSame(text[index]) ? 1 : nil }
        // JSON within JSON doubles them.
        let end = text[index...].firstIndex { $0 != Self.backslash } ?? text.count
        if byte == Self.backslash { return end - index }
        return end < text.count && isSame(text[end]) ? end + 1 - index : nil
    }

    private static let backslash = UInt8(ascii: "\\")

    private static func isWord(_ bytes: [UInt8], _ index: Int, orHyphen: Bool) -> Bool {
        guard bytes.indices.contains(index) else { return false }
        switch bytes[index] {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            return true
        case UInt8(ascii: "-"), UInt8(ascii: "_"): return orHyphen
        // Letters beyond ASCII, but not the mark of a cut.
        case 0x80...: return !bytes[index...].starts(with: String.cutMark.utf8)
        default: return false
        }
    }

    private static func swappingCase(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) ? byte ^ 0x20 : byte
    }
}

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
