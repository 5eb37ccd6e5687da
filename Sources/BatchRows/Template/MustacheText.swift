/// A text with Mustache tags, cut into its parts.
///
/// Of Mustache there are variables (`{{x}}`, `{{{x}}}`, `{{&x}}`, all the same: nothing is escaped for HTML), sections,
/// inverted sections and comments, with the rule that a section's tag or a comment alone on its line takes the line
/// with it. Partials and other delimiters are faults.
struct MustacheText: Sendable, Equatable {
    /// A part of the text.
    indirect enum Part: Sendable, Equatable {
        case text(String)
        case value(String)
        case section(String, isInverted: Bool, [Part])
    }

    /// What is wrong with a text.
    struct Fault: Error, Equatable {
        var reason: String

        init(_ reason: String) { self.reason = reason }
    }

    let parts: [Part]
    /// The name in the text's only tag, where the text is nothing but that one tag of a variable.
    let onlyName: String?

    /// How many sections may stand within one another.
    private static let maximumDepth = 100

    /// Whether a text has tags at all.
    static func isIn(_ text: String) -> Bool { text.contains("{{") }

    init(_ text: String) throws(Fault) {
        var reader = MustacheTags(text)
        var open: [(name: String, isInverted: Bool, before: [Part])] = []
        var parts: [Part] = []
        var tags = 0
        while true {
            let (before, tag) = try reader.next()
            if !before.isEmpty { parts.append(.text(before)) }
            guard let tag else { break }
            tags += 1
            switch tag.kind {
            case .value: parts.append(.value(tag.name))
            case .comment: break
            case .section, .inverted:
                guard open.count < Self.maximumDepth else {
                    throw Fault("more than \(Self.maximumDepth) sections stand within one another")
                }
                open.append((tag.name, tag.kind == .inverted, parts))
                parts = []
            case .close:
                guard var section = open.popLast() else {
                    throw Fault("{{/\(tag.name)}} closes no section")
                }
                guard section.name == tag.name else {
                    throw Fault("{{/\(tag.name)}} stands where {{/\(section.name)}} must close the section")
                }
                section.before.append(.section(section.name, isInverted: section.isInverted, parts))
                parts = section.before
            }
        }
        if let section = open.last {
            let sign = section.isInverted ? "^" : "#"
            throw Fault("the section {{\(sign)\(section.name)}} is not closed by {{/\(section.name)}}")
        }
        self.parts = parts
        if tags == 1, parts.count == 1, case .value(let name) = parts[0] { onlyName = name } else { onlyName = nil }
    }
}

/// Finds the tags of a text, one after the other.
struct MustacheTags {
    enum Kind { case value, section, inverted, close, comment }

    struct Tag {
        var kind: Kind
        var name: String
    }

    private let bytes: [UInt8]
    private var index = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    /// The text up to the next tag, and the tag; nil at the end.
    mutating func next() throws(MustacheText.Fault) -> (before: String, tag: Tag?) {
        let start = index
        guard let open = find("{{", from: index) else {
            index = bytes.count
            return (text(start..<bytes.count), nil)
        }
        let sign = open + 2 < bytes.count ? bytes[open + 2] : 0
        let isTriple = sign == UInt8(ascii: "{")
        let isSigned = isTriple || Self.kinds[sign] != nil || Self.refused[sign] != nil
        let nameStart = open + (isSigned ? 3 : 2)
        let close = isTriple ? "}}}" : "}}"
        guard let nameEnd = find(close, from: nameStart) else {
            throw MustacheText.Fault("\(shown(open..<bytes.count)) is not closed by \(close)")
        }
        index = nameEnd + close.utf8.count
        let kind = isTriple ? .value : Self.kinds[sign] ?? .value
        if let reason = Self.refused[sign] { throw MustacheText.Fault("\(shown(open..<index)): \(reason)") }
        let name = text(nameStart..<nameEnd).withoutSpacesAround
        if name.isEmpty, kind != .comment { throw MustacheText.Fault("\(shown(open..<index)) names no column") }
        var end = open
        if kind != .value, let line = standaloneLine(open..<index) {
            end = line.lowerBound
            index = line.upperBound
        }
        return (text(start..<max(start, end)), Tag(kind: kind, name: name))
    }

    private static let kinds: [UInt8: Kind] = [
        UInt8(ascii: "#"): .section, UInt8(ascii: "^"): .inverted, UInt8(ascii: "/"): .close,
        UInt8(ascii: "!"): .comment, UInt8(ascii: "&"): .value,
    ]
    private static let refused: [UInt8: String] = [
        UInt8(ascii: ">"): "there are no partials", UInt8(ascii: "="): "the delimiters cannot be changed",
    ]

    /// The whole line of a tag, with its end, where nothing but white space stands beside it.
    private func standaloneLine(_ tag: Range<Int>) -> Range<Int>? {
        var start = tag.lowerBound
        while start > 0, Self.isBlank(bytes[start - 1]) { start -= 1 }
        guard start == 0 || bytes[start - 1] == 0x0A else { return nil }
        var end = tag.upperBound
        while end < bytes.count, Self.isBlank(bytes[end]) { end += 1 }
        if end == bytes.count { return start..<end }
        if bytes[end] == 0x0D, end + 1 < bytes.count, bytes[end + 1] == 0x0A { return start..<end + 2 }
        return bytes[end] == 0x0A ? start..<end + 1 : nil
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private func find(_ needle: String, from start: Int) -> Int? {
        let needle = Array(needle.utf8)
        guard start + needle.count <= bytes.count else { return nil }
        return (start...bytes.count - needle.count).first { bytes[$0..<$0 + needle.count].elementsEqual(needle) }
    }

    private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    /// A part of the text for a message: its first line, if long only its beginning.
    private func shown(_ range: Range<Int>) -> String {
        let line = text(range).prefix { !$0.isNewline }
        return line.count > 40 ? line.prefix(40) + "…" : String(line)
    }
}
