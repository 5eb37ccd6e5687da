/// Some ids of a database in the order of their bytes, which is that of their index.
struct CustomIDPage: Sendable {
    /// UTF-8: what is equal to a reader may be two ids.
    var ids: [[UInt8]]
    /// The numbers of their jobs.
    var jobs: [Int64]
}

extension BatchReader {
    /// The most ids of a page.
    private static let pageIDs = 2_048

    /// The next ids; of the index alone.
    ///
    /// - Parameter id: the last of the page before; nil for the first page.
    func customIDs(after id: [UInt8]?) throws(StoreError) -> CustomIDPage {
        try read { (connection) throws(SQLiteFailure) in
            // Two statements: with a choice in one SQLite would begin at the first id for each page.
            let rows =
                id == nil
                ? try connection.prepare("SELECT custom_id, job_id FROM jobs ORDER BY custom_id LIMIT ?2")
                : try connection.prepare(
                    "SELECT custom_id, job_id FROM jobs WHERE custom_id > ?1 ORDER BY custom_id LIMIT ?2")
            rows.bind(utf8: id, at: 1)
            rows.bind(Self.pageIDs, at: 2)
            var page = CustomIDPage(ids: [], jobs: [])
            while try rows.step() {
                page.ids.append(rows.bytes(0))
                page.jobs.append(rows.integer(1))
            }
            return page
        }
    }
}

/// The ids of several databases, merged: those that more than one of them has.
///
/// Memory holds a page of each database, however many ids there are.
struct SharedIDs {
    /// A database's place in its ids.
    private struct Cursor {
        let database: Int
        let reader: BatchReader
        var page: CustomIDPage
        var index = 0

        var id: [UInt8] { page.ids[index] }
    }

    /// A job whose id another database has too.
    struct Job: Sendable, Equatable {
        /// Which database, in the order in which they were given.
        var database: Int
        /// Its number there.
        var job: Int64
    }

    /// A heap: the least id is at the root.
    private var cursors: [Cursor] = []

    init(_ readers: [BatchReader]) async throws(StoreError) {
        for (database, reader) in readers.enumerated() {
            let page = try await reader.customIDs(after: nil)
            if !page.ids.isEmpty { cursors.append(Cursor(database: database, reader: reader, page: page)) }
        }
        for index in cursors.indices.reversed() { sink(index) }
    }

    /// The next jobs that share their ids, those of one id together and in the order of the databases; empty at the end.
    ///
    /// - Parameter limit: about how many.
    mutating func next(limit: Int = 4_096) async throws(StoreError) -> [Job] {
        var shared: [Job] = []
        while shared.count < limit, let first = cursors.first {
            let id = first.id
            var jobs: [Job] = []
            while let least = cursors.first, least.id == id {
                jobs.append(Job(database: least.database, job: least.page.jobs[least.index]))
                try await advance()
            }
            if jobs.count > 1 { shared += jobs.sorted { $0.database < $1.database } }
        }
        return shared
    }

    /// Moves the root to its next id, or takes it away behind its last.
    private mutating func advance() async throws(StoreError) {
        if cursors[0].index + 1 < cursors[0].page.ids.count {
            cursors[0].index += 1
        } else {
            let page = try await cursors[0].reader.customIDs(after: cursors[0].id)
            if page.ids.isEmpty {
                cursors.swapAt(0, cursors.count - 1)
                cursors.removeLast()
            } else {
                (cursors[0].page, cursors[0].index) = (page, 0)
            }
        }
        if !cursors.isEmpty { sink(0) }
    }

    private mutating func sink(_ start: Int) {
        var parent = start
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < cursors.count && cursors[child].id.lexicographicallyPrecedes(cursors[least].id) {
                least = child
            }
            if least == parent { return }
            cursors.swapAt(parent, least)
            parent = least
        }
    }
}
