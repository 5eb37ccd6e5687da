import Synchronization

/// The stored runs by their ids, in bounded memory: when twice as many have come, the elder half is forgotten.
final class RunStore: Sendable {
    private struct State {
        var runs: [String: StoredRun] = [:]
        /// The ids in the order of their coming; one that was removed and stored anew stands here twice.
        var order: [String] = []
    }

    /// Runs that are kept at least.
    private static let maximumRuns = 65_536

    private let state = Mutex(State())

    subscript(id: String) -> StoredRun? { state.withLock { $0.runs[id] } }

    /// Keeps a run and returns the one that had its id before.
    func insert(_ run: StoredRun, id: String) -> StoredRun? {
        state.withLock { state in
            let before = state.runs.updateValue(run, forKey: id)
            state.order.append(id)
            if state.order.count > 2 * Self.maximumRuns {
                for forgotten in state.order.prefix(Self.maximumRuns) { state.runs[forgotten] = nil }
                state.order.removeFirst(Self.maximumRuns)
            }
            return before
        }
    }

    /// Forgets a run and returns it.
    func remove(id: String) -> StoredRun? { state.withLock { $0.runs.removeValue(forKey: id) } }
}
