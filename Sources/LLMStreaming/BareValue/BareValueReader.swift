/// Reads an answer as it streams and hands on the bytes of its JSON value: without thinking tags before it, and without
/// one code fence around it.
///
/// It knows as much of JSON as it must: with which bytes a value can begin and, within a fence, where strings begin and
/// end, since only outside of strings a fence's characters end it. Whether the value is one is for the reader of JSON:
/// without a fence all bytes from the value's first on are handed to it.
///
/// The tags are found in any case of letters, one or more after each other. A fence is CommonMark's: at least three
/// backticks or tildes, the rest of the line (without backticks after backticks), and at least as many of the same to
/// close it. Where the closing one stands on the value's own line, or is missing at the answer's end, the fence counts too.
package struct BareValueReader: Sendable {
    private enum State {
        /// Before anything but white space; after thinking too.
        case start
        /// Within an opening tag, of which so many bytes came.
        case openingTag(Int)
        /// Within the thinking of the tag that was opened, of whose closing tag so many bytes came last.
        case thinking(closingTag: StaticString, matched: Int)
        /// Within the marks that open a fence.
        case openingFence(Fence)
        /// On the line of the opening fence.
        case fenceLine(Fence)
        /// Within a fence, before its value.
        case fenced(Fence)
        /// In a value without a fence.
        case value
        /// In a value within a fence.
        case fencedValue(Fence, Place)
        /// Within the marks that close a fence, of which so many came.
        case closingFence(Fence, count: Int)
        /// Behind the closing fence.
        case end
        case failed(BareValueFault)
    }

    private struct Fence {
        let mark: UInt8
        var count: Int
    }

    /// Where in a value a byte stands.
    private enum Place { case outside, string, escape }

    private static let longTag: StaticString = "<thinking>"
    /// How many bytes of it the shorter tag has too.
    private static let sharedBytes = 6

    private var state = State.start
    /// How many bytes of the answer came before this piece.
    private var offset = 0
    /// Where the tag or fence began that is being read, in bytes of the answer.
    private var beginning = 0
    private var hasValue = false
    private var takenOff: TakenOff = []

    /// A reader before the first byte.
    package init() {}

    /// Takes the next bytes of the answer.
    ///
    /// - Returns: which of them are the value's; white space behind it may be among them.
    /// - Throws: when no answer that begins like this is right; from then on always.
    package mutating func take(_ piece: Span<UInt8>) throws(BareValueFault) -> Range<Int> {
        defer { offset += piece.count }
        var (start, end) = (isInValue ? 0 : piece.count, piece.count)
        var index = 0
        while index < piece.count {
            switch state {
            case .failed(let fault): throw fault
            case .value: return min(start, index)..<piece.count
            default: index = plainEnd(in: piece, from: index)
            }
            guard index < piece.count else { break }
            let (wasInValue, hadValue) = (isInValue, hasValue)
            state = next(piece[index], at: offset + index)
            if hasValue, !hadValue { start = index }
            if wasInValue, !isInValue { end = index }
            index += 1
        }
        if case .failed(let fault) = state { throw fault }
        return start..<max(start, end)
    }

    /// Whether no further byte can be the value's: the marks of a closing fence have begun.
    package var hasValueEnded: Bool {
        switch state {
        case .closingFence, .end: hasValue
        default: false
        }
    }

    /// The index of the first byte, from one on, that can change the state.
    private func plainEnd(in piece: Span<UInt8>, from start: Int) -> Int {
        let marks: (UInt8, UInt8)
        switch state {
        case .thinking(_, matched: 0): marks = (UInt8(ascii: "<"), UInt8(ascii: "<"))
        case .fencedValue(_, .string): marks = (UInt8(ascii: "\""), UInt8(ascii: "\\"))
        case .fencedValue(let fence, .outside): marks = (UInt8(ascii: "\""), fence.mark)
        default: return start
        }
        var index = start
        while index < piece.count, piece[index] != marks.0, piece[index] != marks.1 { index += 1 }
        return index
    }

    private var isInValue: Bool {
        switch state {
        case .value, .fencedValue: true
        default: false
        }
    }

    /// Says that the answer has ended.
    ///
    /// - Returns: what was taken off.
    package func finish() throws(BareValueFault) -> TakenOff {
        switch state {
        case .failed(let fault): throw fault
        case .thinking: throw .openThinking
        case .openingTag, .openingFence: throw .otherText(offset: beginning)
        case .closingFence(let fence, let count) where count < fence.count: throw .otherText(offset: beginning)
        default:
            guard hasValue else { throw .blank }
            return takenOff
        }
    }

    private mutating func next(_ byte: UInt8, at place: Int) -> State {
        switch state {
        case .start: return JSONWhiteSpace.contains(byte) ? .start : begin(byte, at: place)
        case .openingTag(let count): return openingTag(byte, count)
        case .thinking(let tag, let matched): return thinking(byte, tag, matched)
        case .openingFence(var fence):
            if byte == fence.mark {
                fence.count += 1
                return .openingFence(fence)
            }
            guard fence.count >= 3 else { return .failed(.otherText(offset: beginning)) }
            takenOff.insert(.codeFence)
            return fenceLine(byte, fence)
        case .fenceLine(let fence): return fenceLine(byte, fence)
        case .fenced(let fence):
            if JSONWhiteSpace.contains(byte) { return .fenced(fence) }
            if byte == fence.mark { return closing(fence, at: place) }
            guard beginsValue(byte) else { return .failed(.otherText(offset: place)) }
            hasValue = true
            return .fencedValue(fence, byte == UInt8(ascii: "\"") ? .string : .outside)
        case .value: return .value
        case .fencedValue(let fence, let within):
            switch (within, byte) {
            case (.escape, _): return .fencedValue(fence, .string)
            case (.string, UInt8(ascii: "\\")): return .fencedValue(fence, .escape)
            case (.string, UInt8(ascii: "\"")): return .fencedValue(fence, .outside)
            case (.string, _): return .fencedValue(fence, .string)
            case (.outside, UInt8(ascii: "\"")): return .fencedValue(fence, .string)
            case (.outside, fence.mark): return closing(fence, at: place)
            case (.outside, _): return .fencedValue(fence, .outside)
            }
        case .closingFence(let fence, let count):
            if byte == fence.mark { return .closingFence(fence, count: count + 1) }
            guard count >= fence.count else { return .failed(.otherText(offset: beginning)) }
            return end(byte, at: place)
        case .end: return end(byte, at: place)
        case .failed(let fault): return .failed(fault)
        }
    }

    private mutating func begin(_ byte: UInt8, at place: Int) -> State {
        beginning = place
        switch byte {
        case UInt8(ascii: "<"): return .openingTag(1)
        case UInt8(ascii: "`"), UInt8(ascii: "~"): return .openingFence(Fence(mark: byte, count: 1))
        default:
            guard beginsValue(byte) else { return .failed(.otherText(offset: place)) }
            hasValue = true
            return .value
        }
    }

    private mutating func openingTag(_ byte: UInt8, _ count: Int) -> State {
        let isShort = count == Self.sharedBytes && byte == UInt8(ascii: ">")
        guard isShort || Self.isByte(byte, count, of: Self.longTag) else {
            return .failed(.otherText(offset: beginning))
        }
        guard isShort || count + 1 == Self.longTag.utf8CodeUnitCount else { return .openingTag(count + 1) }
        takenOff.insert(.thinking)
        return .thinking(closingTag: isShort ? "</think>" : "</thinking>", matched: 0)
    }

    private func thinking(_ byte: UInt8, _ tag: StaticString, _ matched: Int) -> State {
        guard Self.isByte(byte, matched, of: tag) else {
            // A tag has its first byte nowhere else.
            return .thinking(closingTag: tag, matched: byte == UInt8(ascii: "<") ? 1 : 0)
        }
        return matched + 1 == tag.utf8CodeUnitCount ? .start : .thinking(closingTag: tag, matched: matched + 1)
    }

    private func fenceLine(_ byte: UInt8, _ fence: Fence) -> State {
        switch byte {
        case 0x0A, 0x0D: .fenced(fence)
        case UInt8(ascii: "`") where fence.mark == byte: .failed(.otherText(offset: beginning))
        default: .fenceLine(fence)
        }
    }

    private mutating func closing(_ fence: Fence, at place: Int) -> State {
        beginning = place
        return .closingFence(fence, count: 1)
    }

    private func end(_ byte: UInt8, at place: Int) -> State {
        JSONWhiteSpace.contains(byte) ? .end : .failed(.otherText(offset: place))
    }

    /// Whether a byte is the one of a tag at an index, in any case of letters.
    private static func isByte(_ byte: UInt8, _ index: Int, of tag: StaticString) -> Bool {
        let lower = UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte
        return tag.withUTF8Buffer { unsafe $0[index] == lower }
    }

    private func beginsValue(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\""), UInt8(ascii: "-"), UInt8(ascii: "t"),
            UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
