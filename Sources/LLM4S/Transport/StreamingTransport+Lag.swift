import NIOCore
import NIOPosix
import Synchronization

extension StreamingTransport {
    /// Lets each event loop look at the clock again and again, and tells how late it came to it.
    ///
    /// - Parameters:
    ///   - interval: the time between two looks.
    ///   - tell: called on the event loops, with the time between when a look was due and when it was taken.
    /// - Returns: what ends it.
    package func watchLag(
        every interval: Duration, tell: @escaping @Sendable (Duration) -> Void
    ) -> @Sendable () -> Void {
        let interval = TimeAmount(interval)
        let looks = group.makeIterator().map { loop in
            let due = NextLook(NIODeadline.now() + interval)
            return loop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
                let now = NIODeadline.now()
                tell(.nanoseconds(max(0, (now - due.time).nanoseconds)))
                due.time = now + interval
            }
        }
        return { for look in looks { look.cancel() } }
    }

    /// When an event loop is to look next; read and set by that loop alone.
    private final class NextLook: Sendable {
        private let nanoseconds: Atomic<UInt64>

        init(_ time: NIODeadline) { nanoseconds = Atomic(time.uptimeNanoseconds) }

        var time: NIODeadline {
            get { .uptimeNanoseconds(nanoseconds.load(ordering: .relaxed)) }
            set { nanoseconds.store(newValue.uptimeNanoseconds, ordering: .relaxed) }
        }
    }
}
