/// Character classes: what stands between `[` and `]`.
extension RegexParser {
    private enum Member {
        case code(UInt32)
        case set(ScalarSet)

        var set: ScalarSet {
            switch self {
            case .code(let code): ScalarSet(code)
            case .set(let set): set
            }
        }
    }

    /// The set of the class that begins here.
    mutating func characterClass() throws(RegexFault) -> ScalarSet {
        let start = index
        index += 1
        let isInverted = take("^")
        var ranges: [ClosedRange<UInt32>] = []
        while next != "]" {
            guard next != nil else { throw fault("a class that is not closed", at: start) }
            let memberStart = index
            let first = try member()
            guard next == "-", scalar(at: index + 1) != "]", scalar(at: index + 1) != nil else {
                ranges += first.set.ranges
                continue
            }
            index += 1
            switch (first, try member()) {
            case (.code(let lower), .code(let upper)):
                guard lower <= upper else { throw fault("a range that is out of order", at: memberStart) }
                ranges.append(lower...upper)
            // A set has no end that a range could have: the hyphen is a member (annex B).
            case (let first, let second): ranges += first.set.ranges + second.set.ranges + [0x2D...0x2D]
            }
        }
        index += 1
        let set = ScalarSet(ranges)
        return isInverted ? set.inverted : set
    }

    private mutating func member() throws(RegexFault) -> Member {
        let start = index
        let code = pattern[index]
        index += 1
        guard code == 0x5C else { return .code(code) }
        if let set = try setEscape(at: start) { return .set(set) }
        if take("b") { return .code(0x08) }
        // Digits and the low line are control characters in a class only (annex B).
        if next == "c", let control = scalar(at: index + 1), "0"..."9" ~= control || control == "_" {
            index += 2
            return .code(control.value % 32)
        }
        return .code(try characterEscape(at: start))
    }
}
