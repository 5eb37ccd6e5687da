/// A JSON value whose objects keep the order of their members.
enum JSON: Sendable {
    case null
    case bool(Bool)
    /// A number as its text.
    case number(String)
    case string(String)
    case array([JSON])
    case object([(key: String, value: JSON)])

    /// The value of an object's member.
    subscript(key: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    /// The string that this value is, if it is one.
    var string: String? {
        if case .string(let string) = self { string } else { nil }
    }

    /// The integer that this value is, if it is one.
    var integer: Int? {
        if case .number(let digits) = self { Int(digits) } else { nil }
    }
}

extension JSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    init(nilLiteral: ()) { self = .null }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(integerLiteral value: Int) { self = .number(String(value)) }
    init(stringLiteral value: String) { self = .string(value) }
    init(arrayLiteral elements: JSON...) { self = .array(elements) }
    init(dictionaryLiteral elements: (String, JSON)...) { self = .object(elements.map { ($0.0, $0.1) }) }
}

extension JSON: Decodable {
    private struct MemberName: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// Reads any value; the members of objects are sorted, since Foundation keeps no order.
    init(from decoder: any Decoder) throws {
        if let container = try? decoder.container(keyedBy: MemberName.self) {
            let keys = container.allKeys.sorted { $0.stringValue < $1.stringValue }
            self = .object(try keys.map { ($0.stringValue, try container.decode(JSON.self, forKey: $0)) })
            return
        }
        let container = try decoder.singleValueContainer()
        if let string = try? container.decode(String.self) {
            self = .string(string)
        } else if let values = try? container.decode([JSON].self) {
            self = .array(values)
        } else if let bool = try? container.decode(Bool.self) {
            self = .bool(bool)
        } else if container.decodeNil() {
            self = .null
        } else if let integer = try? container.decode(Int.self) {
            self = .number(String(integer))
        } else {
            self = .number(String(try container.decode(Double.self)))
        }
    }
}

extension JSON {
    /// The value as compact JSON text.
    var text: String {
        var text = ""
        text.appendJSON(self)
        return text
    }
}

extension String {
    /// Appends a value as compact JSON.
    mutating func appendJSON(_ value: JSON) {
        switch value {
        case .null: self += "null"
        case .bool(let bool): self += bool ? "true" : "false"
        case .number(let digits): self += digits
        case .string(let string): appendJSONString(string)
        case .array(let values):
            self += "["
            for (index, element) in values.enumerated() {
                if index > 0 { self += "," }
                appendJSON(element)
            }
            self += "]"
        case .object(let members):
            self += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { self += "," }
                appendJSONString(member.key)
                self += ":"
                appendJSON(member.value)
            }
            self += "}"
        }
    }

    /// Appends a string with its quotes; only quotes, backslashes and control characters are escaped.
    mutating func appendJSONString(_ string: String) {
        self += "\""
        if string.utf8.contains(where: Self.needsEscape) {
            for character in string.unicodeScalars { appendEscaped(character) }
        } else {
            self += string
        }
        self += "\""
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func appendEscaped(_ character: Unicode.Scalar) {
        switch character {
        case "\"": self += "\\\""
        case "\\": self += "\\\\"
        case "\n": self += "\\n"
        case "\r": self += "\\r"
        case "\t": self += "\\t"
        case ..<" ": self += "\\u00" + (character.value < 0x10 ? "0" : "") + String(character.value, radix: 16)
        default: unicodeScalars.append(character)
        }
    }
}
