/// Where a text may have begun to repeat itself: periods that are worth a comparison.
///
/// One place in about 64 is marked, by the eight bytes before it: so a block has its marks at the same places in each
/// copy, and most bytes cost one multiplication. The marks are kept by the 32 bytes before them. A text without marks for
/// a while is compared with itself at every distance, the farther the rarer. Where a repetition ends that is a part of a
/// longer block, another one did just as far back as that block is long.
struct RepetitionCandidates: Sendable {
    /// How many of the last bytes must agree at least with those a period before, and of long blocks at most.
    private static let leastAgreement = 64
    private static let mostAgreement = 1_024
    /// The first distance that is searched without marks, and the last, in bytes.
    private static let firstGap = 256
    private static let lastGap = 4 * RepetitionRule.maximumPeriod
    private static let rows = 128
    private static let ways = 4
    private static let factor: UInt64 = 0x9E37_79B9_7F4A_7C15

    /// How many bytes of the text stand before each of the newest marks, in rows of four by their hash: 2 KB.
    private var marks = [UInt32](repeating: 0, count: rows * ways)
    /// How many bytes of the text stand before the next search without marks, and which one since the last mark it is.
    private var nextSearch = firstGap
    private var searchNumber = 1
    /// How many bytes of the text stand before the ends of the last repetitions, the newest first.
    private var runEnds: [Int] = []
    private static let maximumRunEnds = 8

    /// Takes note that a repetition ended at an index, whose byte is not one of it.
    ///
    /// - Returns: a longer period that the text has at the index behind that byte.
    mutating func endRun(in text: RecentText, at index: Int) -> (end: Int, period: Int)? {
        let place = text.droppedBytes + index
        let bytes = text.bytes.span
        let longer = runEnds.first { Self.agrees(bytes, at: index + 1, place - $0) }
        if runEnds.count == Self.maximumRunEnds { runEnds.removeLast() }
        runEnds.insert(place, at: 0)
        return longer.map { (index + 1, place - $0) }
    }

    /// Goes on from an index up to the text's end, or to the first place at which the last bytes are a repetition.
    ///
    /// - Returns: that place and the period, in bytes; nil where the end was reached.
    mutating func next(in text: RecentText, from start: inout Int) -> (end: Int, period: Int)? {
        let bytes = text.bytes.span
        let dropped = text.droppedBytes
        var index = max(start, Self.leastAgreement)
        // A repetition that was followed had no searches.
        nextSearch = max(nextSearch, dropped + index + 1)
        while index < text.bytes.count {
            var stop = min(text.bytes.count, nextSearch - dropped)
            while index < stop {
                index += 1
                // The check of the bounds was a fifth of all: the index is past 64, and not past the end.
                let word = unsafe UInt64(
                    littleEndian: bytes.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index - 8, as: UInt64.self))
                guard (word &* Self.factor) >> 58 == 0 else { continue }
                (searchNumber, nextSearch) = (1, dropped + index + Self.firstGap)
                stop = min(text.bytes.count, index + Self.firstGap)
                if let period = periodOfMark(bytes, dropped, at: index) {
                    start = index
                    return (index, period)
                }
            }
            guard index == nextSearch - dropped else { continue }
            // Every second one twice as far, every fourth four times: each distance costs as much a byte.
            let distance = min(Self.firstGap << searchNumber.trailingZeroBitCount, Self.lastGap)
            nextSearch += Self.firstGap
            searchNumber += 1
            if let period = Self.period(bytes, at: index, upTo: distance) {
                start = index
                return (index, period)
            }
        }
        start = text.bytes.count
        return nil
    }

    /// Keeps a mark, and gives the distance to the nearest earlier one from which on the text repeats itself.
    private mutating func periodOfMark(_ bytes: Span<UInt8>, _ dropped: Int, at index: Int) -> Int? {
        var hash: UInt64 = 0
        for offset in stride(from: 32, to: 0, by: -8) {
            hash = (hash ^ RecentText.word(bytes, at: index - offset)) &* Self.factor
            hash ^= hash >> 32
        }
        let row = Int(hash % UInt64(Self.rows)) * Self.ways
        let place = UInt32(truncatingIfNeeded: dropped + index)
        var found: Int?
        for way in 0..<Self.ways {
            // Places beyond 4 GB wrap; what is wrong then does not agree.
            let period = Int(place &- marks[row + way])
            if Self.agrees(bytes, at: index, period) {
                found = period
                break
            }
        }
        for way in stride(from: Self.ways - 1, to: 0, by: -1) { marks[row + way] = marks[row + way - 1] }
        marks[row] = place
        return found
    }

    private static func period(_ bytes: Span<UInt8>, at index: Int, upTo distance: Int) -> Int? {
        let raw = unsafe bytes.bytes
        let last = RecentText.word(bytes, at: index - 8)
        var place = index - 9
        let lowest = max(0, index - 8 - distance)
        while place >= lowest {
            // In bounds: not below zero, and before `index - 8`, which was read.
            let word = unsafe UInt64(
                littleEndian: raw.unsafeLoadUnaligned(fromUncheckedByteOffset: place, as: UInt64.self))
            if word == last, agrees(bytes, at: index, index - 8 - place) { return index - 8 - place }
            place -= 1
        }
        return nil
    }

    /// Whether the last bytes are those a period before: a whole block, but no fewer than 64 and no more than 1,024.
    private static func agrees(_ bytes: Span<UInt8>, at end: Int, _ period: Int) -> Bool {
        guard period > 0, period <= lastGap else { return false }
        let lowest = end - max(leastAgreement, min(period, mostAgreement))
        guard lowest - period >= 0 else { return false }
        var index = end
        while index - 8 >= lowest {
            guard RecentText.word(bytes, at: index - 8) == RecentText.word(bytes, at: index - 8 - period) else {
                return false
            }
            index -= 8
        }
        return (lowest..<index).allSatisfy { bytes[$0] == bytes[$0 - period] }
    }
}
