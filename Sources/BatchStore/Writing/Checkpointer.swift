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
