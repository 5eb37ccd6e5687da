import BatchStore
import LoadTesting
import Synchronization

/// What the commits of a measured run were.
final class CommitLog: Sendable {
    /// The commits since the window was opened.
    struct Commits: Sendable {
        /// How long each took, in seconds.
        var durations = Distribution()
        var chunks = 0
        /// The longest that the WAL was.
        var maximumLogBytes = 0
    }

    private let state = Mutex<(commits: Commits, isOpen: Bool, store: MeasuringStore?)>((Commits(), false, nil))

    /// Whom to tell which chunks are stored.
    func connect(_ store: MeasuringStore) { state.withLock { $0.store = store } }

    /// How many were counted so far.
    var count: Int { state.withLock { $0.commits.durations.count } }

    /// Begins to count.
    func open() { state.withLock { $0.isOpen = true } }

    /// Ends it, and tells what was counted.
    func close() -> Commits {
        state.withLock { state in
            state.isOpen = false
            return state.commits
        }
    }

    func add(_ report: CommitReport) {
        let store = state.withLock { state in
            if state.isOpen {
                state.commits.durations.add(report.duration.inSeconds)
                state.commits.chunks += report.chunks
                state.commits.maximumLogBytes = max(state.commits.maximumLogBytes, report.logBytes)
            }
            return state.store
        }
        store?.committed(chunks: report.chunks)
    }
}
