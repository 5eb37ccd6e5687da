import Synchronization

/// The probes whose answers have begun, as event loops tell.
final class AnsweredProbes: Sendable {
    private let jobIDs = Mutex<[Int64]>([])

    func add(_ id: Int64) { jobIDs.withLock { $0.append(id) } }

    func take() -> [Int64] {
        jobIDs.withLock { jobIDs in
            defer { jobIDs = [] }
            return jobIDs
        }
    }
}
