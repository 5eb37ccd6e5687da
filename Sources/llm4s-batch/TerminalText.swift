/// Text from models, servers and files made safe for a terminal: control characters never reach it raw.
enum TerminalText {
    /// The text with every control character but tab and line feed made visible, those of bidirectional text too.
    static func safe(_ text: String) -> String { String(decoding: bytes(of: text), as: UTF8.self) }

    /// JSON with the same characters as escapes, so that it stays the same JSON: raw they stand in its strings only.
    static func safe(json: String) -> String { String(decoding: bytes(ofJSON: json), as: UTF8.self) }

    /// The bytes of the safe text.
    static func bytes(of text: String) -> [UInt8] {
        replacing(in: text) { scalar in
            let isText = scalar == 0x09 || scalar == 0x0A || scalar >= 0x20 && !isUnseen(scalar)
            return isText ? nil : "\\u{\(String(scalar, radix: 16))}"
        }
    }

    /// The bytes of the safe JSON.
    static func bytes(ofJSON json: String) -> [UInt8] {
        replacing(in: json) { scalar in
            guard isUnseen(scalar) else { return nil }
            let digits = String(scalar, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
    }

    /// The bytes of a text in which others stand for some characters; what lies between is copied as it is, since
    /// answers have up to 64 MB.
    private static func replacing(in text: String, _ escape: (UInt32) -> String?) -> [UInt8] {
        var text = text
        return text.withUTF8 { buffer in
            let bytes = unsafe buffer.span
            var result: [UInt8] = []
            result.reserveCapacity(bytes.count + 1)
            var start = 0
            var index = 0
            while index < bytes.count {
                let first = bytes[index]
                // All but control characters, and what begins as one of those that are not seen.
                let isPlain = first >= 0x20 && first != 0x7F && first != 0xC2 && first != 0xD8 && first != 0xE2
                let end = index + (first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4)
                if !isPlain, let escape = escape(scalar(bytes, index..<end)) {
                    unsafe result.append(contentsOf: buffer[start..<index])
                    result.append(contentsOf: escape.utf8)
                    start = end
                }
                index = end
            }
            unsafe result.append(contentsOf: buffer[start...])
            return result
        }
    }

    /// The scalar of one to three bytes.
    private static func scalar(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt32 {
        var scalar = UInt32(bytes[range.lowerBound])
        if range.count > 1 { scalar &= range.count == 2 ? 0x1F : 0x0F }
        for index in range.dropFirst() { scalar = scalar << 6 | UInt32(bytes[index] & 0x3F) }
        return scalar
    }

    /// Whether a character commands a terminal (DEL and C1), or changes where others stand: the marks, overrides and
    /// isolates of bidirectional text, and the separators that end a line for some programs only.
    private static func isUnseen(_ scalar: UInt32) -> Bool {
        switch scalar {
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

    /// A line in lines of a width, those behind the first further in than it; a terminal would cut words.
    ///
    /// - Parameters:
    ///   - line: a line without its end; columns in it stay where it is short enough.
    ///   - width: nil leaves it one line.
    static func wrapped(_ line: String, width: Int?) -> [String] {
        let indentation = line.prefix { $0 == " " }
        return wrapped(
            String(line.dropFirst(indentation.count)), first: String(indentation), indentation: indentation.count + 2,
            width: width)
    }

    /// The text on one line, at most `limit` characters long.
    static func line(_ text: String, limit: Int) -> String {
        let flat = safe(text).split(whereSeparator: \.isNewline).joined(separator: " ")
        return flat.count <= limit ? flat : flat.prefix(max(0, limit - 1)) + "…"
    }
}
