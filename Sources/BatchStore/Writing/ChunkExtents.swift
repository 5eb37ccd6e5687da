/// Where the rows of the open attempts lie in `chunks`.
struct ChunkExtents {
    /// Where the rows of an attempt lie, and how many they are.
    struct Extent: Equatable {
        var first: Int64
        var last: Int64
        var count: Int
    }

    private var open: [Int64: Extent] = [:]
    /// The number that SQLite gives to the next row: one more than the newest.
    private(set) var nextID: Int64

    init(nextID: Int64) { self.nextID = nextID }

    /// Counts the next rows, all of one attempt.
    ///
    /// - Returns: the number of the first one where it is its attempt's first.
    mutating func add(_ count: Int, of attemptID: Int64) -> Int64? {
        let first = nextID
        nextID += Int64(count)
        guard let index = open.index(forKey: attemptID) else {
            open[attemptID] = Extent(first: first, last: nextID - 1, count: count)
            return first
        }
        open.values[index].last = nextID - 1
        open.values[index].count += count
        return nil
    }

    /// Forgets an attempt that ended; nil where no row of it was stored.
    mutating func close(_ attemptID: Int64) -> Extent? { open.removeValue(forKey: attemptID) }

    /// The number of the least row that an open attempt needs; of the next one where none needs any.
    var leastNeeded: Int64 { open.values.lazy.map(\.first).min() ?? nextID }
}
