import CSQLite
import SystemCalls

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
        // The file is to be restored only where it is the file: SQLite says so of a disk that cannot be read too.
        if primaryCode == SQLITE_CORRUPT, let handle = unsafe handle, unsafe csqlite_disk_failed(handle) != 0 {
            self = .diskFailed
        }
        // The code of a WAL's index that cannot grow, which is mostly for want of space.
        if code == csqlite_ioerr_shmsize, let handle = unsafe handle, unsafe sqlite3_system_errno(handle) == EIO {
            self = .diskFailed
        }
    }
}

extension SQLiteFailure {
    /// The disk did not give what was read.
    static let diskFailed = SQLiteFailure(code: SQLITE_IOERR, message: "disk I/O error")
}
