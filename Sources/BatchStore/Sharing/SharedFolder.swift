package import BatchEngine
import SystemCalls

/// A folder that several machines see, in which files are written once and never changed (Contract, "Shared folders").
///
/// Nothing more is asked of it than that a file with a new name can be made, and that a listing shows it in time: no lock,
/// no renaming, no agreement of clocks. Calls may block for as long as the file system does.
package struct SharedFolder: Sendable, Equatable {
    /// As it was named.
    package let path: String
    /// Without links, so that it is the same however it was named; as it was named where it is not there.
    package let realPath: String
    /// Which folder it was then; nil where it was not there.
    private let identity: FileIdentity?

    package init(_ path: String) {
        self.path = path
        identity = FileIdentity(path)
        guard let resolved = unsafe realpath(path, nil) else {
            realPath = path
            return
        }
        defer { unsafe free(resolved) }
        realPath = unsafe String(cString: resolved)
    }

    /// Whether it is away, or another one stands in its place, such as the mount point that a disk leaves behind.
    var isAway: Bool { identity == nil || FileIdentity(path) != identity }

    /// What a listing shows.
    package struct Listing: Sendable {
        package var parts: [PartName] = []
        package var heartbeats: [Heartbeat] = []
        /// Other files.
        package var others = 0
    }

    /// Checks that it is there and can be written, as far as that can be told without writing.
    ///
    /// - Throws: why not, and what can be done.
    package func check() throws(SharedFolderFault) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            throw SharedFolderFault(
                path, errno == ENOENT ? "there is no such folder" : SystemError.newest,
                remedy: "make it, or mount the disk that all workers see")
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw SharedFolderFault(
                path, "it is no folder", remedy: "name a folder that all workers see", isInput: true)
        }
        guard unsafe access(path, R_OK | W_OK | X_OK) == 0 else { throw writeFault(errno) }
    }

    /// All names in it, as they are known now.
    package func list() throws(SharedFolderFault) -> Listing {
        var listing = Listing()
        try eachName { name in
            if let part = PartName(name) {
                listing.parts.append(part)
            } else if let heartbeat = Heartbeat(name) {
                listing.heartbeats.append(heartbeat)
            } else {
                listing.others += 1
            }
        }
        return listing
    }

    /// The signs of life in it alone: the names of parts, which may be many thousands, are not taken apart.
    package func heartbeats() throws(SharedFolderFault) -> [Heartbeat] {
        var heartbeats: [Heartbeat] = []
        try eachName { name in
            if !name.hasPrefix("part."), let heartbeat = Heartbeat(name) { heartbeats.append(heartbeat) }
        }
        return heartbeats
    }

    private func eachName(_ body: (String) -> Void) throws(SharedFolderFault) {
        guard FolderNames.each(in: path, body) else { throw listFault() }
    }

    // MARK: Signs of life

    /// Makes the file of a sign, and takes the one before it away.
    package func show(_ heartbeat: Heartbeat, insteadOf previous: Heartbeat?) throws(SharedFolderFault) {
        let descriptor = unsafe open(file(heartbeat.text), O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw writeFault(errno) }
        guard close(descriptor) == 0 else { throw writeFault(errno) }
        if let previous { _ = unsafe unlink(file(previous.text)) }
    }

    func file(_ name: String) -> String { path.hasSuffix("/") ? path + name : "\(path)/\(name)" }

    private func listFault() -> SharedFolderFault {
        SharedFolderFault(path, SystemError.newest, remedy: "look whether its disk is mounted")
    }

    func writeFault(_ code: Int32) -> SharedFolderFault {
        switch code {
        case ENOSPC, EDQUOT: SharedFolderFault(path, "no space is left on its disk", remedy: "make room there")
        case EROFS: SharedFolderFault(path, "its disk is read-only", remedy: "mount it so that it can be written")
        case EACCES, EPERM:
            SharedFolderFault(path, "no permission to write it", remedy: "change its owner or mode, or name another")
        default:
            SharedFolderFault(
                path, SystemError.words(code), remedy: "look whether its disk is mounted and can be written")
        }
    }
}
