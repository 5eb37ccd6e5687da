extension String {
    /// The text in quotes, fit for a message on a terminal: control characters escaped, at most 256 scalars.
    package var quotedName: String {
        var text = "'"
        for (position, scalar) in unicodeScalars.enumerated() {
            guard position < 256 else {
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
    package var grouped: String {
        var text = ""
        for (position, digit) in String(magnitude).reversed().enumerated() {
            if position > 0, position % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return (self < 0 ? "-" : "") + String(text.reversed())
    }

    /// The number with its noun: 1 job, 1,200 jobs.
    ///
    /// - Parameters:
    ///   - noun: of one.
    ///   - plural: of several; nil where it ends with an s.
    package func counted(_ noun: String, _ plural: String? = nil) -> String {
        "\(grouped) \(self == 1 ? noun : plural ?? noun + "s")"
    }
}
