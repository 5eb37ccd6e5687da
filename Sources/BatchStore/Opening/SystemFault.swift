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

/// What a disk has left, and what a full one lacks.
package enum DiskSpace {
    /// The bytes that a user may still write where a folder lies; nil where the system does not say.
    package static func freeBytes(at folder: String) -> Int? {
        var status = statvfs()
        guard unsafe statvfs(folder, &status) == 0 else { return nil }
        let (bytes, isOver) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return isOver ? .max : Int(clamping: bytes)
    }

    /// The bytes that making a database takes: the tables, their journal, the WAL's first pages and its index.
    static let newDatabaseBytes = 600_000

    /// What is needed and what there is on the disk of a file.
    ///
    /// - Parameter needed: bytes; nil where that is not known.
    static func words(at path: String, needed: Int?) -> String {
        let free = freeBytes(at: DatabasePath.folder(of: path)).map { "\(Self.text($0)) \(Self.verb($0)) free" }
        let wanted = needed.map { "at least \(Self.text($0)) \(Self.verb($0)) needed" }
        return [wanted, free].compactMap(\.self).joined(separator: " and ")
    }

    private static func verb(_ bytes: Int) -> String { bytes == 1 ? "is" : "are" }

    /// `812 kB`, `3.4 MB`, `12 GB`, rounded up, so that a need is never too low.
    static func text(_ bytes: Int) -> String {
        switch bytes {
        case ..<1_000: "\(bytes) bytes"
        case ..<1_000_000: "\((bytes + 999) / 1_000) kB"
        case ..<100_000_000: "\((bytes + 99_999) / 1_000_000).\((bytes + 99_999) / 100_000 % 10) MB"
        case ..<10_000_000_000: "\((bytes + 999_999) / 1_000_000) MB"
        default: "\((bytes / 1_000_000_000) + 1) GB"
        }
    }
}

extension StoreError {
    /// The same error of a full disk with what is needed; any other as it is.
    func needing(_ bytes: Int?) -> StoreError {
        guard kind == .full else { return self }
        var error = self
        let words = DiskSpace.words(at: path, needed: bytes)
        // SQLite's own words say no more than the sentence; a quota is another thing than a disk.
        let own = reason == "database or disk is full" ? "" : reason
        error.reason = [own, words].filter { !$0.isEmpty }.joined(separator: "; ")
        return error
    }
}
