import Dispatch
import Foundation
import Synchronization
import SystemCalls

/// Something that a benchmark must not leave behind, even if a signal ends it: a child, which a terminal's Ctrl-C does not
/// reach, or a file.
final class Cleanup: Sendable {
    private static let open = Mutex<[(id: UUID, undo: @Sendable () -> Void)]>([])
    private static let sources = Mutex<[SignalSource]>([])
    private let id = UUID()

    /// Does something, and records how it is undone if a signal ends the program before `done`.
    ///
    /// - Parameter begin: does it, and returns how it is undone; a signal waits for its end.
    /// - Throws: the error of `begin`, which leaves nothing to undo.
    init(_ begin: () throws -> @Sendable () -> Void) rethrows {
        try Self.open.withLock { $0.append((id, try begin())) }
    }

    /// Notes that it was undone.
    func done() { Self.open.withLock { open in open.removeAll { $0.id == id } } }

    /// Makes a signal undo everything and end the program with its status.
    static func onSignals() {
        sources.withLock { sources in
            sources = [SIGINT, SIGTERM, SIGHUP].map { number in
                SignalSource(number, queue: .global()) { end(number) }
            }
        }
    }

    private static func end(_ number: Int32) {
        // The lock is not given back: nothing begins after this. A folder goes after the children that write to it.
        open.withLock { open in
            for (_, undo) in open.reversed() { undo() }
            exit(128 + number)
        }
    }
}

/// A folder for the files of measurements.
struct ScratchFolder {
    let url: URL
    private let cleanup: Cleanup

    init() throws {
        let url = URL.temporaryDirectory.appending(path: "llm4s-benchmarks-\(UUID().uuidString)")
        cleanup = try Cleanup {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
            return { try? FileManager.default.removeItem(at: url) }
        }
        self.url = url
    }

    /// Removes it with its files.
    func remove() {
        cleanup.done()
        try? FileManager.default.removeItem(at: url)
    }

    /// The path of a file in it.
    func path(_ name: String) -> String { url.appending(path: name).path }
}
