/// Text from models, servers and files made safe for a terminal: control characters never reach it raw (SPEC 7).
enum TerminalText {
    /// The text with every control character but tab and line feed made visible, those of bidirectional text too.
    static func safe(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F || $0 == 0x0A || $0 == 0x09 }) { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let isText = scalar == "\t" || scalar == "\n" || scalar.value >= 0x20 && !isUnseen(scalar)
            if isText {
                result.append(scalar)
            } else {
                result.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
            }
        }
        return String(result)
    }

    /// JSON with the same characters as escapes, so that it stays the same JSON: raw they stand in its strings only.
    static func safe(json: String) -> String {
        if json.utf8.allSatisfy({ $0 < 0x7F }) { return json }
        var result = String.UnicodeScalarView()
        for scalar in json.unicodeScalars {
            guard isUnseen(scalar) else {
                result.append(scalar)
                continue
            }
            let digits = String(scalar.value, radix: 16)
            let zeros = String(repeating: "0", count: 4 - digits.count)
            result.append(contentsOf: "\\u\(zeros)\(digits)".unicodeScalars)
        }
        return String(result)
    }

    /// Whether a character commands a terminal (DEL and C1), or changes where others stand: the marks, overrides and
    /// isolates of bidirectional text, and the separators that end a line for some programs only.
    private static func isUnseen(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x7F..<0xA0, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    /// The text in lines of a width, all but the first indented; words longer than a line stay whole.
    ///
    /// - Parameters:
    ///   - first: what stands before the first line.
    ///   - width: nil leaves it one line.
    static func wrapped(_ text: String, first: String, indentation: Int, width: Int?) -> [String] {
        guard let width, first.count + text.count > width else { return [first + text] }
        var lines: [String] = []
        var line = first
        var isEmpty = true
        for word in text.split(separator: " ") {
            if !isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = String(repeating: " ", count: indentation)
                isEmpty = true
            }
            line += (isEmpty ? "" : " ") + word
            isEmpty = false
        }
        return lines + [line]
    }

    /// The text on one line, at most so many characters long.
    static func line(_ text: String, limit: Int) -> String {
        let flat = safe(text).split(whereSeparator: \.isNewline).joined(separator: " ")
        return flat.count <= limit ? flat : flat.prefix(max(0, limit - 1)) + "…"
    }
}
