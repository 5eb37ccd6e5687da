import CSQLite

/// What SQLite said no with; `StoreError` is what users see.
struct SQLiteFailure: Error, Sendable, Equatable {
    /// The extended result code.
    var code: Int32
    /// SQLite's own words.
    var message: String
    /// The system's number of the error below it; 0 where there is none.
    var systemCode: Int32 = 0

    /// The result code without its extension.
    var primaryCode: Int32 { code & 0xFF }

    /// The code for a state that this program does not expect.
    static let misuse = SQLITE_MISUSE

    /// The file holds somebody else's tables.
    static let notOurs = SQLiteFailure(code: SQLITE_NOTADB, message: "it belongs to another program")

    /// Whether a lock was not to be had.
    var isBusy: Bool { primaryCode == SQLITE_BUSY }

    init(code: Int32, message: String) {
        self.code = code
        self.message = message
    }

    /// The failure of the newest call on a connection.
    @safe init(code: Int32, on handle: OpaquePointer?) {
        self.code = code
        systemCode = unsafe handle == nil ? 0 : sqlite3_system_errno(handle)
        let words = unsafe handle == nil ? sqlite3_errstr(code) : sqlite3_errmsg(handle)
        message = unsafe words.map { unsafe String(cString: $0) } ?? "code \(code)"
    }
}
