/// The newest part of a text, enough to find repetitions of 4,096 characters in.
struct RecentText: Sendable {
    /// What stays besides the longest block: what a candidate must agree in, and some more, since it is not looked for
    /// at each byte.
    private static let slack = 1_536
    private static let step = 4_096
    private static let highestLimit = 6 * step

    private(set) var bytes: [UInt8] = []
    /// How many bytes, and characters, of the text were dropped.
    private(set) var droppedBytes = 0
    private(set) var droppedCharacters = 0
    /// How many bytes are held at most: 8 KB where characters take one byte, 20 KB at three, 24 KB at four.
    private var limit = 2 * step

    /// How many bytes may be added before `makeRoom`.
    var room: Int { limit - bytes.count }

    mutating func append(_ piece: Span<UInt8>) {
        let count = bytes.count + piece.count
        // An array by itself would grow to the double of the limit.
        if count > bytes.capacity { bytes.reserveCapacity(min(limit, max(count, 2 * bytes.count))) }
        unsafe piece.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    }

    /// Drops what no repetition can need any more, or raises the limit where nothing can be dropped.
    ///
    /// When it is called depends on the text only, and not on its pieces: so does what is found.
    mutating func makeRoom() {
        var kept = 0
        var index = bytes.count
        while index >= 64, kept < RepetitionRule.maximumPeriod {
            index -= 64
            kept += characters(in: index..<index + 64)
        }
        var dropped = max(0, index - Self.slack)
        // A quarter at least, or the moving would cost more than the search.
        if dropped < limit / 4 {
            guard limit >= Self.highestLimit else { return limit += Self.step }
            // Not of UTF-8: it has more bytes that go on with a character than characters can have.
            dropped = limit / 4
        }
        droppedCharacters += characters(in: 0..<dropped)
        droppedBytes += dropped
        bytes.removeFirst(dropped)
    }

    /// How many characters begin in a range of the held bytes.
    func characters(in range: Range<Int>) -> Int {
        let held = bytes.span
        let highBits: UInt64 = 0x8080_8080_8080_8080
        var count = range.count
        var index = range.lowerBound
        // Eight bytes at a time: a byte of a character that is not its first has the bits 10 on top.
        while index + 8 <= range.upperBound {
            let word = Self.word(held, at: index)
            count -= (word & ~(word << 1) & highBits).nonzeroBitCount
            index += 8
        }
        while index < range.upperBound {
            if !Self.isFirst(held[index]) { count -= 1 }
            index += 1
        }
        return count
    }

    /// How many characters are whole in a range that begins with a character's first byte.
    func wholeCharacters(_ begun: Int, in range: Range<Int>) -> Int {
        var last = range.upperBound - 1
        while last > range.lowerBound, !Self.isFirst(bytes[last]) { last -= 1 }
        guard last >= range.lowerBound else { return begun }
        let length =
            switch bytes[last] {
            case 0xF0...: 4
            case 0xE0...: 3
            case 0xC0...: 2
            default: 1
            }
        return last + length > range.upperBound ? begun - 1 : begun
    }

    static func isFirst(_ byte: UInt8) -> Bool { byte & 0xC0 != 0x80 }
}

/// Comparing the text with itself.
extension RecentText {
    /// The eight bytes from an index on.
    @inline(__always)  // Read at each byte of a text.
    static func word(_ bytes: Span<UInt8>, at index: Int) -> UInt64 {
        unsafe UInt64(littleEndian: bytes.bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
    }

    /// Up to which index, from `index` on, each byte is the one a period before.
    func end(from index: Int, period: Int) -> Int {
        let held = bytes.span
        var index = index
        while index + 8 <= bytes.count {
            let difference = Self.word(held, at: index) ^ Self.word(held, at: index - period)
            if difference != 0 { return index + difference.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < bytes.count, bytes[index] == bytes[index - period] { index += 1 }
        return index
    }

    /// From which index on, up to `end`, each byte is the one a period before; at least `lowest`.
    func start(upTo end: Int, period: Int, lowest: Int) -> Int {
        let held = bytes.span
        let lowest = max(lowest, period)
        var index = end
        while index - 8 >= lowest {
            let difference = Self.word(held, at: index - 8) ^ Self.word(held, at: index - 8 - period)
            if difference != 0 { return index - difference.leadingZeroBitCount / 8 }
            index -= 8
        }
        while index > lowest, bytes[index - 1] == bytes[index - 1 - period] { index -= 1 }
        return index
    }
}
