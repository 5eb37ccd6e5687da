/// Why a document is no schema that can be checked against.
package struct SchemaFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// Where in the schema, as a JSON pointer (RFC 6901); empty for the whole of it.
    package let pointer: String
    /// What stands there, shortened.
    package let found: String
    /// What is asked for instead.
    package let asked: String

    package var description: String {
        "\(pointer.isEmpty ? "the schema" : "schema at \(pointer)"): found \(found); asked is \(asked)"
    }
}

/// What is wrong with a value.
package struct SchemaFinding: Error, Sendable, Equatable, CustomStringConvertible {
    /// Where in the value, as a JSON pointer (RFC 6901); empty for the whole of it.
    package let pointer: String
    /// What stands there, shortened.
    package let found: String
    /// What the schema asks for.
    package let asked: String

    package init(pointer: String, found: String, asked: String) {
        self.pointer = pointer
        self.found = found
        self.asked = asked
    }

    package var description: String {
        "\(pointer.isEmpty ? "the value" : pointer): found \(found); asked is \(asked)"
    }
}

/// Texts of messages.
enum Excerpt {
    /// The most characters of a value in a message.
    static let most = 60

    /// A text, cut with an ellipsis where it is long.
    static func of(_ text: String, most: Int = most) -> String {
        let scalars = text.unicodeScalars
        guard scalars.index(scalars.startIndex, offsetBy: most, limitedBy: scalars.endIndex) != nil,
            scalars.count > most
        else { return text }
        var beginning = String.UnicodeScalarView()
        beginning.append(contentsOf: scalars.prefix(most))
        return String(beginning) + "…"
    }

    /// A part of a JSON pointer (RFC 6901, section 4).
    static func pointerPart(_ name: String) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in name.unicodeScalars {
            switch scalar {
            case "~": escaped.append(contentsOf: "~0".unicodeScalars)
            case "/": escaped.append(contentsOf: "~1".unicodeScalars)
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }
}
