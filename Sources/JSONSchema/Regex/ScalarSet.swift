/// A set of code points: sorted ranges that do not touch, and a bitmap of the ASCII ones.
struct ScalarSet: Sendable, Hashable {
    static let highest: UInt32 = 0x10FFFF

    let ranges: [ClosedRange<UInt32>]
    private let lowASCII: UInt64
    private let highASCII: UInt64

    /// The code points of ranges in any order, which may overlap.
    init(_ given: [ClosedRange<UInt32>]) {
        var merged: [ClosedRange<UInt32>] = []
        for range in given.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, range.lowerBound <= last.upperBound || range.lowerBound == last.upperBound + 1 {
                merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        ranges = merged
        var (low, high): (UInt64, UInt64) = (0, 0)
        for range in merged where range.lowerBound < 0x80 {
            for code in range.lowerBound...min(range.upperBound, 0x7F) {
                if code < 64 { low |= 1 << UInt64(code) } else { high |= 1 << UInt64(code - 64) }
            }
        }
        (lowASCII, highASCII) = (low, high)
    }

    /// One code point.
    init(_ code: UInt32) { self.init([code...code]) }

    /// Those of the sets.
    init(joining sets: [ScalarSet]) { self.init(sets.flatMap(\.ranges)) }

    /// All that are not in this one.
    var inverted: ScalarSet {
        var rest: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges {
            if range.lowerBound > next { rest.append(next...range.lowerBound - 1) }
            next = range.upperBound + 1
        }
        if next <= Self.highest { rest.append(next...Self.highest) }
        return ScalarSet(rest)
    }

    func contains(_ code: UInt32) -> Bool {
        if code < 64 { return lowASCII >> UInt64(code) & 1 != 0 }
        if code < 128 { return highASCII >> UInt64(code - 64) & 1 != 0 }
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < code { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].lowerBound <= code
    }
}

/// The sets that have a sign of their own (ECMA 262, "CharacterClassEscape" and "Atom").
extension ScalarSet {
    /// What `\d` means.
    static let digits = ScalarSet([0x30...0x39])
    /// What `\w` means.
    static let word = ScalarSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    /// What `\s` means: WhiteSpace, which has the byte order mark and Unicode's Zs, and LineTerminator.
    static let space = ScalarSet([
        0x09...0x0D, 0x20...0x20, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029, 0x202F...0x202F,
        0x205F...0x205F, 0x3000...0x3000, 0xFEFF...0xFEFF,
    ])
    /// What the dot means: all but line terminators.
    static let dot = ScalarSet([0x0A...0x0A, 0x0D...0x0D, 0x2028...0x2029]).inverted

    /// Whether `\b` takes a code point for a part of a word.
    static func isWord(_ code: UInt32) -> Bool { code < 0x80 && word.contains(code) }
}
