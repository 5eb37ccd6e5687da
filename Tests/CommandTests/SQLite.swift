import CSQLite
import Foundation
import Testing

/// The database as its users see it: through SQLite, read-only, beside a worker in another process.
enum SQLite {
    /// What SQLite says of a query that it cannot answer.
    struct Fault: Error, CustomStringConvertible { var description: String }

    /// The rows of a query, columns separated by `|`, nulls empty.
    ///
    /// - Throws: `Fault`.
    static func rows(_ path: String, _ query: String) throws -> [String] {
        try unsafe withConnection(path, SQLITE_OPEN_READONLY) { connection in
            var statement: OpaquePointer?
            var code = unsafe sqlite3_prepare_v2(connection, query, -1, &statement, nil)
            defer { unsafe sqlite3_finalize(statement) }
            let fault = { unsafe Fault(description: "\(query): \(String(cString: sqlite3_errmsg(connection)))") }
            guard code == SQLITE_OK else { throw fault() }
            var rows: [String] = []
            while true {
                code = unsafe sqlite3_step(statement)
                guard code == SQLITE_ROW else { break }
                let columns = (0..<(unsafe sqlite3_column_count(statement))).map { column in
                    let bytes = unsafe UnsafeBufferPointer(
                        start: sqlite3_column_text(statement, column),
                        count: Int(sqlite3_column_bytes(statement, column)))
                    return unsafe String(decoding: bytes, as: UTF8.self)
                }
                rows.append(columns.joined(separator: "|"))
            }
            guard code == SQLITE_DONE else { throw fault() }
            return rows
        }
    }

    /// The single number that a query gives.
    static func number(_ path: String, _ query: String) throws -> Int {
        try #require(Int(try rows(path, query).first ?? ""), "\(query)")
    }

    /// The number that a query gives now; 0 while there is no such file or table.
    static func currentNumber(_ path: String, _ query: String) -> Int {
        var opened: OpaquePointer?
        defer { unsafe sqlite3_close(opened) }
        guard unsafe sqlite3_open_v2(path, &opened, SQLITE_OPEN_READONLY, nil) == SQLITE_OK else { return 0 }
        var statement: OpaquePointer?
        defer { unsafe sqlite3_finalize(statement) }
        guard unsafe sqlite3_prepare_v2(opened, query, -1, &statement, nil) == SQLITE_OK,
            unsafe sqlite3_step(statement) == SQLITE_ROW
        else { return 0 }
        return Int(unsafe sqlite3_column_int64(statement, 0))
    }

    /// Runs a script of statements that write: what any other program may do.
    static func write(_ path: String, _ script: String) throws {
        try unsafe withConnection(path, SQLITE_OPEN_READWRITE) { connection in
            let status = unsafe sqlite3_exec(connection, script, nil, nil, nil)
            let reason = unsafe String(cString: sqlite3_errmsg(connection))
            try #require(status == SQLITE_OK, "\(script): \(reason)")
        }
    }

    /// Holds the database's write lock while the body runs: what any other program may do.
    static func holdingWriteLock(_ path: String, _ body: () async throws -> Void) async throws {
        var connection: OpaquePointer?
        let opened = unsafe sqlite3_open_v2(path, &connection, SQLITE_OPEN_READWRITE, nil)
        try #require(opened == SQLITE_OK)
        defer { unsafe sqlite3_close(connection) }
        unsafe sqlite3_busy_timeout(connection, 30_000)
        let begun = unsafe sqlite3_exec(connection, "BEGIN IMMEDIATE", nil, nil, nil)
        try #require(begun == SQLITE_OK)
        try await body()
        unsafe sqlite3_exec(connection, "ROLLBACK", nil, nil, nil)
    }

    /// Holds a snapshot of the database open while the body runs: what any other program may do.
    static func holdingReadTransaction(_ path: String, _ body: () async throws -> Void) async throws {
        var connection: OpaquePointer?
        let opened = unsafe sqlite3_open_v2(path, &connection, SQLITE_OPEN_READWRITE, nil)
        try #require(opened == SQLITE_OK)
        defer { unsafe sqlite3_close(connection) }
        let begun = unsafe sqlite3_exec(connection, "BEGIN; SELECT count(*) FROM jobs", nil, nil, nil)
        try #require(begun == SQLITE_OK)
        try await body()
        unsafe sqlite3_exec(connection, "ROLLBACK", nil, nil, nil)
    }

    /// Changes rows, as any other program may; false where the file is locked for longer than a second.
    static func isWritten(_ path: String, _ statements: String) -> Bool {
        var connection: OpaquePointer?
        defer { unsafe sqlite3_close(connection) }
        guard unsafe sqlite3_open_v2(path, &connection, SQLITE_OPEN_READWRITE, nil) == SQLITE_OK else { return false }
        unsafe sqlite3_busy_timeout(connection, 1_000)
        return unsafe sqlite3_exec(connection, statements, nil, nil, nil) == SQLITE_OK
    }

    private static func withConnection<Result>(
        _ path: String, _ flags: Int32, _ body: (OpaquePointer) throws -> Result
    ) throws -> Result {
        var opened: OpaquePointer?
        let status = unsafe sqlite3_open_v2(path, &opened, flags, nil)
        defer { unsafe sqlite3_close(opened) }
        guard status == SQLITE_OK, let connection = unsafe opened else {
            throw Fault(description: "\(path) cannot be opened")
        }
        unsafe sqlite3_busy_timeout(connection, 30_000)
        return try unsafe body(connection)
    }
}
