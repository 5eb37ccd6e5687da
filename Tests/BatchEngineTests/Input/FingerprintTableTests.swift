import Testing

@testable import BatchEngine

@Suite struct FingerprintTableTests {
    /// Small blocks: a table of a few hundred entries has grown many times.
    private let blockBits = 4

    /// Keys spread evenly, keys that fall on one place, and keys at both ends.
    private func key(_ random: inout SeededGenerator) -> UInt64 {
        switch random.next() % 8 {
        case 0: random.next() % 40
        case 1: UInt64.max - random.next() % 40
        default: random.next() >> (random.next() % 4)
        }
    }

    @Test func behavesAsASetOfPairs() {
        var random = SeededGenerator(seed: SeededGenerator.seed)
        var wrong = 0
        for _ in 0..<20 {
            var table = FingerprintTable(blockBits: blockBits)
            var model: Set<[UInt64]> = []
            for _ in 0..<600 {
                let (key, tag) = (key(&random), UInt32(random.next() % 3 + 1))
                if table.contains(key, tag: tag) != model.contains([key, UInt64(tag)]) { wrong += 1 }
                if table.insert(key, tag: tag) != model.insert([key, UInt64(tag)]).inserted { wrong += 1 }
            }
            if table.count != model.count { wrong += 1 }
            for pair in model where !table.contains(pair[0], tag: UInt32(pair[1])) { wrong += 1 }
        }
        #expect(wrong == 0, "seed \(SeededGenerator.seed)")
    }

    @Test func countsAsADictionaryDoes() {
        var random = SeededGenerator(seed: SeededGenerator.seed)
        var wrong = 0
        for _ in 0..<20 {
            var table = FingerprintTable(blockBits: blockBits)
            var model: [UInt64: UInt32] = [:]
            for _ in 0..<600 {
                let key = key(&random)
                model[key, default: 0] += 1
                if table.increment(key) != model[key] { wrong += 1 }
            }
            if table.count != model.count { wrong += 1 }
            for (key, count) in model where table.occurrences(of: key) != count { wrong += 1 }
            if table.occurrences(of: 41) != 0 { wrong += 1 }
        }
        #expect(wrong == 0, "seed \(SeededGenerator.seed)")
    }

    /// The table is then one run of slots, far beyond its capacity, still without loss.
    @Test(arguments: [0, 1, UInt64.max, UInt64.max / 2])
    func keepsKeysThatAllFallOnOnePlace(key: UInt64) {
        var table = FingerprintTable(blockBits: blockBits)
        var lost: [UInt32] = []
        for tag in UInt32(1)...300 where !table.insert(key, tag: tag) { lost.append(tag) }
        for tag in UInt32(1)...300 where !table.contains(key, tag: tag) { lost.append(tag) }
        #expect(lost == [])
        #expect(!table.contains(key, tag: 301))
    }

    /// At most 24 bytes a job (Contract, "Concurrency and rates"), looked at after every entry, while the table grows too.
    @Test func takesAtMostSixteenBytesAnEntryAtAnyMoment() {
        var random = SeededGenerator(seed: SeededGenerator.seed)
        var table = FingerprintTable(blockBits: 7)
        var worst = 0.0
        for _ in 0..<20_000 {
            _ = table.insert(random.next(), tag: 1)
            if table.count > 5000 { worst = max(worst, Double(table.bytes) / Double(table.count)) }
        }
        #expect(worst > 12 && worst <= 16)
    }

    @Test func anEmptyTableTakesNothing() {
        let table = FingerprintTable()
        #expect(table.bytes == 0)
        #expect(!table.contains(1, tag: 1))
        #expect(table.occurrences(of: 1) == 0)
    }
}
