/// What is read of all jobs: a range of their numbers after the other, each in a transaction of its own.
///
/// One over all rows of a million jobs would keep the WAL from shrinking for seconds. A job is in one range alone, with its
/// attempts and answers, so that it is counted once whatever is written meanwhile.
extension BatchReader {
    /// The jobs of a range: about a tenth of a second's work.
    static let jobsOfRange = 10_000

    /// Reads something with temporary tables in files, so that memory does not grow with the jobs; where there is no place for
    /// them, in memory.
    ///
    /// - Parameter body: uses `eachRange`; the views, and `attempts` and `completions`, are of its range alone.
    func inRanges<Value>(_ body: () throws(StoreError) -> Value) throws(StoreError) -> Value {
        do throws(StoreError) {
            return try inRanges(storedIn: "FILE", body)
        } catch  where error.kind == .io || error.kind == .full {
            return try inRanges(storedIn: "MEMORY", body)
        }
    }

    private func inRanges<Value>(
        storedIn place: SQL, _ body: () throws(StoreError) -> Value
    ) throws(StoreError) -> Value {
        let value: Value
        do throws(StoreError) {
            try storeTemporarily(in: place, isOfRange: true)
            value = try body()
        } catch {
            // What is asked next is not of a range. Where this fails too, the reader is of no more use, and its first
            // fault says why.
            try? storeTemporarily(in: "MEMORY")
            throw error
        }
        try storeTemporarily(in: place)
        return value
    }

    /// Reads the ranges of all jobs, one after the other.
    ///
    /// - Parameters:
    ///   - count: the jobs of a range, at least 1.
    ///   - body: reads one; what it writes to temporary tables stays.
    func eachRange(
        of count: Int, _ body: (borrowing Connection) throws(SQLiteFailure) -> Void
    ) throws(StoreError) {
        var start: Int64? = .min
        while let low = start {
            start = try read { (connection) throws(SQLiteFailure) in
                try connection.execute("BEGIN")
                do throws(SQLiteFailure) {
                    let high = try Self.enterRange(from: low, of: count, connection)
                    try body(connection)
                    try connection.execute("COMMIT")
                    return high < .max ? high + 1 : nil
                } catch {
                    connection.rollBack()
                    throw error
                }
            }
        }
    }

    /// Sets the range that the views are of.
    ///
    /// - Returns: its last number: that of its last job, or of the last range the greatest.
    private static func enterRange(
        from low: Int64, of count: Int, _ connection: borrowing Connection
    ) throws(SQLiteFailure) -> Int64 {
        let last = try connection.prepare(
            "SELECT job_id FROM jobs WHERE job_id >= ?1 ORDER BY job_id LIMIT 1 OFFSET ?2")
        last.bind(low, at: 1)
        last.bind(count - 1, at: 2)
        let high = try last.step() ? last.integer(0) : .max
        last.reset()
        let range = try connection.prepare("UPDATE temp.job_range SET low = ?1, high = ?2")
        range.bind(low, at: 1)
        range.bind(high, at: 2)
        try range.run()
        return high
    }
}

/// Columns that rows are grouped by: equal and ordered as in SQLite, by their bytes, NULL first.
struct RowKey: Hashable, Comparable {
    private var words: [[UInt8]]

    init(_ words: String?...) { self.words = words.map { $0.map { [1] + Array($0.utf8) } ?? [] } }

    static func < (left: RowKey, right: RowKey) -> Bool {
        for (one, other) in zip(left.words, right.words) where one != other {
            return one.lexicographicallyPrecedes(other)
        }
        return false
    }
}
