import BatchEngine
import SystemCalls

/// The real path of a database file, and what lies beside it.
///
/// Symbolic links are resolved, also dangling ones: two names of one file must meet at one lock.
struct DatabasePath: Sendable, Equatable {
    let real: String

    var lock: String { real + ".lock" }
    var writeAheadLog: String { real + "-wal" }
    var journal: String { real + "-journal" }
    private var merging: String { real + "-merging" }
    private var part: String { real + "-part" }

    /// Where a merge copies a source of an older schema to: under a name of its own, since `jobs-merging` may be a database.
    func mergedCopy(_ name: WorkerName) -> String { "\(merging)-\(name.text)" }

    /// Where a part of a shared folder is made, or copied to: under a name of its own, since `jobs-part` may be a database,
    /// and since a run that still waits for its folder and the next one in the process do not meet.
    func part(of worker: WorkerName, isWide: Bool) -> String {
        "\(part)-\(worker.text)" + (isWide ? Self.wideEnding : "")
    }

    private static let wideEnding = "-wide"

    /// What was killed at a merge or at a part may have left: files under those names, and what SQLite lays beside them.
    var copiesLeft: [String] {
        let folder = Self.folder(of: real)
        let prefixes = [merging, part].map { $0.split(separator: "/").last.map { "\($0)-" } ?? "" }
        var left: [String] = []
        // A folder that cannot be listed keeps them.
        _ = FolderNames.each(in: folder) { name in
            guard let prefix = prefixes.first(where: name.hasPrefix) else { return }
            var rest = name.dropFirst(prefix.count)
            for ending in ["-wal", "-shm", "-journal", Self.wideEnding] where rest.hasSuffix(ending) {
                rest = rest.dropLast(ending.count)
            }
            // Without a worker's name it is somebody's database.
            if WorkerName(rest) != nil { left.append(folder == "/" ? "/\(name)" : "\(folder)/\(name)") }
        }
        return left
    }

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
        // Nothing stands behind a slash at the end: a folder's name is not that of a file in it.
        let name = path.split(separator: "/", omittingEmptySubsequences: false).last.map(String.init) ?? ""
        guard !name.isEmpty, name != ".", name != ".." else {
            throw StoreError(.notOurs, path: path, reason: "it is a folder")
        }
        real = (prefix == "/" ? "" : prefix) + "/" + name
    }

    /// The size of a file in bytes; nil where there is no such file.
    static func size(of path: String) -> Int? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? Int(status.st_size) : nil
    }

    /// The folder in which a file lies.
    static func folder(of path: String) -> String {
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

extension DatabasePath {
    /// Runs statements on the file and gives their failures its name.
    func naming<Value: ~Copyable>(_ body: () throws(SQLiteFailure) -> Value) throws(StoreError) -> Value {
        do { return try body() } catch { throw error.storeError(path: real) }
    }

    /// Brings the names in its folder to the disk, when all of its files are there.
    ///
    /// SQLite does so itself when it makes a WAL, but passes over a failure: what is committed into a file whose name a
    /// power loss takes away is lost.
    ///
    /// - Throws: `io` where the disk fails; a folder that may not be read, or a file system that cannot do it, is passed
    ///   over.
    func syncFolder() throws(StoreError) {
        let folder = unsafe open(Self.folder(of: real), O_RDONLY | O_CLOEXEC)
        guard folder >= 0 else { return }
        defer { _ = close(folder) }
        guard fsync(folder) != 0 else { return }
        let (code, words) = (errno, SystemError.newest)
        guard [EIO, ENOSPC, EDQUOT].contains(code) else { return }
        throw StoreError(code == EIO ? .io : .full, path: real, reason: "its folder cannot be synced: \(words)")
    }
}

/// Which file a name stood for: it stays when the file gets another name, and differs when another takes its place.
struct FileIdentity: Sendable, Equatable {
    let path: String
    private let device: UInt64
    private let number: UInt64

    /// The file that has the name now; nil where none has.
    init?(_ path: String) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        self.path = path
        device = UInt64(truncatingIfNeeded: status.st_dev)
        number = UInt64(truncatingIfNeeded: status.st_ino)
    }

    /// What tells the file from every other one, whatever its names: its disk, and its number there.
    var place: [UInt64] { [device, number] }

    /// Whether the name still stands for the file; also true where that cannot be known.
    var isInPlace: Bool {
        if let now = FileIdentity(path) { return now == self }
        return errno != ENOENT && errno != ENOTDIR
    }
}
