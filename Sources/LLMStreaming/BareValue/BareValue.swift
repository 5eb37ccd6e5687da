/// The JSON value that stands in an answer, with nothing else around it than what may be taken off.
package struct BareValue: Sendable, Equatable {
    /// Where the value stands in the answer, in offsets of UTF-8, without white space around it.
    package var range: Range<Int>
    /// What was taken off besides white space; empty where it was nothing.
    package var takenOff: TakenOff

    /// Finds the value of a whole answer.
    ///
    /// Whether it is JSON is not asked: text behind a value that no fence closes is a part of the range.
    package init(in answer: String) throws(BareValueFault) {
        let bytes = Array(answer.utf8)
        var reader = BareValueReader()
        var range = try reader.take(bytes.span)
        takenOff = try reader.finish()
        while let last = range.last, JSONWhiteSpace.contains(bytes[last]) { range.removeLast() }
        self.range = range
    }

    /// The value's text, of the answer in which it was found.
    package func text(of answer: String) -> String {
        let start = answer.utf8.index(answer.utf8.startIndex, offsetBy: range.lowerBound)
        return String(answer[start..<answer.utf8.index(start, offsetBy: range.count)])
    }
}

/// What stands around the value of an answer that was asked for JSON, and is no fault of it.
package struct TakenOff: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// `<think>…</think>` or `<thinking>…</thinking>` before the value.
    package static let thinking = TakenOff(rawValue: 1)
    /// A code fence around the value.
    package static let codeFence = TakenOff(rawValue: 2)

    /// What was taken off, for `check_report`; empty where it was nothing.
    package var words: [String] {
        (contains(.thinking) ? ["thinking tags"] : []) + (contains(.codeFence) ? ["a code fence"] : [])
    }
}

/// Why an answer holds no bare value.
package enum BareValueFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// Nothing but white space, thinking or an empty fence.
    case blank
    /// The thinking has no end.
    case openThinking
    /// Something that is no value begins at this byte of the answer, before or behind where the value can be.
    case otherText(offset: Int)

    package var description: String {
        switch self {
        case .blank: "the answer is blank"
        case .openThinking: "the answer ends within its thinking"
        case .otherText(let offset): "text that is not a part of the value at byte \(offset)"
        }
    }
}

/// The white space of JSON (RFC 8259, section 2).
enum JSONWhiteSpace {
    static func contains(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }
}
