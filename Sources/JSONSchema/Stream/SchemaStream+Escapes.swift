/// Escapes in strings, whose beginning may already show that no listed string is left.
extension SchemaStream {
    mutating func beginEscape() {
        stage = .escape
        // After the first half of a character this may be its second half, which counts no more.
        token.escapeIsCounted = token.half == 0
        if token.escapeIsCounted { countCharacter() }
        if stage != .stopped { checkEscape(digits: nil) }
    }

    /// The byte after the backslash.
    mutating func escape(_ byte: UInt8) {
        let decoded: UInt8
        switch byte {
        case UInt8(ascii: "u"):
            stage = .hexadecimal
            (token.escapeDigits, token.escapeValue) = (0, 0)
            return
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): decoded = byte
        case UInt8(ascii: "b"): decoded = 0x08
        case UInt8(ascii: "f"): decoded = 0x0C
        case UInt8(ascii: "n"): decoded = 0x0A
        case UInt8(ascii: "r"): decoded = 0x0D
        case UInt8(ascii: "t"): decoded = 0x09
        default: return refuse("a backslash before the byte 0x\(String(byte, radix: 16))", asked: "an escape of JSON")
        }
        stage = .string
        countEscape()
        if stage != .stopped { take(decoded) }
    }

    /// The escape is a character of its own, whatever half came before it.
    private mutating func countEscape() {
        if token.half != 0 { loseHalf() }
        guard stage != .stopped, !token.escapeIsCounted else { return }
        token.escapeIsCounted = true
        countCharacter()
    }

    mutating func hexadecimal(_ byte: UInt8) {
        let digit: UInt8
        switch byte {
        case 0x30...0x39: digit = byte - 0x30
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
        default: return refuse("the byte 0x\(String(byte, radix: 16)) in an escape", asked: "four hexadecimal digits")
        }
        token.escapeDigits += 1
        token.escapeValue = token.escapeValue << 4 | UInt32(digit)
        let units = UnitRange(token.escapeDigits, token.escapeValue)
        if token.half != 0, !units.overlaps(0xDC00...0xDFFF) { countEscape() }
        guard stage != .stopped else { return }
        if token.escapeDigits < 4 { checkEscape(digits: units) } else { endEscape(token.escapeValue) }
    }

    private mutating func endEscape(_ unit: UInt32) {
        stage = .string
        if token.half != 0 {
            let scalar = Unicode.Scalar(0x10000 + ((token.half - 0xD800) << 10) + (unit - 0xDC00))
            token.half = 0
            if let scalar { take(scalar) }
        } else if (0xD800...0xDBFF).contains(unit) {
            token.half = unit
            checkEscape(digits: nil)
        } else {
            take(Unicode.Scalar(unit) ?? "\u{FFFD}")
        }
    }

    /// The half that came has no other half.
    mutating func loseHalf() {
        token.half = 0
        take("\u{FFFD}")
    }

    private mutating func take(_ scalar: Unicode.Scalar) {
        for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter where stage != .stopped { take(byte) }
    }

    /// Whether a listed string or name is left that can go on like this.
    private mutating func checkEscape(digits: UnitRange?) {
        let next = NextCharacter(half: token.half, isEscape: stage != .string, units: digits)
        if token.hasLiterals {
            let frame = frames.count - 1
            forEachCell(at: frame) { machine, evaluation, cell, node in
                guard let strings = node.literals?.strings else { return }
                let range = machine.cells[cell].low..<machine.cells[cell].high
                if range.contains(where: { next.fits(strings, $0, at: machine.token.decoded) }) { return }
                machine.fail(cell, of: evaluation, at: frame, .literal, node)
            }
            settle(frame)
        }
        if token.hasClosedNames, stage != .stopped { checkNameEscape(next) }
    }
}

/// The UTF-16 units that the hexadecimal digits so far can still become.
struct UnitRange {
    let range: ClosedRange<UInt32>

    init(_ digits: Int, _ value: UInt32) {
        let shift = UInt32(4 * (4 - digits))
        range = value << shift...((value + 1) << shift) - 1
    }

    func overlaps(_ other: ClosedRange<UInt32>) -> Bool { range.overlaps(other) }

    /// Whether this can be the only or first unit of a character, or a half that counts as it.
    func fits(_ scalar: Unicode.Scalar) -> Bool {
        if scalar == "\u{FFFD}", overlaps(0xD800...0xDFFF) { return true }
        return UTF16.encode(scalar)?.first.map { range.contains(UInt32($0)) } ?? false
    }
}

/// What is known of the next character of a text while its escapes are being read.
struct NextCharacter {
    /// The first half of a character, whose second did not come; 0 for none.
    let half: UInt32
    /// Whether an escape began.
    let isEscape: Bool
    /// What its digits can become; nil before the first.
    let units: UnitRange?

    /// Whether a string can have it at an offset.
    func fits(_ strings: ByteStrings, _ string: Int, at offset: Int) -> Bool {
        var scalars = strings.scalars(of: string, from: offset).makeIterator()
        guard let scalar = scalars.next() else { return false }
        if half == 0 { return units?.fits(scalar) ?? true }
        if let pair = UTF16.encode(scalar), scalar.value > 0xFFFF, pair.first == UInt16(half) {
            let second = pair.last.map(UInt32.init) ?? 0
            return units?.range.contains(second) ?? true
        }
        // Else the half stands alone, and the escape is the character after it.
        guard scalar == "\u{FFFD}" else { return false }
        guard isEscape else { return true }
        guard let after = scalars.next() else { return false }
        return units?.fits(after) ?? true
    }
}
