import SystemCalls

/// Brings the names in a folder to the disk.
///
/// SQLite does so itself when it makes a WAL, but passes over a failure: what is committed into a file whose name a power
/// loss takes away is lost.
enum FolderSync {
    /// Syncs the folder of a database, when all of its files are there.
    ///
    /// - Throws: `io` where the disk fails; a folder that may not be read, or a file system that cannot do it, is passed
    ///   over.
    static func run(_ path: DatabasePath) throws(StoreError) {
        let name = path.real.lastIndex(of: "/").map { path.real[..<$0] } ?? "."
        let folder = unsafe open(name.isEmpty ? "/" : String(name), O_RDONLY | O_CLOEXEC)
        guard folder >= 0 else { return }
        defer { _ = close(folder) }
        guard fsync(folder) != 0 else { return }
        let (code, words) = (errno, SystemError.newest)
        guard [EIO, ENOSPC, EDQUOT].contains(code) else { return }
        throw StoreError(code == EIO ? .io : .full, path: path.real, reason: "its folder cannot be synced: \(words)")
    }
}
