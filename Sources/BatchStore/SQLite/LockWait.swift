import Synchronization
import SystemCalls

/// What a connection does while another process holds a lock that it needs: it waits, until a deadline is set.
///
/// A user who types BEGIN IMMEDIATE into a shell stops a run for a while and must not end it. SQLite calls it on the
/// thread that waits, which is its only user.
final class LockWait {
    /// How long a wait lasts before the user is warned.
    private let warningDelay: Duration
    private let warn: () -> Void
    private var start = ContinuousClock.now
    private var hasWarned = false
    private let deadline: LockDeadline

    /// - Parameters:
    ///   - warningDelay: how long a wait lasts before the user is warned.
    ///   - deadline: when waiting ends without the lock.
    ///   - warn: called once in each wait that is longer than that.
    init(warningDelay: Duration, deadline: LockDeadline, warn: @escaping () -> Void) {
        self.warningDelay = warningDelay
        self.deadline = deadline
        self.warn = warn
    }

    /// Sleeps a little.
    ///
    /// - Parameter count: how often it was called before for the same lock.
    /// - Returns: whether to ask for the lock again.
    func goesOn(_ count: Int32) -> Bool {
        let now = ContinuousClock.now
        if count == 0 {
            start = now
            hasWarned = false
        }
        if !hasWarned, now - start >= warningDelay {
            hasWarned = true
            warn()
        }
        if deadline.hasPassed(at: now) { return false }
        usleep(count < 10 ? 1_000 : 10_000)
        return true
    }
}

/// When a connection's waits for locks end without the lock; set from any thread.
final class LockDeadline: Sendable {
    private let time = Mutex<ContinuousClock.Instant?>(nil)

    /// Ends waits after this time from now, or sooner.
    func bringForward(to wait: Duration) {
        let end = ContinuousClock.now + wait
        time.withLock { $0 = min($0 ?? end, end) }
    }

    /// Whether waits have ended.
    func hasPassed(at now: ContinuousClock.Instant) -> Bool { time.withLock { $0.map { now >= $0 } ?? false } }
}
