import CSQLite
import SystemCalls

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

    /// SQLite's words with their cause; where they tell of a file that could not be opened or written, the cause alone.
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
