import SystemCalls

/// What a file is, found out without a change to it or beside it.
enum DatabaseFile: Equatable {
    case missing
    /// Nothing is in it: a database may be made there.
    case empty
    /// Making a database there was cut short, and nothing is in it.
    case unfinished
    /// It carries our mark; the schema's number as the main file has it (the WAL may hold a newer one).
    case ours(schema: Int)

    /// What an SQLite database begins with.
    static let magic = Array("SQLite format 3\0".utf8)

    /// 'L4BS'.
    static let applicationID: UInt32 = 0x4C34_4253

    /// Looks at a file.
    ///
    /// - Throws: `notOurs` for anything that must not be touched.
    static func inspect(_ path: DatabasePath) throws(StoreError) -> DatabaseFile {
        var status = stat()
        guard unsafe stat(path.real, &status) == 0 else {
            if errno == ENOENT { return .missing }
            throw StoreError(.io, path: path.real, reason: SystemError.newest)
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw StoreError(.notOurs, path: path.real, reason: "it is a folder")
        default: throw StoreError(.notOurs, path: path.real, reason: "it is no regular file")
        }
        if status.st_size == 0 { return .empty }
        let read = { (count: Int) throws(StoreError) -> [UInt8] in
            try path.naming { () throws(SQLiteFailure) in
                try Connection(path: path.real, access: .inspecting).header(count: count)
            }
        }
        let header = try read(100)
        // The layout is that of sqlite.org/fileformat2.html, 1.3.
        let isDatabase = header.starts(with: magic)
        guard isDatabase, bigEndian(header[68..<72]) == applicationID else {
            if try UnfinishedFile.isOne(path, bytes: Int(status.st_size), read: read) { return .unfinished }
            let reason = isDatabase ? "it belongs to another program" : "it is no SQLite database"
            throw StoreError(.notOurs, path: path.real, reason: reason)
        }
        return .ours(schema: Int(bigEndian(header[60..<64])))
    }

    /// Makes an empty file that only its owner may read, before SQLite sees it.
    static func create(_ path: DatabasePath) throws(StoreError) {
        let descriptor = unsafe open(path.real, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StoreError.ofSystem(path.real).needing(DiskSpace.newDatabaseBytes) }
        _ = close(descriptor)
    }

    private static func bigEndian(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }
}

/// A file in which a worker was about to make its database when the power failed: it holds nothing yet.
enum UnfinishedFile {
    /// Larger files are no such ones: making a database writes less.
    private static let maximumBytes = 4 << 20

    /// Whether a file without our mark is one.
    ///
    /// Its worker's lock file is beside it, and it holds nothing but zeros, or its journal rolls it back to nothing. In that
    /// case whatever is in it was never committed; a file with another program's mark is left to that program all the same.
    ///
    /// - Parameter read: gives its first bytes.
    static func isOne(
        _ path: DatabasePath, bytes: Int, read: (_ count: Int) throws(StoreError) -> [UInt8]
    ) throws(StoreError) -> Bool {
        guard DatabasePath.size(of: path.lock) != nil else { return false }
        let header = try read(100)
        let isBlank = header.allSatisfy { $0 == 0 }
        let isMarked = header[68..<72].contains { $0 != 0 }
        if isBlank || header.starts(with: DatabaseFile.magic) && !isMarked, rollsBackToNothing(path.journal) {
            return true
        }
        return isBlank && bytes <= maximumBytes ? try read(bytes).allSatisfy { $0 == 0 } : false
    }

    /// Whether a rollback journal says that the database had no page when its transaction began.
    ///
    /// Its header is that of sqlite.org/fileformat2.html, 3.
    private static func rollsBackToNothing(_ journal: String) -> Bool {
        let descriptor = unsafe open(journal, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { _ = close(descriptor) }
        var header = [UInt8](repeating: 0, count: 20)
        let count = unsafe header.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, $0.count, 0) }
        let mark: [UInt8] = [0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7]
        return count == header.count && header.starts(with: mark) && header[16..<20].allSatisfy { $0 == 0 }
    }

    /// Empties one, which is what its journal would do; a journal beside an empty file is deleted by SQLite.
    ///
    /// Under the lock, and before this process has a connection to it.
    static func empty(_ path: DatabasePath) throws(StoreError) {
        guard unsafe truncate(path.real, 0) == 0 else {
            throw StoreError(.io, path: path.real, reason: SystemError.newest)
        }
    }
}
