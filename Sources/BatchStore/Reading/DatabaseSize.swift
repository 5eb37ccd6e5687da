import LLMStreaming

/// What a database costs on disk.
package struct DatabaseSize: Sendable, Equatable {
    /// The bytes of the file and of its WAL.
    package var fileBytes: Int
    package var logBytes: Int
    /// The bytes of the file's pages that hold nothing: what is stored next fills them, `compact` gives them back.
    package var freeBytes: Int
    /// The bytes that it had when it was new: the schema, and a page of each table and index.
    package var emptyBytes: Int
    /// The rows of `chunks`, and the bytes of their pages.
    package var chunks: Int
    package var chunkBytes: Int
    /// Whether both were estimated from some of the rows, since counting all would take long.
    package var isEstimate: Bool

    /// The bytes of all that was stored but chunks.
    package var otherBytes: Int { max(0, fileBytes - freeBytes - emptyBytes - chunkBytes) }
}

extension BatchReader {
    /// The bytes up to which a file is looked at page by page, some tens of milliseconds; of a larger one some of the
    /// chunks are.
    static let countedBytes = 64 << 20

    /// What the database costs on disk.
    ///
    /// - Parameter limit: the bytes of a file up to which its rows are counted.
    package func size(countingUpTo limit: Int = countedBytes) throws(StoreError) -> DatabaseSize {
        let path = path
        return try read { (connection) throws(SQLiteFailure) in
            let page = Int(try connection.integer("PRAGMA page_size") ?? 4096)
            let pages = Int(try connection.integer("PRAGMA page_count") ?? 0)
            let free = Int(try connection.integer("PRAGMA freelist_count") ?? 0)
            let trees = Int(try connection.integer("SELECT count(*) FROM sqlite_schema WHERE rootpage > 0") ?? 0)
            let schema = Int(try connection.integer("SELECT sum(length(sql)) FROM sqlite_schema") ?? 0)
            var size = DatabaseSize(
                fileBytes: DatabasePath.size(of: path) ?? 0, logBytes: DatabasePath.size(of: path + "-wal") ?? 0,
                freeBytes: free * page, emptyBytes: trees * page + schema, chunks: 0, chunkBytes: 0, isEstimate: false)
            // What is still in the WAL alone counts too.
            size.fileBytes = max(size.fileBytes, pages * page)
            if size.fileBytes <= limit, let counted = try Self.counted(connection) {
                (size.chunks, size.chunkBytes) = counted
            } else {
                (size.chunks, size.chunkBytes) = try ChunkSample(connection).estimate
                size.chunkBytes = min(size.chunkBytes, max(0, size.fileBytes - size.freeBytes))
                size.isEstimate = true
            }
            return size
        }
    }

    /// Rows and bytes of `chunks` by SQLite's own table of pages; nil where the system's SQLite has none.
    private static func counted(
        _ connection: borrowing Connection
    ) throws(SQLiteFailure) -> (rows: Int, bytes: Int)? {
        guard try connection.integer("SELECT 1 FROM pragma_module_list WHERE name = 'dbstat'") != nil else {
            return nil
        }
        let bytes = try connection.integer("SELECT sum(pgsize) FROM dbstat WHERE name = 'chunks'")
        let rows = try connection.integer("SELECT count(*) FROM chunks")
        return (Int(rows ?? 0), Int(bytes ?? 0))
    }
}

/// Some rows of `chunks`, evenly over all of their numbers.
private struct ChunkSample {
    private static let places: Int64 = 64
    private static let numbersAtAPlace: Int64 = 64
    /// What a row takes beside its texts: its length and number, a header of nine bytes, three numbers, its place in the
    /// page.
    private static let rowBytes = 26.0

    private var numbers = 0.0
    private var looked = 0.0
    private var rows = 0.0
    private var textBytes = 0.0

    init(_ connection: borrowing Connection) throws(SQLiteFailure) {
        guard let first = try connection.integer("SELECT min(chunk_id) FROM chunks"),
            let last = try connection.integer("SELECT max(chunk_id) FROM chunks")
        else { return }
        numbers = Double(last) - Double(first) + 1
        let sample = try connection.prepare(
            """
            SELECT count(*), sum(length(CAST(text AS BLOB)) + length(kind)) FROM chunks
            WHERE chunk_id BETWEEN ?1 AND ?2
            """)
        let step = max(1, Int64(min(numbers / Double(Self.places), 0x1p62)))
        var start = first
        while start <= last {
            let end = min(start.addingClamped(min(step, Self.numbersAtAPlace) - 1), last)
            sample.bind(start, at: 1)
            sample.bind(end, at: 2)
            if try sample.step() {
                looked += Double(end - start) + 1
                rows += Double(sample.int(0))
                textBytes += sample.optionalDouble(1) ?? 0
            }
            sample.reset()
            let (next, isOver) = start.addingReportingOverflow(step)
            if isOver { break }
            start = next
        }
    }

    /// Rows and bytes of the whole table.
    var estimate: (rows: Int, bytes: Int) {
        guard rows > 0, looked > 0 else { return (0, 0) }
        let all = (numbers * rows / looked).clamped(to: 0...1e15)
        let bytes = (all * (textBytes / rows + Self.rowBytes)).clamped(to: 0...1e18)
        return (Int(all.rounded()), Int(bytes.rounded()))
    }
}
