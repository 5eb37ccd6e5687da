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
