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
