import Foundation
import Synchronization

/// The mock of a load test: this program again, in a process of its own, so that its cost is not the client's.
final class MockChild: Sendable {
    /// The children that run: a terminal's Ctrl-C does not reach them.
    private static let running = Mutex<Set<Int32>>([])

    private let process = Process()
    private let output = Pipe()

    init() throws {
        process.executableURL = URL(filePath: Bundle.main.executablePath ?? CommandLine.arguments[0])
        process.arguments = ["mock"]
        process.standardOutput = output
        process.standardInput = FileHandle.nullDevice
        // A signal that comes now waits until the child is known.
        try Self.running.withLock { running in
            try process.run()
            running.insert(process.processIdentifier)
        }
    }

    deinit {
        forget()
        if process.isRunning { process.terminate() }
    }

    /// Makes a signal end all children and then the program, with its status.
    static func endOnSignals() {
        let (stopped, continuation) = AsyncStream.makeStream(of: Void.self)
        let signals = Signals { _ in continuation.finish() }
        Task.detached {
            for await _ in stopped {}
            // The lock is not given back: no child starts after this.
            running.withLock { running in
                for child in running { end(child) }
                exit(Int32((signals.exitStatus ?? .interrupted).rawValue))
            }
        }
    }

    /// Kills a child and waits until it is gone, but not for ever.
    private static func end(_ child: Int32) {
        kill(child, SIGKILL)
        for _ in 0..<100 where kill(child, 0) == 0 { usleep(10_000) }
    }

    private func forget() { _ = Self.running.withLock { $0.remove(process.processIdentifier) } }

    /// The first line that it writes, which is its base URL; nil where it ended before.
    func baseURL() async -> String? {
        let line = await withCheckedContinuation { continuation in
            // Reading blocks: on a thread of its own, as tasks share few.
            Thread.detachNewThread { continuation.resume(returning: self.firstLine()) }
        }
        // Where a signal killed it, this waits for the signal's exit: a mock without an address is no error then.
        if line == nil { forget() }
        return line
    }

    private func firstLine() -> String? {
        var written: [UInt8] = []
        while !written.contains(UInt8(ascii: "\n")) {
            let bytes = output.fileHandleForReading.availableData
            if bytes.isEmpty { return nil }
            written += bytes
        }
        return String(decoding: written.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    /// Ends it and waits until it is gone.
    func stop() async {
        forget()
        if process.isRunning { process.terminate() }
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                self.process.waitUntilExit()
                continuation.resume()
            }
        }
    }
}
