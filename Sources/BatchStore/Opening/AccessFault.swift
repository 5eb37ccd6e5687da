import SystemCalls

/// Why a database cannot be opened: SQLite's own words, "unable to open database file", say nothing of it.
enum AccessFault {
    /// The cause, in words; nil where it is not found.
    ///
    /// - Parameter code: the system's number of the error that SQLite met; 0 where it is not known.
    static func cause(at path: String, code: Int32) -> String? {
        let folder = DatabasePath.folder(of: path)
        switch code {
        case EMFILE, ENFILE: return "too many files are open: raise the limit (ulimit -n), or lower --concurrency"
        case ENOSPC, EDQUOT: return "no space is left on the disk"
        case ENOMEM: return "there is not enough memory"
        default: break
        }
        var status = stat()
        guard unsafe stat(folder, &status) == 0 else { return "its folder \(folder): \(SystemError.newest)" }
        guard unsafe access(folder, X_OK) == 0 else { return "its folder \(folder) may not be entered" }
        guard unsafe stat(path, &status) == 0 else { return "it is not there any more" }
        if status.st_mode & S_IFMT == S_IFDIR { return "it is a folder" }
        guard unsafe access(path, R_OK) == 0 else { return "no permission to read it" }
        if let fault = writing(path, in: folder) { return fault }
        return code == 0 ? nil : SystemError.words(code)
    }

    /// Why neither the file nor others beside it can be written; nil where they can.
    static func writing(_ path: String) -> String? { writing(path, in: DatabasePath.folder(of: path)) }

    private static func writing(_ path: String, in folder: String) -> String? {
        if unsafe access(folder, W_OK) != 0 {
            return errno == EROFS ? "its disk is read-only" : "no permission to write its folder \(folder)"
        }
        if unsafe access(path, W_OK) != 0 {
            return errno == EROFS ? "its disk is read-only" : "no permission to write it"
        }
        return nil
    }
}

extension StoreError {
    /// Why the system refused to make or open a file, right after the failed call.
    static func ofSystem(_ path: String) -> StoreError {
        let code = errno
        let words = SystemError.words(code)
        switch code {
        case ENOSPC, EDQUOT: return StoreError(.full, path: path, reason: words)
        case ENOMEM: return StoreError(.noMemory, path: path, reason: words)
        default: return StoreError(.io, path: path, reason: AccessFault.cause(at: path, code: code) ?? words)
        }
    }
}
