import SystemCalls

/// What a full disk lacks, in words.
enum DiskSpace {
    /// Making a database takes so many bytes: the tables, their journal, the WAL's first pages and its index.
    static let newDatabaseBytes = 600_000

    /// What is needed and what there is on the disk of a file.
    ///
    /// - Parameter needed: bytes; nil where that is not known.
    static func words(at path: String, needed: Int?) -> String {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let free = FreeSpace.bytes(at: folder).map { "\(Self.text($0)) \(Self.verb($0)) free" }
        let wanted = needed.map { "at least \(Self.text($0)) \(Self.verb($0)) needed" }
        return [wanted, free].compactMap(\.self).joined(separator: " and ")
    }

    private static func verb(_ bytes: Int) -> String { bytes == 1 ? "is" : "are" }

    /// `812 kB`, `3.4 MB`, `12 GB`, rounded up: a need is not to be told too low.
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
    /// Why the system refused to make or open a file: after a failed call.
    static func ofSystem(_ path: String) -> StoreError {
        let code = errno
        let words = SystemError.words(code)
        switch code {
        case ENOSPC, EDQUOT: return StoreError(.full, path: path, reason: words)
        case ENOMEM: return StoreError(.noMemory, path: path, reason: words)
        default: return StoreError(.io, path: path, reason: AccessFault.cause(at: path, code: code) ?? words)
        }
    }

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
