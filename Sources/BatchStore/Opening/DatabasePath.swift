import SystemCalls

/// The real path of a database file, and what lies beside it.
///
/// Symbolic links are resolved, also dangling ones: two names of one file must meet at one lock.
struct DatabasePath: Sendable, Equatable {
    let real: String

    var lock: String { real + ".lock" }
    var writeAheadLog: String { real + "-wal" }
    var journal: String { real + "-journal" }

    /// - Throws: `io` where the folder is not there.
    init(_ path: String) throws(StoreError) {
        var path = path
        for _ in 0..<40 {
            guard let target = Self.linkTarget(of: path) else { break }
            path = target.hasPrefix("/") ? target : Self.folder(of: path) + "/" + target
        }
        let folder = Self.folder(of: path)
        guard let resolved = unsafe realpath(folder, nil) else {
            throw StoreError(.io, path: path, reason: "\(folder): \(SystemError.newest)")
        }
        defer { unsafe free(resolved) }
        let prefix = unsafe String(cString: resolved)
        // Behind a slash at the end stands nothing: the name of a folder is not that of a file in it.
        let name = path.split(separator: "/", omittingEmptySubsequences: false).last.map(String.init) ?? ""
        guard !name.isEmpty, name != ".", name != ".." else {
            throw StoreError(.notOurs, path: path, reason: "it is a folder")
        }
        real = (prefix == "/" ? "" : prefix) + "/" + name
    }

    /// The size of a file in bytes; nil where there is none.
    static func size(of path: String) -> Int? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? Int(status.st_size) : nil
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func linkTarget(of path: String) -> String? {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX) + 1) { buffer in
            guard let base = buffer.baseAddress else { return nil }
            let count = unsafe readlink(path, base, buffer.count)
            guard count > 0 else { return nil }
            return unsafe String(decoding: UnsafeRawBufferPointer(start: base, count: count), as: UTF8.self)
        }
    }
}
