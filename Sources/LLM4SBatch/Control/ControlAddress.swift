import BatchStore
import SystemCalls

/// Where the socket of a database's worker may be: beside it, or where that name is too long, or the file system has no
/// sockets, in a private folder.
///
/// Worker and user go through the same list in the same order.
package struct ControlAddress: Sendable, Equatable {
    /// The socket's name.
    package var path: String
    /// The folder that must be its owner's alone; nil beside the database.
    package var folder: String?

    /// All of them, the first to be tried first.
    ///
    /// - Parameters:
    ///   - database: its real path.
    ///   - place: what tells its file from every other one, whatever its names.
    ///   - environment: may name folders for such files.
    ///   - userID: whose private folders they are.
    package static func all(
        of database: String, place: [UInt64], environment: [String: String], userID: UInt32
    ) -> [ControlAddress] {
        let name = place.map { String($0, radix: 16) }.joined(separator: "-") + ".ctl"
        let bases = [
            environment["XDG_RUNTIME_DIR"], "/run/user/\(userID)", environment["TMPDIR"], "/tmp",
        ].compactMap(\.self).filter { $0.hasPrefix("/") }
        var addresses = [ControlAddress(path: database + ".ctl")]
        for base in bases {
            let folder = (base.hasSuffix("/") ? base : base + "/") + "llm4s-batch-\(userID)"
            let address = ControlAddress(path: "\(folder)/\(name)", folder: folder)
            if !addresses.contains(address) { addresses.append(address) }
        }
        return addresses.filter { $0.path.utf8.count <= UnixSocket.maximumPathBytes }
    }

    /// Those of the worker of a database, for this process.
    ///
    /// - Parameter database: its real path; the file must be there.
    package static func all(of database: String) -> [ControlAddress] {
        all(
            of: database, place: BatchDatabase.filePlace(of: database) ?? [],
            environment: ProcessEnvironment.variables, userID: geteuid())
    }

    /// Whether nobody else can have put a socket there: the private folder is one, and this user's alone.
    var isOurs: Bool {
        guard let folder else { return true }
        var status = stat()
        return unsafe lstat(folder, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR && status.st_uid == geteuid()
            && status.st_mode & 0o077 == 0
    }

    /// Whether who listens there is this user, or the owner of the database; others may have put a socket of theirs beside
    /// it, where they may write.
    func isTrusted(_ database: String) -> Bool {
        var (socket, file) = (stat(), stat())
        guard unsafe lstat(path, &socket) == 0, unsafe stat(database, &file) == 0 else { return false }
        return socket.st_uid == geteuid() || socket.st_uid == file.st_uid
    }

    /// Makes the private folder where it is one and is not there.
    func makeFolder() {
        if let folder { _ = unsafe mkdir(folder, 0o700) }
    }

    /// Takes away what a dead worker has left; whatever is no socket stays.
    ///
    /// Only for whoever has the lock of the database: no other worker can listen there.
    func removeLeftover() {
        var status = stat()
        guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return }
        _ = unsafe unlink(path)
    }
}
