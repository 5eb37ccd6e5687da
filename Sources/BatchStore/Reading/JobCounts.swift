import BatchEngine

/// How many jobs of a scope are in each state.
package struct JobCounts: Sendable, Equatable {
    package var pending = 0
    package var running = 0
    /// Those with kept text that can be used.
    package var interrupted = 0
    package var completed = 0
    package var failed = 0
    package var cancelled = 0
    /// Those that were stored from their file and are not in it now.
    ///
    /// In a scope of files they are in no other count; otherwise they are also counted by their state.
    package var gone = 0

    package init() {}

    /// All states together.
    package var total: Int { pending + running + interrupted + completed + failed + cancelled }

    mutating func add(_ count: Int, _ status: JobStatus) {
        switch status {
        case .pending: pending += count
        case .running: running += count
        case .interrupted: interrupted += count
        case .completed: completed += count
        case .failed: failed += count
        case .cancelled: cancelled += count
        }
    }
}
