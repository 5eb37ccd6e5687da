/// Text of the user's as a literal of the language of a script: it means just these characters there.
enum ScriptText {
    /// A word of the shell.
    static func shell(_ text: String) -> String { "'" + replaced("'", in: text, by: #"'\''"#) + "'" }

    /// By scalars: with a mark behind it a quote is another character to Swift, and the same quote to a shell.
    private static func replaced(_ old: Unicode.Scalar, in text: String, by new: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar == old { result.append(contentsOf: new.unicodeScalars) } else { result.append(scalar) }
        }
        return String(result)
    }

    /// A string of Python, and of YAML.
    ///
    /// What is not printable ASCII is escaped, since YAML 1.1 folds some line breaks of Unicode.
    static func quoted(_ text: String) -> String {
        var literal = "\""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x22, 0x5C:
                literal += "\\"
                literal.unicodeScalars.append(scalar)
            case 0x20...0x7E: literal.unicodeScalars.append(scalar)
            case ...0xFF: literal += "\\x" + hexadecimal(scalar.value, digits: 2)
            case ...0xFFFF: literal += "\\u" + hexadecimal(scalar.value, digits: 4)
            default: literal += "\\U" + hexadecimal(scalar.value, digits: 8)
            }
        }
        return literal + "\""
    }

    /// An argument of a container, in which Kubernetes would put variables for `$(NAME)`.
    static func containerArgument(_ text: String) -> String { quoted(replaced("$", in: text, by: "$$")) }

    private static func hexadecimal(_ value: UInt32, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }

    /// A template with values in the places of their names; what stands in a value is no name any more.
    ///
    /// - Precondition: every name of the template has a value, and every value a name.
    static func filled(_ template: [UInt8], _ values: [String: String]) -> String {
        var unused = Set(values.keys)
        var text = ""
        for (position, part) in String(decoding: template, as: UTF8.self).split(
            separator: "%%", omittingEmptySubsequences: false
        ).enumerated() {
            if position % 2 == 0 {
                text += part
            } else {
                guard let value = values[String(part)] else { preconditionFailure("the template has '\(part)'") }
                unused.remove(String(part))
                text += value
            }
        }
        precondition(unused.isEmpty, "the template lacks \(unused)")
        return text
    }
}
