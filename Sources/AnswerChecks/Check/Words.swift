import LLMStreaming

/// Texts of messages: one line each, and short, whatever stands in a request or an answer.
enum Words {
    /// The most characters of a text in a message.
    private static let most = 60

    /// The beginning of a text as a JSON string, with an ellipsis behind it where it is longer.
    static func quoted(_ text: some StringProtocol, most: Int = most) -> String {
        let (beginning, isWhole) = beginning(of: text, most: most)
        return oneLine(JSON.string(beginning).text) + (isWhole ? "" : "…")
    }

    /// The beginning of a text, with an ellipsis where it is longer.
    static func excerpt(of text: some StringProtocol, most: Int = most) -> String {
        let (beginning, isWhole) = beginning(of: text, most: most)
        return oneLine(beginning) + (isWhole ? "" : "…")
    }

    private static func beginning(of text: some StringProtocol, most: Int) -> (text: String, isWhole: Bool) {
        let scalars = text.unicodeScalars
        guard let end = scalars.index(scalars.startIndex, offsetBy: most, limitedBy: scalars.endIndex) else {
            return (String(text), true)
        }
        return (String(String.UnicodeScalarView(scalars[..<end])), end == scalars.endIndex)
    }

    /// The text with escapes in the place of what would end a line or change the direction of what follows.
    static func oneLine(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isSpecial) else { return text }
        var line = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if isSpecial(scalar) {
                line.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
            } else {
                line.append(scalar)
            }
        }
        return String(line)
    }

    private static func isSpecial(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value < 0x20 || scalar.value == 0x7F }
        return switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }

    /// A number of characters.
    static func characters(_ count: Int) -> String { "\(count) character\(count == 1 ? "" : "s")" }

    /// Names in a message, the first eight.
    static func list(_ names: [String]) -> String {
        names.prefix(8).map { quoted($0) }.joined(separator: ", ") + (names.count > 8 ? ", …" : "")
    }
}
