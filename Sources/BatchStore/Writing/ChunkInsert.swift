import LLMStreaming

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
