import CSQLite
import SystemCalls

/// The right to write a database: an flock on DB.lock, held until this goes out of scope (The database, "The file").
///
/// The kernel releases it when the process dies. The program never deletes the file: a second worker that had opened it
/// would hold a lock on a file that has no name any more. Where somebody else deletes it, `DatabaseLock` still holds.
@safe struct WorkerLock: ~Copyable {
    private let descriptor: Int32
    private let file: FileIdentity?

    /// Whether the lock file is still there.
    var isInPlace: Bool { file?.isInPlace ?? true }

    /// Takes the lock and writes this process into its file.
    ///
    /// - Throws: `locked` with the holder.
    init(_ path: DatabasePath, process: ProcessIdentity) throws(StoreError) {
        let opened = unsafe open(path.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard opened >= 0 else { throw StoreError.ofSystem(path.lock).needing(nil) }
        var code = Self.lock(opened, LOCK_EX)
        // A reader takes it for an instant to see whether a worker lives.
        var looks = 0
        while code != 0, errno == EWOULDBLOCK, looks < 10 {
            looks += 1
            usleep(10_000)
            code = Self.lock(opened, LOCK_EX)
        }
        guard code == 0 else {
            let isHeld = errno == EWOULDBLOCK
            let reason = SystemError.newest
            let error = Self.holder(opened, path)
            _ = close(opened)
            throw isHeld ? error : StoreError(.io, path: path.lock, reason: reason)
        }
        descriptor = opened
        file = FileIdentity(path.lock)
        let text = Array("\(process.pid) \(process.host)\n".utf8)
        ftruncate(opened, 0)
        // Only a second worker's message reads it: nothing depends on its being written.
        _ = unsafe text.withUnsafeBytes { unsafe pwrite(opened, $0.baseAddress, $0.count, 0) }
    }

    deinit {
        // A child process that is being started shares the descriptor for a moment: closing alone would leave the lock
        // to it.
        _ = flock(descriptor, LOCK_UN)
        _ = close(descriptor)
    }

    /// Whether a worker holds the lock of a database; nil where that cannot be known.
    ///
    /// It takes the lock itself for an instant, shared, so that several may look at once.
    static func isHeld(_ path: DatabasePath) -> Bool? {
        let opened = unsafe open(path.lock, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else { return errno == ENOENT ? false : nil }
        defer { _ = close(opened) }
        guard lock(opened, LOCK_SH) != 0 else {
            _ = flock(opened, LOCK_UN)
            return false
        }
        return errno == EWOULDBLOCK ? true : nil
    }

    /// The error of a database whose lock a worker holds, with that worker.
    static func holder(of path: DatabasePath) -> StoreError {
        let opened = unsafe open(path.lock, O_RDONLY | O_CLOEXEC)
        defer { _ = close(opened) }
        return holder(opened, path)
    }

    private static func holder(_ descriptor: Int32, _ path: DatabasePath) -> StoreError {
        let words = read(descriptor).split(separator: " ")
        return StoreError(
            .locked(pid: words.first.flatMap { Int($0) }, host: words.dropFirst().first.map(String.init)),
            path: path.real)
    }

    private static func lock(_ descriptor: Int32, _ kind: Int32) -> Int32 {
        var code = flock(descriptor, kind | LOCK_NB)
        while code != 0, errno == EINTR { code = flock(descriptor, kind | LOCK_NB) }
        return code
    }

    private static func read(_ descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, $0.count, 0) }
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        return String(text.prefix { $0 != "\n" })
    }
}

/// A worker's lock on the database file itself, beside that on `DB.lock`: it keeps a second worker out when somebody
/// deletes the lock file.
///
/// It lies on SQLite's own descriptor, since closing another one would drop the locks that SQLite has on the file. Linux
/// keeps it apart from those; other systems and network file systems do not distinguish the two kinds.
enum DatabaseLock {
    /// What came of taking it.
    enum Outcome {
        case taken
        /// Another worker has it.
        case held
        /// There is no such lock here: the lock file decides alone.
        case none
    }

    /// Takes it for a descriptor.
    static func take(_ descriptor: Int32) -> Outcome {
        #if os(Linux)
            guard descriptor >= 0, csqlite_is_remote(descriptor) == 0 else { return .none }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return .taken }
            return errno == EWOULDBLOCK ? .held : .none
        #else
            return .none
        #endif
    }

    /// Gives it back, before the descriptor is closed: a child process that is being started may share it for a moment.
    static func release(_ descriptor: Int32) { _ = flock(descriptor, LOCK_UN) }
}
