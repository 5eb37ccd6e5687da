/// A field that means something to the parser; the raw value is its name's ASCII bytes, the first one highest.
///
/// A name packed into a word is compared at once, and a name cut off by the end of a read is an integer to keep.
enum SSEField: UInt64 {
    case data = 0x64_61_74_61
    case event = 0x65_76_65_6E_74
    case id = 0x69_64
    case retry = 0x72_65_74_72_79
    /// Not of the rule: llama.cpp before September 2025 and its forks send errors so.
    case error = 0x65_72_72_6F_72

    /// The packed name with one more byte, nil when no field's name begins so.
    ///
    /// NUL is refused because it would vanish at the front: "\0id" is not "id".
    static func name(_ packed: UInt64, appending byte: UInt8) -> UInt64? {
        guard byte != 0, packed >> 32 == 0 else { return nil }
        return packed << 8 | UInt64(byte)
    }
}

extension Span<UInt8> {
    /// Whether the name `data` and its colon stand here, as in most lines; false near the end of the bytes.
    func holdDataName(at index: Int) -> Bool {
        guard count - index >= 8 else { return false }
        // In bounds by the condition above.
        let word = unsafe UInt64(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
        return word >> 24 == SSEField.data.rawValue << 8 | 0x3A
    }
}

extension Span<UInt8> {
    /// The index of the first LF or CR at or after `start`, `count` if there is none.
    ///
    /// Eight bytes at a time: exclusive or with a repeated byte makes a match zero, and the borrow of
    /// `word - 0x01…01` reaches the top bit of the lowest zero byte. Bits above the lowest may be false.
    func lineEnd(from start: Int) -> Int {
        precondition(start >= 0 && start <= count, "start \(start) is outside of 0...\(count)")
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops = ones << 7
        var index = start
        while count - index >= 8 {
            // In bounds by the condition above.
            let word = unsafe UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
            let lineFeeds = word ^ (ones &* 0x0A)
            let carriageReturns = word ^ (ones &* 0x0D)
            let found = ((lineFeeds &- ones) & ~lineFeeds | (carriageReturns &- ones) & ~carriageReturns) & tops
            if found != 0 { return index + found.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < count, self[index] != 0x0A, self[index] != 0x0D { index += 1 }
        return index
    }
}
