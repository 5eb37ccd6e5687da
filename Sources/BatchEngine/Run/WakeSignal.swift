import Synchronization

/// Wakes the one task that waits for something to change, or for a time.
///
/// A signal that comes before the wait is not lost, and several count as one: the waiting task looks at everything
/// anew.
final class WakeSignal: Sendable {
    private enum Waiter {
        case none
        case signalled
        case waiting(CheckedContinuation<Void, Never>)
    }

    private let clock: RunClock
    private let waiter = Mutex(Waiter.none)
    /// When the timers that are set fire, the earliest last.
    private let timers = Mutex<[Duration]>([])

    init(clock: RunClock) { self.clock = clock }

    /// Ends the present wait, or else the next one at once.
    func signal() {
        let waiting = waiter.withLock { waiter -> CheckedContinuation<Void, Never>? in
            guard case .waiting(let waiting) = waiter else {
                waiter = .signalled
                return nil
            }
            waiter = .none
            return waiting
        }
        waiting?.resume()
    }

    /// Waits for the next signal or a time, and may return sooner; also in a cancelled task: whoever cancels must
    /// signal.
    ///
    /// A timer that fires before the deadline is enough: it ends the wait, and the next wait sets a later one. So
    /// timers do not pile up with the signals that come in between: each new one is earlier than all others.
    ///
    /// - Parameters:
    ///   - deadline: since the run's start; nil for no time.
    ///   - group: holds the timers, and should hold nothing else: a group looks through all its tasks when one ends.
    /// - Precondition: no other task waits.
    func wait(until deadline: Duration?, in group: inout DiscardingTaskGroup) async {
        if let deadline, isFirst(deadline) {
            group.addTask { [self] in
                try? await clock.sleep(until: deadline)
                timers.withLock { timers in timers.removeAll { $0 == deadline } }
                signal()
            }
        }
        await withCheckedContinuation { continuation in
            let isSignalled = waiter.withLock { waiter -> Bool in
                switch waiter {
                case .none:
                    waiter = .waiting(continuation)
                    return false
                case .signalled:
                    waiter = .none
                    return true
                case .waiting: preconditionFailure("two tasks wait for one signal")
                }
            }
            if isSignalled { continuation.resume() }
        }
    }

    /// Whether a timer is needed at this time; it then counts as set.
    private func isFirst(_ deadline: Duration) -> Bool {
        timers.withLock { timers in
            if let earliest = timers.last, earliest <= deadline { return false }
            timers.append(deadline)
            return true
        }
    }
}
