import Foundation
import Synchronization

/// A child of a benchmark: this program again, on a core of its own where the system has `taskset`.
final class BenchProcess: Sendable {
    private let process: Process
    private let output = Pipe()
    private let written = Mutex("")
    private let cleanup: BenchCleanup

    /// Starts it.
    ///
    /// - Parameter core: the core to run on; nil for any.
    init(_ arguments: [String], core: Int?) throws {
        process = Process()
        let command = Self.launcher(core: core) + [CommandLine.executablePath] + arguments
        process.executableURL = URL(filePath: command[0])
        process.arguments = Array(command.dropFirst())
        process.standardOutput = output
        process.standardInput = FileHandle.nullDevice
        cleanup = try BenchCleanup { [process] in
            try process.run()
            return { [pid = process.processIdentifier] in Self.end(pid) }
        }
    }

    /// Ends it, if it runs.
    deinit {
        cleanup.done()
        if process.isRunning { process.terminate() }
    }

    /// Ends a child and waits until it is gone, but not for ever.
    private static func end(_ child: Int32) {
        kill(child, SIGKILL)
        for _ in 0..<100 where kill(child, 0) == 0 { usleep(10_000) }
    }

    var processIdentifier: Int32 { process.processIdentifier }

    /// Whether processes can be bound to a core each here.
    static var isPinning: Bool { ProcessInfo.processInfo.activeProcessorCount > 1 && taskset != nil }

    private static let taskset = ["/usr/bin/taskset", "/bin/taskset"].first(
        where: FileManager.default.isExecutableFile(atPath:))

    private static func launcher(core: Int?) -> [String] {
        guard isPinning, let core, let taskset else { return [] }
        return [taskset, "--cpu-list", String(core)]
    }

    /// The next line that it writes on standard output; nil where it ended before.
    func line() async -> String? {
        await withCheckedContinuation { continuation in
            // Reading blocks: on a thread of its own, as tasks share few.
            Thread.detachNewThread { continuation.resume(returning: self.read()) }
        }
    }

    private func read() -> String? {
        written.withLock { written in
            while true {
                if let end = written.firstIndex(of: "\n") {
                    defer { written = String(written[written.index(after: end)...]) }
                    return String(written[..<end])
                }
                let bytes = output.fileHandleForReading.availableData
                if bytes.isEmpty { return nil }
                written += String(decoding: bytes, as: UTF8.self)
            }
        }
    }

    /// Ends it and waits until it is gone.
    func stop() async {
        cleanup.done()
        if process.isRunning { process.terminate() }
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                self.process.waitUntilExit()
                continuation.resume()
            }
        }
    }
}

extension CommandLine {
    /// The program that runs.
    fileprivate static var executablePath: String {
        Bundle.main.executablePath ?? arguments[0]
    }
}
