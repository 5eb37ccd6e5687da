/// Which rows of an input are taken: those of `--sample-rows`, and of these, or of all, the first of `--limit`.
///
/// Rows are numbered from 1 through all files, those with faults too; blank lines and headers are none.
package struct RowSelection: Sendable, Equatable {
    /// The numbers of the sample, sorted; nil for all.
    private let sample: [Int]?
    private let limit: Int?
    private var taken = 0
    private var next = 0

    /// All rows.
    package static let all = RowSelection()

    /// - Parameters:
    ///   - sample: the numbers of the rows that are drawn, in any order; nil for all.
    ///   - limit: the most rows that are taken; nil for all.
    package init(sample: [Int]? = nil, limit: Int? = nil) {
        self.sample = sample?.sorted()
        self.limit = limit
    }

    /// Whether no row behind those that were asked about is taken: the rest need not be read.
    package var isComplete: Bool { limit.map { taken >= $0 } ?? false || sample.map { next >= $0.count } ?? false }

    /// Whether the row is taken; asked once for each, in their order.
    mutating func takes(_ number: Int) -> Bool {
        if isComplete { return false }
        if let sample {
            while next < sample.count, sample[next] < number { next += 1 }
            guard next < sample.count, sample[next] == number else { return false }
            next += 1
        }
        taken += 1
        return true
    }
}

/// Draws rows at random, the same ones each time: those whose number and seed have the least hashes.
///
/// A larger sample holds the smaller ones of its seed, and most of it stays where rows are added at the end.
package enum RowSample {
    /// The numbers of the drawn rows, sorted; all where there are no more than are asked for.
    ///
    /// Takes memory for the sample only, which is a heap of the least hashes so far.
    ///
    /// - Parameters:
    ///   - count: how many are drawn.
    ///   - total: how many rows there are.
    ///   - seed: another one draws others.
    package static func rows(_ count: Int, of total: Int, seed: UInt64) -> [Int] {
        guard count > 0, total > 0 else { return [] }
        guard count < total else { return Array(1...total) }
        var heap = LeastHashes(count: count)
        for number in 1...total { heap.add(hash(UInt64(number), seed), number) }
        return heap.numbers.sorted()
    }

    /// The finalizer of SplitMix64 (Steele, Lea and Flood, 2014) over the seed and the number.
    private static func hash(_ number: UInt64, _ seed: UInt64) -> UInt64 {
        mixed(mixed(seed &+ 0x9E37_79B9_7F4A_7C15) ^ (number &* 0x9E37_79B9_7F4A_7C15))
    }

    private static func mixed(_ word: UInt64) -> UInt64 {
        var word = word
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}

/// The least of many hashes with their numbers: a binary heap whose first is the greatest of them.
private struct LeastHashes {
    private let count: Int
    private var entries: [(hash: UInt64, number: Int)] = []

    init(count: Int) { self.count = count }

    var numbers: [Int] { entries.map(\.number) }

    mutating func add(_ hash: UInt64, _ number: Int) {
        if entries.count < count {
            entries.append((hash, number))
            rise()
        } else if (hash, number) < (entries[0].hash, entries[0].number) {
            entries[0] = (hash, number)
            sink()
        }
    }

    private mutating func rise() {
        var index = entries.count - 1
        while index > 0, isGreater(index, (index - 1) / 2) {
            entries.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private mutating func sink() {
        var index = 0
        while true {
            let children = (2 * index + 1)..<min(2 * index + 3, max(2 * index + 1, entries.count))
            guard let greater = children.max(by: { isGreater($1, $0) }), isGreater(greater, index) else { return }
            entries.swapAt(index, greater)
            index = greater
        }
    }

    private func isGreater(_ left: Int, _ right: Int) -> Bool {
        (entries[left].hash, entries[left].number) > (entries[right].hash, entries[right].number)
    }
}
