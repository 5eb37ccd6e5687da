import Synchronization

/// When a connection's waits for locks end without the lock; set from any thread.
final class LockDeadline: Sendable {
    private let time = Mutex<ContinuousClock.Instant?>(nil)

    /// Lets waits end so soon from now on, or sooner.
    func bringForward(to wait: Duration) {
        let end = ContinuousClock.now + wait
        time.withLock { $0 = min($0 ?? end, end) }
    }

    /// Whether no lock is waited for any more.
    func hasPassed(at now: ContinuousClock.Instant) -> Bool { time.withLock { $0.map { now >= $0 } ?? false } }
}
