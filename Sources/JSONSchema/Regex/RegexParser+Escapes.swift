/// Escapes: what follows a backslash.
extension RegexParser {
    /// What an escape outside of a class means.
    mutating func atomEscape() throws(RegexFault) -> RegexNode {
        let start = index
        index += 1
        switch next {
        case nil: throw fault("a backslash at the end", at: start)
        case "b":
            index += 1
            return .assertion(.wordBoundary)
        case "B":
            index += 1
            return .assertion(.noWordBoundary)
        case "k" where census.hasNames:
            index += 1
            return try namedReference(at: start)
        case let digit? where "1"..."9" ~= digit:
            if let number = groupNumber() { return .backReference([number]) }
            return .set(ScalarSet(try characterEscape(at: start)))
        default:
            if let set = try setEscape(at: start) { return .set(set) }
            return .set(ScalarSet(try characterEscape(at: start)))
        }
    }

    /// The number of a group that exists; a larger one is no reference (annex B).
    private mutating func groupNumber() -> Int? {
        let start = index
        var number = 0
        while let digit = next.flatMap({ digit($0, radix: 10) }) {
            number = min(number * 10 + Int(digit), census.count + 1)
            index += 1
        }
        if number <= census.count { return number }
        index = start
        return nil
    }

    /// The set that `\d`, `\p{…}` and their like name; nil where another escape stands.
    mutating func setEscape(at start: Int) throws(RegexFault) -> ScalarSet? {
        let set: ScalarSet
        switch next {
        case "d": set = .digits
        case "D": set = ScalarSet.digits.inverted
        case "w": set = .word
        case "W": set = ScalarSet.word.inverted
        case "s": set = .space
        case "S": set = ScalarSet.space.inverted
        case "p" where scalar(at: index + 1) == "{", "P" where scalar(at: index + 1) == "{":
            let isInverted = next == "P"
            index += 2
            let set = try property(at: start)
            return isInverted ? set.inverted : set
        default: return nil
        }
        index += 1
        return set
    }

    private mutating func property(at start: Int) throws(RegexFault) -> ScalarSet {
        var name = String.UnicodeScalarView()
        while let character = next, character != "}" {
            name.append(character)
            index += 1
        }
        guard take("}") else { throw fault("a property's '}' is missing", at: start) }
        switch RegexProperty.set(named: String(name)) {
        case .set(let set): return set
        case .unknown(let reason): throw fault(reason, at: start)
        }
    }

    /// The one character that an escape means; the backslash is taken.
    mutating func characterEscape(at start: Int) throws(RegexFault) -> UInt32 {
        guard let character = next else { throw fault("a backslash at the end", at: start) }
        if "0"..."7" ~= character { return octal() }
        index += 1
        switch character {
        case "f": return 0x0C
        case "n": return 0x0A
        case "r": return 0x0D
        case "t": return 0x09
        case "v": return 0x0B
        case "c":
            if let letter = next, "a"..."z" ~= letter || "A"..."Z" ~= letter {
                index += 1
                return letter.value % 32
            }
            // The backslash is one, and the letter stands for itself (annex B).
            index -= 1
            return 0x5C
        case "x": return hexadecimal(2) ?? character.value
        case "u": return try unicodeEscape(at: start) ?? character.value
        default: return character.value
        }
    }

    /// Zero, or up to three octal digits below 256 (annex B).
    private mutating func octal() -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<3 {
            guard let digit = next.flatMap({ digit($0, radix: 8) }), value * 8 + digit < 256 else { break }
            value = value * 8 + digit
            index += 1
        }
        return value
    }

    /// The number of exactly so many digits; nil, and nothing taken, where others stand.
    private mutating func hexadecimal(_ count: Int) -> UInt32? {
        var value: UInt32 = 0
        for offset in 0..<count {
            guard let digit = scalar(at: index + offset).flatMap({ digit($0, radix: 16) }) else { return nil }
            value = value * 16 + digit
        }
        index += count
        return value
    }

    private mutating func unicodeEscape(at start: Int) throws(RegexFault) -> UInt32? {
        if take("{") {
            var value: UInt32 = 0
            var count = 0
            while let digit = next.flatMap({ digit($0, radix: 16) }), value <= ScalarSet.highest {
                value = value * 16 + digit
                count += 1
                index += 1
            }
            guard count > 0, value <= ScalarSet.highest, take("}") else {
                throw fault("\\u{…} must hold a code point up to 10FFFF", at: start)
            }
            return value
        }
        guard let first = hexadecimal(4) else { return nil }
        guard 0xD800...0xDBFF ~= first, next == "\\", scalar(at: index + 1) == "u" else { return first }
        let between = index
        index += 2
        if let second = hexadecimal(4), 0xDC00...0xDFFF ~= second {
            return 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
        }
        index = between
        return first
    }
}
