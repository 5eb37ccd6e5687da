import LLMStreaming

/// Appends rows to `chunks` and knows where each open attempt's rows lie.
struct ChunkWriter: ~Copyable {
    /// The rows below the oldest open attempt at which a range is deleted (`--chunks partial`), and the most of a range.
    private static let prunedRows: Int64 = 50_000

    private var single: ChunkInsert
    private var sixteen: ChunkInsert
    private let markFirst: Statement
    private let delete: Statement
    private let retention: StoreOptions.ChunkRetention
    private var extents: ChunkExtents
    /// The least number that may still be there.
    private var least: Int64

    /// Appends rows in their order.
    mutating func write(
        _ rows: ArraySlice<PendingChunk>, texts: [UInt8], in connection: borrowing Connection
    ) throws(SQLiteFailure) {
        guard retention != .none, !rows.isEmpty else { return }
        try note(rows)
        let written = unsafe texts.withUnsafeBufferPointer { texts -> SQLiteFailure? in
            var rows = rows
            do throws(SQLiteFailure) {
                while !rows.isEmpty {
                    if rows.count >= sixteen.rowCount {
                        try unsafe sixteen.run(rows, texts: texts)
                        rows = rows.dropFirst(sixteen.rowCount)
                    } else {
                        try unsafe single.run(rows, texts: texts)
                        rows = rows.dropFirst()
                    }
                }
                return nil
            } catch {
                return error
            }
        }
        if let written { throw written }
        guard connection.newestRowID == extents.nextID - 1 else {
            throw SQLiteFailure(
                code: SQLiteFailure.misuse, message: "another program has written to the table chunks")
        }
    }

    /// Gives the rows their numbers; an attempt's first one is noted in its own row, in the same transaction.
    private mutating func note(_ rows: ArraySlice<PendingChunk>) throws(SQLiteFailure) {
        var rows = rows
        while let attemptID = rows.first?.attemptID {
            // Those of one read come in a row.
            let rest = rows.drop { $0.attemptID == attemptID }
            if let first = extents.add(rows.count - rest.count, of: attemptID) {
                markFirst.bind(attemptID, at: 1)
                markFirst.bind(first, at: 2)
                try markFirst.run()
            }
            rows = rest
        }
    }

    /// Forgets an attempt that ended; nil where no row of it was stored.
    mutating func close(_ attemptID: Int64) -> ChunkExtents.Extent? { extents.close(attemptID) }

    /// Whether `prune` has rows to delete.
    func needsPruning(isLast: Bool) -> Bool {
        guard retention == .partial else { return false }
        return end - least >= (isLast ? 1 : Self.prunedRows)
    }

    /// Deletes rows below the oldest open attempt, a bounded number.
    mutating func prune() throws(SQLiteFailure) {
        let end = min(end, least + Self.prunedRows)
        delete.bind(least, at: 1)
        delete.bind(end, at: 2)
        try delete.run()
        least = end
    }

    /// The least number that must stay.
    ///
    /// The newest row always stays, so that no number is given twice.
    private var end: Int64 { min(extents.leastNeeded, extents.nextID - 1) }
}

// In an extension: a struct of noncopyable members must be made by its memberwise initialiser where one may throw.
extension ChunkWriter {
    /// Prepares its statements.
    init(_ connection: borrowing Connection, retention: StoreOptions.ChunkRetention) throws(SQLiteFailure) {
        let first = try connection.integer("SELECT min(chunk_id) FROM chunks")
        let last = try connection.integer("SELECT max(chunk_id) FROM chunks")
        // SQLite counts on from the newest row.
        guard last ?? 0 < Int64.max / 2 else {
            throw SQLiteFailure(
                code: SQLiteFailure.misuse, message: "another program has used up the numbers of the table chunks")
        }
        try self.init(
            single: .single(connection), sixteen: .sixteen(connection),
            markFirst: connection.prepare("UPDATE attempts SET first_chunk_id = ?2 WHERE attempt_id = ?1"),
            delete: connection.prepare("DELETE FROM chunks WHERE chunk_id >= ?1 AND chunk_id < ?2"),
            retention: retention, extents: ChunkExtents(nextID: (last ?? 0) + 1), least: max(first ?? 1, 0))
    }
}

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

/// An INSERT of a fixed number of rows into `chunks`.
///
/// Sixteen rows a statement cost 0.5 us each, one by one they cost 0.8 (SQLite 3.40 from C, WAL, 60,000 rows a commit).
struct ChunkInsert: ~Copyable {
    /// What the parameters of a row hold from the time before: SQLite keeps them until they are bound anew, and most
    /// rows have the same kind, choice and item.
    private struct Bound {
        var kind: StreamedChunk.Kind?
        var choice: Int32 = -1
        var item: Int32 = -1
    }

    private static let row: SQL = "(NULL, ?, ?, ?, ?, ?, ?, ?)"
    private static let single: SQL = "INSERT INTO chunks VALUES \(row)"
    private static let sixteen: SQL = """
        INSERT INTO chunks VALUES
            \(row), \(row), \(row), \(row), \(row), \(row), \(row), \(row),
            \(row), \(row), \(row), \(row), \(row), \(row), \(row), \(row)
        """

    private let statement: Statement
    let rowCount: Int
    private var bound: [Bound]

    /// The insert of one row.
    static func single(_ connection: borrowing Connection) throws(SQLiteFailure) -> ChunkInsert {
        ChunkInsert(statement: try connection.prepare(single), rowCount: 1, bound: [Bound()])
    }

    /// The insert of sixteen rows.
    static func sixteen(_ connection: borrowing Connection) throws(SQLiteFailure) -> ChunkInsert {
        ChunkInsert(
            statement: try connection.prepare(sixteen), rowCount: 16, bound: [Bound](repeating: Bound(), count: 16))
    }

    /// Appends `rowCount` rows.
    ///
    /// - Parameter texts: where the rows' texts lie; SQLite reads them there.
    @unsafe mutating func run(
        _ rows: ArraySlice<PendingChunk>, texts: UnsafeBufferPointer<UInt8>
    ) throws(SQLiteFailure) {
        var parameter: Int32 = 1
        for slot in 0..<rowCount {
            let row = rows[rows.startIndex + slot]
            statement.bind(row.attemptID, at: parameter)
            statement.bind(Int64(row.sequence), at: parameter + 1)
            statement.bind(row.atMicroseconds, at: parameter + 2)
            if bound[slot].kind != row.kind {
                bound[slot].kind = row.kind
                statement.bind(row.kind.rawValue, at: parameter + 3)
            }
            if bound[slot].choice != row.choice {
                bound[slot].choice = row.choice
                statement.bind(Int64(row.choice), at: parameter + 4)
            }
            if bound[slot].item != row.item {
                bound[slot].item = row.item
                statement.bind(Int64(row.item), at: parameter + 5)
            }
            unsafe statement.bind(
                borrowing: UnsafeBufferPointer(rebasing: texts[row.textStart..<row.textStart + row.textCount]),
                at: parameter + 6)
            parameter += 7
        }
        try statement.run()
    }
}
