#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// What a connection does while another process holds a lock it needs: it waits, as long as it takes.
///
/// Whoever types BEGIN IMMEDIATE into a shell stops a run for a while and must not end it. SQLite calls it on the
/// thread that waits, which is its only user.
final class LockWait {
    /// How long a wait lasts before it is told of.
    private let patience: Duration
    private let warn: () -> Void
    private var start = ContinuousClock.now
    private var hasWarned = false
    /// When waiting ends without the lock; nil: never.
    var deadline: ContinuousClock.Instant?

    /// - Parameter warn: called once in each wait that is longer than the patience.
    init(patience: Duration, warn: @escaping () -> Void) {
        self.patience = patience
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
        if let deadline, now >= deadline { return false }
        usleep(count < 10 ? 1_000 : 10_000)
        return true
    }
}
