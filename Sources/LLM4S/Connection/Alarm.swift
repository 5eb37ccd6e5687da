import NIOCore

/// Calls when a deadline may have come, with one scheduled task however often the deadline moves on.
///
/// Setting a later deadline changes nothing: the call comes too early then, and its receiver sets the alarm again.
/// A stream's deadline moves with every read, so a task for each would cost more than the read. Bound to a loop.
final class Alarm {
    private let loop: any EventLoop
    private let onRing: () -> Void
    private var armed: (task: Scheduled<Void>, deadline: NIODeadline)?

    init(_ loop: any EventLoop, onRing: @escaping () -> Void) {
        self.loop = loop
        self.onRing = onRing
    }

    /// Sees to it that the call comes no later than the deadline, and after it at least once.
    func set(_ deadline: NIODeadline?) {
        guard let deadline else { return }
        if let armed, armed.deadline <= deadline { return }
        cancel()
        let task = loop.assumeIsolated().scheduleTask(deadline: deadline) {
            self.armed = nil
            self.onRing()
        }
        armed = (task, deadline)
    }

    /// Calls no more.
    func cancel() {
        armed?.task.cancel()
        armed = nil
    }
}
