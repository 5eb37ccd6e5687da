import SystemCalls

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

    /// Whether the name still stands for the file; true too where that cannot be told.
    var isInPlace: Bool {
        if let now = FileIdentity(path) { return now == self }
        return errno != ENOENT && errno != ENOTDIR
    }
}
