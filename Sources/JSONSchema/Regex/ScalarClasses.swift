/// The code points in classes that no set of a pattern tells apart: what a pattern sees of a text is a row of classes.
struct ScalarClasses: Sendable {
    /// How many classes there are, numbered from zero.
    let count: Int
    private let ascii: [UInt16]
    /// The first code points of the runs of one class, in order, and their classes.
    private let starts: [UInt32]
    private let classes: [UInt16]
    /// One bit for each set, in rows of `rowLength` words, one row for each class.
    private let members: [UInt64]
    private let rowLength: Int
    private let wordFlags: [Bool]

    /// The classes of the sets; nil where there are more than a class's number can count.
    ///
    /// - Parameter tellsWords: whether no class holds both characters of words, as `\b` sees them, and others.
    init?(_ sets: [ScalarSet], tellsWords: Bool) {
        let all = tellsWords ? sets + [.word] : sets
        var edges: [(code: UInt32, set: Int)] = []
        for (number, set) in all.enumerated() {
            for range in set.ranges {
                edges.append((range.lowerBound, number))
                if range.upperBound < ScalarSet.highest { edges.append((range.upperBound + 1, number)) }
            }
        }
        edges.sort { $0.code < $1.code }
        rowLength = max(1, (all.count + 63) / 64)
        var row = [UInt64](repeating: 0, count: rowLength)
        var known: [[UInt64]: UInt16] = [:]
        var (starts, classes, members): ([UInt32], [UInt16], [UInt64]) = ([], [], [])
        var next = 0
        var start: UInt32 = 0
        while true {
            while next < edges.count, edges[next].code == start {
                row[edges[next].set / 64] ^= 1 << UInt64(edges[next].set % 64)
                next += 1
            }
            let number = known[row] ?? UInt16(known.count)
            if Int(number) == known.count {
                guard known.count < Int(UInt16.max) else { return nil }
                known[row] = number
                members += row
            }
            if classes.last != number {
                starts.append(start)
                classes.append(number)
            }
            guard next < edges.count else { break }
            start = edges[next].code
        }
        count = known.count
        (self.starts, self.classes, self.members) = (starts, classes, members)
        let (length, wordSet) = (rowLength, all.count - 1)
        wordFlags = (0..<known.count).map { number in
            tellsWords && members[number * length + wordSet / 64] >> UInt64(wordSet % 64) & 1 != 0
        }
        ascii = (0..<128).map { code in classes[Self.position(of: code, in: starts)] }
    }

    private static func position(of code: UInt32, in starts: [UInt32]) -> Int {
        var (low, high) = (0, starts.count)
        while low < high {
            let middle = (low + high) / 2
            if starts[middle] <= code { low = middle + 1 } else { high = middle }
        }
        return low - 1
    }

    /// The class of a code point.
    func number(of code: UInt32) -> Int {
        if code < 128 { return Int(ascii[Int(code)]) }
        return Int(classes[Self.position(of: code, in: starts)])
    }

    /// Whether a set has the code points of a class.
    func set(_ set: Int, holds number: Int) -> Bool {
        members[number * rowLength + set / 64] >> UInt64(set % 64) & 1 != 0
    }

    /// Whether the code points of a class are parts of words; false where words are not told.
    func isWord(_ number: Int) -> Bool { wordFlags[number] }
}
