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
