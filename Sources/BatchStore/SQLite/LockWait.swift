import SystemCalls

/// What a connection does while another process holds a lock it needs: it waits, until it is told to end.
///
/// Whoever types BEGIN IMMEDIATE into a shell stops a run for a while and must not end it. SQLite calls it on the
/// thread that waits, which is its only user.
final class LockWait {
    /// How long a wait lasts before it is told of.
    private let patience: Duration
    private let warn: () -> Void
    private var start = ContinuousClock.now
    private var hasWarned = false
    private let deadline: LockDeadline

    /// - Parameters:
    ///   - patience: how long a wait lasts before it is told of.
    ///   - deadline: when waiting ends without the lock.
    ///   - warn: called once in each wait that is longer than the patience.
    init(patience: Duration, deadline: LockDeadline, warn: @escaping () -> Void) {
        self.patience = patience
        self.deadline = deadline
        self.warn = warn
    }

    /// Sleeps a little.
    ///
    /// - Parameter count: how often it was called before for the same lock.
    /// - Returns: whether the lock is to be tried again.
    func goesOn(_ count: Int32) -> Bool {
        let now = ContinuousClock.now
        if count == 0 {
            start = now
            hasWarned = false
        }
        if !hasWarned, now - start >= patience {
            hasWarned = true
            warn()
        }
        if deadline.hasPassed(at: now) { return false }
        usleep(count < 10 ? 1_000 : 10_000)
        return true
    }
}
