import NIOCore

/// A time after which something is done on a loop, unless another is set or it is taken away before.
///
/// Bound to the loop.
final class ConnectionDeadline {
    private var task: Scheduled<Void>?
    /// How often one was taken away: the number of the one that holds.
    private var number = 0

    /// Sets it in place of the one before.
    func set(in time: Duration, on loop: any EventLoop, _ body: @escaping () -> Void) {
        clear()
        task = loop.assumeIsolated().scheduleTask(in: TimeAmount(time)) { [self, number] in
            // A task that is cancelled in the turn in which it is due runs all the same.
            if number == self.number { body() }
        }
    }

    func clear() {
        task?.cancel()
        number += 1
    }
}
