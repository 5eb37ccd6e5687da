extension RegexParser {
    /// The quantifier that stands here; nil where none does, as at a `{` that is only a character.
    mutating func quantifier(groups: Range<Int>) throws(RegexFault) -> RegexBounds? {
        let start = index
        var (minimum, maximum) = (0, Int.max)
        switch next {
        case "*": index += 1
        case "+":
            index += 1
            minimum = 1
        case "?":
            index += 1
            maximum = 1
        case "{":
            index += 1
            guard let least = count() else {
                index = start
                return nil
            }
            (minimum, maximum) = (least, least)
            if take(",") { maximum = count() ?? Int.max }
            guard take("}") else {
                index = start
                return nil
            }
        default: return nil
        }
        guard minimum <= maximum else { throw fault("a quantifier whose bounds are out of order", at: start) }
        let isGreedy = !take("?")
        return RegexBounds(minimum: minimum, maximum: maximum, isGreedy: isGreedy, groups: groups)
    }

    /// The whole number that stands here; of one that no text can reach, one that none can reach either.
    private mutating func count() -> Int? {
        var value: Int?
        while let digit = next.flatMap({ digit($0, radix: 10) }) {
            value = min((value ?? 0) * 10 + Int(digit), Int(Int32.max))
            index += 1
        }
        return value
    }

    /// The value of a digit.
    func digit(_ character: Unicode.Scalar, radix: UInt32) -> UInt32? {
        let value: UInt32
        switch character {
        case "0"..."9": value = character.value - 0x30
        case "a"..."f": value = character.value - 0x61 + 10
        case "A"..."F": value = character.value - 0x41 + 10
        default: return nil
        }
        return value < radix ? value : nil
    }
}
