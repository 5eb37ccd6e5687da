import SystemCalls

/// The wait for another worker of a database to end, on a thread that may block.
///
/// Its lock is asked for again and again: the kernel would wake whoever waits in `flock`, but not at a deadline.
struct WorkerWait {
    private static let interval: Duration = .milliseconds(50)

    private let deadline: ContinuousClock.Instant
    /// Whether nothing was waited for yet.
    private(set) var isFirst = true

    init(timeout: Duration) { deadline = .now + timeout }

    /// Whether there is time left.
    var goesOn: Bool { .now < deadline }

    /// Waits until the lock is worth another look.
    mutating func pause() {
        isFirst = false
        let pause = min(Self.interval, max(.zero, deadline - .now))
        usleep(UInt32(pause / .microseconds(1)))
    }
}
