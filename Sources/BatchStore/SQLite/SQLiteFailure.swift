import CSQLite
import SystemCalls

/// Why SQLite refused; `StoreError` is what users see.
struct SQLiteFailure: Error, Sendable, Equatable {
    /// The extended result code.
    var code: Int32
    /// SQLite's own words.
    var message: String
    /// The system's number of the error below it; 0 where the system reported none.
    var systemCode: Int32 = 0

    /// The result code without its extension.
    var primaryCode: Int32 { code & 0xFF }

    /// The code for a state that this program does not expect.
    static let misuse = SQLITE_MISUSE

    /// The file holds somebody else's tables.
    static let notOurs = SQLiteFailure(code: SQLITE_NOTADB, message: "it belongs to another program")

    /// Whether another process held a lock.
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
        // SQLite keeps no number of what fails within COMMIT, such as a sync: its file does.
        if primaryCode == SQLITE_IOERR, systemCode == 0, let handle = unsafe handle {
            systemCode = unsafe csqlite_last_errno(handle)
        }
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

extension SQLiteFailure {
    /// The failure as users see it: the one mapping from SQLite's codes.
    func storeError(path: String) -> StoreError {
        StoreError(kind, path: path, reason: reason(at: path))
    }

    private var kind: StoreError.Kind {
        if [SQLITE_IOERR, SQLITE_CANTOPEN].contains(primaryCode) {
            // A disk may be found full only when it is synced; a quota has a number of its own.
            if [ENOSPC, EDQUOT].contains(systemCode) { return .full }
            if systemCode == ENOMEM || code == csqlite_ioerr_nomem { return .noMemory }
            // Growing the index of the WAL on a full disk fails with a code of its own.
            if code == csqlite_ioerr_shmsize { return .full }
        }
        return switch primaryCode {
        case SQLITE_FULL: .full
        case SQLITE_NOMEM: .noMemory
        case SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH: .io
        case SQLITE_CORRUPT: .corrupt
        case SQLITE_NOTADB: .notOurs
        case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL: .busy
        default: .unexpected
        }
    }

    /// SQLite's words with their cause; where a file could not be opened or written, the cause alone.
    private func reason(at path: String) -> String {
        switch primaryCode {
        case SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH:
            return AccessFault.cause(at: path, code: systemCode) ?? message
        case SQLITE_IOERR where systemCode != 0:
            return "\(message): \(SystemError.words(systemCode))"
        default: return message
        }
    }
}
