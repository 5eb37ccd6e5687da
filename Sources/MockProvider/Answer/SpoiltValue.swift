/// Spoils a value that fits a schema.
///
/// Each change of the value is nil where the schema leaves no room for it.
struct SpoiltValue {
    let document: SchemaDocument
    /// The right value.
    let value: JSON
    let seed: UInt64
    /// Whether a further member counts only where the schema forbids it.
    let needsFault: Bool

    private let places: [ValuePlace]

    init(_ value: JSON, of document: SchemaDocument, seed: UInt64, needsFault: Bool) {
        self.document = document
        self.value = value
        self.seed = seed
        self.needsFault = needsFault
        places = ValuePlace.all(in: value, of: document)
    }

    /// The value that the answer says and its text; they differ where the text is no JSON or more than it.
    func answer(_ way: WrongAnswer) -> (value: JSON, text: String) {
        switch way {
        case .missing: of(missing ?? wrongType)
        case .type: of(wrongType)
        case .enum: of(outsideEnum ?? wrongType)
        case .extra: of(withFurtherMember ?? wrongType)
        case .nan: of(notANumber)
        case .duplicate: of(withMemberTwice)
        case .loop: of(loop)
        case .tool: of(Hash64.mix(~seed) % 2 == 0 ? missing ?? wrongType : wrongType)
        case .fence: (value, "```json\n\(value.text)\n```")
        case .think: (value, "<think>\n\(sentence(words: 30))\n</think>\n\n\(value.text)")
        case .prose: (value, "Here is the JSON:\n\n\(value.text)")
        case .tail: (value, "\(value.text)\n\nThat is the JSON. \(sentence(words: 60))")
        case .blank: (value, String(repeating: " ", count: 400))
        case .two: (value, "\(value.text)\n\(value.text)")
        case .open: (value, opened)
        case .syntax, .refuse, .any: (value, broken)
        }
    }

    private func of(_ spoilt: JSON?) -> (value: JSON, text: String) {
        spoilt.map { ($0, $0.text) } ?? (value, broken)
    }

    // MARK: - Other values

    private var missing: JSON? {
        for place in places {
            guard case .object(var members) = place.value else { continue }
            let index = members.firstIndex { member in
                isEveryObject(at: place) { $0["required"]?.elements?.contains { $0.string == member.key } ?? false }
            }
            guard let index else { continue }
            members.remove(at: index)
            return withRemarks(value.replacing(at: place.path, with: .object(members)))
        }
        return nil
    }

    private var wrongType: JSON? {
        let order: (JSON) -> Int = { value in
            switch value {
            case .number: 0
            case .string: 1
            case .bool, .null: 2
            case .array, .object: 3
            }
        }
        let ranked = (0...3).flatMap { rank in places.filter { order($0.value) == rank } }
        for place in ranked {
            // A root is spoilt as a whole only where nothing in it can be.
            if place.path.isEmpty, places.count > 1 { continue }
            if let other = otherValue(at: place) { return other }
        }
        return places.count > 1 ? otherValue(at: places[0]) : nil
    }

    private func otherValue(at place: ValuePlace) -> JSON? {
        let text: JSON = if case .string = place.value { "none" } else { .string(place.value.text) }
        let number: JSON = 12_345
        let candidates: [JSON] = [place.value.isNumber ? text : number, text, true, nil, [], [:]]
        let other = candidates.first { $0.typeName != place.value.typeName && !document.admits($0, as: place.schema) }
        return other.map { withRemarks(value.replacing(at: place.path, with: $0)) }
    }

    private var outsideEnum: JSON? {
        for place in places {
            let schema = document.resolved(place.schema)
            guard schema["enum"] != nil || schema["const"] != nil else { continue }
            let candidates: [JSON] = place.value.isNumber ? [987_654, "none of these"] : ["none of these", 987_654]
            guard let other = candidates.first(where: { !document.admits($0, as: place.schema) }) else { continue }
            return withRemarks(value.replacing(at: place.path, with: other))
        }
        return nil
    }

