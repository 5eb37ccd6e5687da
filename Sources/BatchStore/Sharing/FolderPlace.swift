import BatchEngine
import Synchronization

/// Where the folder of a worker is: the mount point that a disk leaves behind when it goes away is another folder.
final class FolderPlace: Sendable {
    private struct Known {
        var identity: FileIdentity?
        /// Whose parts were there.
        var workers: Set<WorkerName> = []
    }

    private let folder: SharedFolder
    private let worker: WorkerName
    private let known = Mutex(Known())

    init(_ folder: SharedFolder, worker: WorkerName) {
        self.folder = folder
        self.worker = worker
    }

    /// Takes the folder that is there for the one that is meant.
    ///
    /// - Parameter workers: whose parts are in it.
    func note(_ workers: Set<WorkerName>) {
        let now = FileIdentity(folder.path)
        known.withLock { $0 = Known(identity: now, workers: workers) }
    }

    /// Checks that it is still the one before something is written; one that is not there is told by who writes.
    ///
    /// - Parameter isFirst: whether nothing of this worker can be there yet.
    func check(isFirst: Bool = false) throws(SharedFolderFault) {
        let known = self.known.withLock { $0 }
        guard let identity = known.identity, !identity.isInPlace, let now = FileIdentity(folder.path) else { return }
        // A disk that was mounted again may have another number, and a mounted bucket one that changes: what was there
        // before is there then.
        let listing = try folder.list()
        let isSame =
            listing.heartbeats.contains { $0.worker == worker }
            || listing.parts.contains { $0.worker == worker }
            // Before its first sign only those of others tell; where there are none, nothing does.
            || isFirst
                && (known.workers.isEmpty || listing.parts.contains { known.workers.contains($0.worker) })
        guard isSame else {
            throw SharedFolderFault(
                folder.path, "another folder is there than when the run began",
                remedy: "look whether its disk is mounted")
        }
        self.known.withLock { $0.identity = now }
    }
}
