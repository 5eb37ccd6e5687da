import NIOCore
import Synchronization

/// Where answers are handed to the loop of their connection, until the server ends.
///
/// An answer may be made only when its connection and the loop are gone: a loop that is shut down takes nothing.
final class ServingLoop: Sendable {
    private let isOpen = Mutex(true)

    /// Has something done on a loop; it is dropped once the server ends.
    func execute(on eventLoop: any EventLoop, _ body: @escaping @Sendable () -> Void) {
        // Within the lock, so that nothing is handed over behind `close`.
        isOpen.withLock { isOpen in
            if isOpen { eventLoop.execute(body) }
        }
    }

    /// Nothing is handed over any more; comes before the loop is shut down.
    func close() { isOpen.withLock { $0 = false } }
}
