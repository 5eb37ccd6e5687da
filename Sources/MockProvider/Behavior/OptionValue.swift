/// The value of an option, and its checked conversions.
struct OptionValue {
    /// The whole option as it was written, for messages.
    let option: String
    /// The value after `=`, percent-decoded; nil without `=`.
    let text: String?

    /// Runs `set` where there is no value.
    func flag(_ set: () -> Void) throws(InvalidBehaviorOption) {
        guard text == nil else { throw invalid("takes no value") }
        set()
    }

    /// The value as it is, not empty.
    func string() throws(InvalidBehaviorOption) -> String {
        guard let text, !text.isEmpty else { throw invalid("needs a value") }
        // The header values are checked by NIO's encoder too; here the message can name the option.
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { throw invalid("holds a control character") }
        return text
    }

    /// The value as an integer in a range.
    func integer(in range: ClosedRange<Int> = 0...Int(Int32.max)) throws(InvalidBehaviorOption) -> Int {
        guard let number = try Int(string()), range.contains(number) else {
            throw invalid("needs an integer from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// The value as a duration such as `20ms`, `1.5s`, `500us`, `2m` or `0`.
    func duration() throws(InvalidBehaviorOption) -> Duration {
        let text = try string()
        let number = text.prefix { $0.isNumber || $0 == "." }
        let seconds: Double? =
            switch text.dropFirst(number.count) {
            case "us": 1e-6
            case "ms": 1e-3
            case "s": 1
            case "m": 60
            case "" where number == "0": 0
            default: nil
            }
        guard let unit = seconds, let count = Double(number), count * unit <= 86_400 else {
            throw invalid("needs a duration of at most a day such as 20ms, 1.5s or 2m")
        }
        return .seconds(count * unit)
    }

    /// The value as one of an enum's cases.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ type: Choice.Type
    ) throws(InvalidBehaviorOption) -> Choice {
        guard let choice = try Choice(rawValue: string()) else {
            throw invalid("is one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return choice
    }

    /// The value as a chunk's index or `middle`.
    func position() throws(InvalidBehaviorOption) -> ChunkPosition {
        try string() == "middle" ? .middle : .index(integer())
    }

    /// The value as a place of silence.
    func silence() throws(InvalidBehaviorOption) -> Silence {
        switch try string() {
        case "headers": .beforeHeaders
        case "first": .beforeChunk(.index(0))
        default: .beforeChunk(try position())
        }
    }

    /// The value as the repetition at a seam.
    func seam() throws(InvalidBehaviorOption) -> Seam {
        switch try string() {
        case "bare": .bare
        case "whole": .whole
        case "anew": .anew
        default: .words(try integer())
        }
    }

    func invalid(_ reason: String) -> InvalidBehaviorOption {
        InvalidBehaviorOption(option: option, reason: reason)
    }
}

/// A behaviour option that cannot be understood.
package struct InvalidBehaviorOption: Error, CustomStringConvertible {
    /// The option as it was written.
    package let option: String
    /// What is wrong with it.
    package let reason: String

    package var description: String { "mock option '\(option)': \(reason)" }
}

extension Substring {
    /// The text without spaces at its ends.
    func trimmingSpaces() -> Substring {
        var trimmed = drop { $0 == " " }
        while trimmed.last == " " { trimmed.removeLast() }
        return trimmed
    }

    /// The text with each `%HH` replaced by its byte; anything else, a lone `%` too, stays as it is.
    func percentDecoded() -> String {
        guard contains("%") else { return String(self) }
        var bytes: [UInt8] = []
        var rest = utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let digits = String(rest.prefix(2)), digits.utf8.count == 2,
                let value = UInt8(digits, radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
