/// What is wrong with a row, or with the file that it stands in.
package struct RowFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// From 1: the line that the row begins at; of a quote that is not closed the line that it stands in.
    package let line: Int
    /// What is wrong, in words without the place.
    package let reason: String
    /// Whether no row of the file can be used: of a header that is none.
    package let isWholeFile: Bool

    init(line: Int, _ reason: String, isWholeFile: Bool = false) {
        self.line = line
        self.reason = reason
        self.isWholeFile = isWholeFile
    }

    package var description: String { "line \(line): \(reason)" }

    /// What is said behind text that is not UTF-8.
    static let encodingHint = "; of a file of Windows iconv -f CP1252 -t UTF-8 FILE > NEW makes it so"

    /// The fault of a row whose job line has more bytes than a line may have.
    static func oversizedJobLine(line: Int, maximumBytes: Int) -> RowFault {
        RowFault(
            line: line,
            "the job line that the template makes of the row has more bytes than --max-line-bytes allows "
                + "(\(maximumBytes.inGroups))")
    }

    /// The fault of a row with more bytes than a line may have.
    static func oversized(line: Int, maximumBytes: Int) -> RowFault {
        RowFault(
            line: line, "the row has more bytes than --max-line-bytes allows (\(maximumBytes.inGroups))")
    }
}

extension String {
    /// The text in quotes, fit for a message on a terminal: control characters escaped, at most 80 scalars.
    var inQuotes: String {
        var text = "'"
        for (position, scalar) in unicodeScalars.enumerated() {
            guard position < 80 else {
                text += "…"
                break
            }
            switch scalar.properties.generalCategory {
            // Format characters too: they can reverse the direction of what follows.
            case .control, .format, .lineSeparator, .paragraphSeparator:
                text += "\\u{\(String(scalar.value, radix: 16))}"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "'"
    }
}

extension Int {
    /// The number with its digits in groups of three: 1,234,567.
    var inGroups: String {
        let digits = Array(String(magnitude))
        var text = self < 0 ? "-" : ""
        for (position, digit) in digits.enumerated() {
            if position > 0, (digits.count - position).isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return text
    }
}
