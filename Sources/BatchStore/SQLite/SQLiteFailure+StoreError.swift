import CSQLite

extension SQLiteFailure {
    /// The failure as users see it: the one mapping from SQLite's codes.
    func storeError(path: String) -> StoreError {
        let kind: StoreError.Kind =
            switch primaryCode {
            case SQLITE_FULL: .full
            // Growing the index of the WAL on a full disk fails with a code of its own.
            case SQLITE_IOERR where code == csqlite_ioerr_shmsize: .full
            case SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH, SQLITE_NOMEM: .io
            case SQLITE_CORRUPT: .corrupt
            case SQLITE_NOTADB: .notOurs
            case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL: .busy
            default: .unexpected
            }
        return StoreError(kind, path: path, reason: message)
    }
}
