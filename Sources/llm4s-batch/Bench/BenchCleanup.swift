import Foundation
import Synchronization

/// What a benchmark leaves behind unless it is undone: children, which a terminal's Ctrl-C does not reach, and folders.
final class BenchCleanup: Sendable {
    private static let open = Mutex<[(id: UUID, undo: @Sendable () -> Void)]>([])
    private let id = UUID()

    /// Does something, and notes how it is undone if a signal ends the program before `done`.
    ///
    /// - Parameter begin: does it, and tells how it is undone. A signal meanwhile waits for its end.
    /// - Throws: what `begin` throws; then there is nothing to undo.
    init(_ begin: () throws -> @Sendable () -> Void) rethrows {
        try Self.open.withLock { $0.append((id, try begin())) }
    }

    /// Takes that it was undone.
    func done() { Self.open.withLock { open in open.removeAll { $0.id == id } } }

    /// Has a signal undo everything and end the program with its status.
    static func onSignals() {
        let (stopped, continuation) = AsyncStream.makeStream(of: Void.self)
        let signals = Signals { _ in continuation.finish() }
        Task.detached {
            for await _ in stopped {}
            // Nothing begins after this: the lock is not given back. A folder goes after the children that write there.
            open.withLock { open in
                for (_, undo) in open.reversed() { undo() }
                exit(Int32((signals.exitStatus ?? .interrupted).rawValue))
            }
        }
    }
}
