/// How what is asked of all jobs is read: a range of their numbers after the other, each in a transaction of its own.
///
/// One over all rows of a million jobs would keep the WAL from beginning anew for seconds. A job is in one range alone, with
/// its attempts and answers, so that it is counted once whatever is written meanwhile.
package struct RangePace: Sendable {
    /// The jobs of a range, at least 1; so many are about a tenth of a second's work.
    var jobs = 10_000
    /// Waits for so long between two ranges, while a worker writes; nil for no wait.
    ///
    /// Only then has the WAL no reader: without it the next range would have one before the worker looks.
    var pause: (@Sendable (Duration) async throws -> Void)?

    /// One range straight behind the other.
    package init() {}

    /// Beside a worker half of the time: for who reads again and again.
    package static var sparing: RangePace {
        var pace = RangePace()
        pace.pause = { try await Task.sleep(for: $0) }
        return pace
    }
}

extension BatchReader {
    /// The longest pause.
    static let longestPause = Duration.milliseconds(500)

    /// Reads by this reader, or where the pace has pauses by one of its own: in them others ask this one, whose views must not
    /// be of a range then.
    func apart<Value: Sendable>(
        at pace: RangePace, _ read: (BatchReader) async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        guard pace.pause != nil else { return try await read(self) }
        let other = try await another()
        let value: Value
        do throws(StoreError) { value = try await read(other) } catch {
            await other.close()
            throw error
        }
        await other.close()
        return value
    }

    /// Reads something with temporary tables in files, so that memory does not grow with the jobs; where there is no place for
    /// them, in memory.
    ///
    /// - Parameter body: uses `eachRange`; the views, and `attempts` and `completions`, are of its range alone.
    func inRanges<Value: Sendable>(
        _ body: () async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        do throws(StoreError) {
            return try await inRanges(storedIn: "FILE", body)
        } catch  where error.kind == .io || error.kind == .full {
            return try await inRanges(storedIn: "MEMORY", body)
        }
    }

    private func inRanges<Value: Sendable>(
        storedIn place: SQL, _ body: () async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let value: Value
        do throws(StoreError) {
            try storeTemporarily(in: place, isOfRange: true)
            value = try await body()
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
    ///   - pace: how.
    ///   - body: reads one; what it writes to temporary tables stays.
    /// - Throws: `closed` also where the task is cancelled in a pause.
    func eachRange(
        at pace: RangePace, _ body: (borrowing Connection) throws(SQLiteFailure) -> Void
    ) async throws(StoreError) {
        var start: Int64? = .min
        while let low = start {
            let began = ContinuousClock.now
            start = try read { (connection) throws(SQLiteFailure) in
                try connection.execute("BEGIN")
                do throws(SQLiteFailure) {
                    let high = try Self.enterRange(from: low, of: pace.jobs, connection)
                    try body(connection)
                    try connection.execute("COMMIT")
                    return high < .max ? high + 1 : nil
                } catch {
                    connection.rollBack()
                    throw error
                }
            }
            guard start != nil, let pause = pace.pause, isWritten else { continue }
            do { try await pause(min(ContinuousClock.now - began, Self.longestPause)) } catch {
                throw StoreError(.closed, path: path)
            }
        }
    }

    /// Whether a worker is known to write the database now; asked for each range, since it may come and go meanwhile.
    private var isWritten: Bool { (try? DatabasePath(path)).map { WorkerLock.isHeld($0) == true } ?? false }

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
