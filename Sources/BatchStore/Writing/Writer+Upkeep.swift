import Dispatch

/// What follows a commit: it must be where its name says, on the disk, and in a WAL that does not grow without end.
extension Writer {
    /// Brings what was committed to the disk after a while, where commits are not synced and perhaps no other follows.
    func syncLater() {
        guard options.durability == .normal, !isSyncDue else { return }
        isSyncDue = true
        let wait = options.longestUnsynced / .microseconds(1)
        executor.queue.asyncAfter(deadline: .now() + .microseconds(Int(wait))) { [weak self] in
            self?.assumeIsolated { $0.sync() }
        }
    }

    private func sync() {
        isSyncDue = false
        guard queue.failure == nil else { return }
        do { try session?.checkpoint() } catch { failUpkeep(error) }
    }

    /// Checks that what is committed is where its name says, before it is reported.
    ///
    /// What only the WAL holds is brought into the database first: where that was moved, it is whole in its new place, and
    /// no WAL of it is left for a file that took its place.
    func checkPlace() throws(StoreError) {
        guard let file = session?.misplacedFile else { return try renewLock() }
        lockDeadline.bringForward(to: options.closingPatience)
        var isWhole = false
        do { isWhole = try session?.connection.checkpointTruncating().isWhole ?? false } catch {
            // The disk fails at this too: the message says that not all is there.
        }
        throw StoreError(.misplaced(isWhole: isWhole), path: file)
    }

    /// Makes the lock file anew where somebody deleted it, so that others see that a worker lives.
    private func renewLock() throws(StoreError) {
        guard lock?.isInPlace == false, let path = session?.path else { return }
        do {
            lock = try WorkerLock(path, process: options.process)
        } catch  where session?.connection.isLockedForWorker == true {
            // Another worker is being refused by the database's own lock; or the folder takes no file now.
        }
    }

    /// Does what is due after a commit: checkpoints, and the deletion of chunks that nobody needs.
    func maintain() {
        do { try session?.maintain() } catch { failUpkeep(error) }
    }

    /// Fails the store; what a checkpoint needs to write is what the WAL holds.
    private func failUpkeep(_ error: SQLiteFailure) {
        fail(error.storeError(path: path).needing(session?.writeAheadLogBytes))
    }
}

/// Decides when the WAL is copied into the database (The database, "Writing").
struct Checkpointer {
    /// What to do after a commit.
    enum Action: Equatable {
        case nothing
        case checkpoint
    }

    private let threshold: Int
    private let warning: Int
    /// The length at which the next one is due.
    private var next: Int
    private var previous = 0
    private var hasWarned = false

    /// - Parameters:
    ///   - threshold: the frames in the WAL from which it is checkpointed.
    ///   - warning: the frames from which it is warned of.
    init(threshold: Int, warning: Int) {
        self.threshold = threshold
        self.warning = warning
        next = threshold
    }

    /// Notes the WAL's length after a commit.
    mutating func didCommit(frames: Int) -> Action {
        // The WAL began anew, over its old frames.
        if frames < previous { next = threshold }
        previous = frames
        return frames >= next ? .checkpoint : .nothing
    }

    /// Notes the WAL's length after a checkpoint.
    ///
    /// While a reader needs its old frames the WAL cannot begin anew, and each checkpoint costs two syncs: the next one comes
    /// a quarter of the threshold later.
    mutating func didCheckpoint(frames: Int) { next = frames + max(1, threshold / 4) }

    /// Whether to warn of the WAL's length; true once.
    mutating func warns(frames: Int) -> Bool {
        guard frames >= warning, !hasWarned else { return false }
        hasWarned = true
        return true
    }
}