    private var withFurtherMember: JSON? {
        let forbidding = places.first { $0.value.members != nil && isEveryObject(at: $0, Self.isClosed) }
        let free = needsFault ? nil : places.first { $0.value.members != nil }
        guard let place = forbidding ?? free, let members = place.value.members else { return nil }
        return value.replacing(
            at: place.path, with: .object([("unexpected", .string(sentence(words: 60)))] + members))
    }

    private var withMemberTwice: JSON? {
        for place in places {
            guard let members = place.value.members, let first = members.first else { continue }
            return withRemarks(value.replacing(at: place.path, with: .object([first] + members)))
        }
        return nil
    }

    private var notANumber: JSON {
        let leaves = places.filter { $0.value.elements == nil && $0.value.members == nil }
        let place = leaves.first { $0.value.isNumber } ?? leaves.first ?? places[0]
        return withRemarks(value.replacing(at: place.path, with: .number("NaN")))
    }

    /// The last string that is free, else the last at all, goes on with one sentence.
    private var loop: JSON? {
        let strings = places.filter { $0.value.string != nil }.sorted { $0.path.lexicographicallyPrecedes($1.path) }
        let free = strings.last { place in
            let schema = document.resolved(place.schema)
            return ["maxLength", "enum", "const", "format", "pattern"].allSatisfy { schema[$0] == nil }
        }
        guard let place = free ?? strings.last, let text = place.value.string else { return nil }
        let round = " " + sentence(words: 9)
        let rounds = max(60, 3_000 / round.unicodeScalars.count + 1)
        return value.replacing(
            at: place.path, with: .string(text + String(repeating: round, count: rounds)), movesAhead: false)
    }

    /// A value with a long string behind it where it has none and its schema takes another member.
    private func withRemarks(_ value: JSON) -> JSON {
        guard case .object(let members) = value, !members.contains(where: { $0.key == "remarks" }),
            value.text.utf8.count < 400,
            document.alternatives(of: document.root).allSatisfy({ SchemaDocument.member("remarks", of: $0) == nil })
        else { return value }
        return .object(members + [("remarks", .string(sentence(words: 60)))])
    }

    /// Whether something holds of each branch of a place's schema that an object may fit.
    private func isEveryObject(at place: ValuePlace, _ holds: (JSON) -> Bool) -> Bool {
        document.alternatives(of: place.schema).allSatisfy { schema in
            let types = SchemaDocument.types(of: schema)
            return !types.isEmpty && !types.contains("object") || holds(schema)
        }
    }

    /// Whether a resolved schema takes no members but its properties.
    private static func isClosed(_ schema: JSON) -> Bool {
        if case .bool(false)? = schema["additionalProperties"] { schema["patternProperties"] == nil } else { false }
    }

    // MARK: - Other texts

    private func sentence(words: Int) -> String { AnswerText(seed: ~seed, wordCount: words).whole }

    /// The first half of the text.
    private var opened: String {
        let text = value.text
        // The half of a number would be a number.
        return value.isNumber ? "[" + text : String(text.prefix(max(1, text.count / 2)))
    }

    /// The text with another character in place of a colon or comma of its first half.
    private var broken: String {
        var bytes = Array(value.text.utf8)
        var marks: [Int] = []
        var isInString = false
        var isEscaped = false
        for (index, byte) in bytes.enumerated() {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\"") {
                isInString.toggle()
            } else if isInString {
                isEscaped = byte == UInt8(ascii: "\\")
            } else if byte == UInt8(ascii: ":") || byte == UInt8(ascii: ",") {
                marks.append(index)
            }
        }
        guard !marks.isEmpty else { return "{" + value.text }
        let mark = marks[marks.count / 4]
        bytes[mark] = bytes[mark] == UInt8(ascii: ":") ? UInt8(ascii: "=") : UInt8(ascii: ";")
        return String(decoding: bytes, as: UTF8.self)
    }
}
