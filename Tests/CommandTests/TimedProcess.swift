import Foundation
import Synchronization

/// Runs the program and notes the most memory it ever held.
final class TimedProcess: Sendable {
    private let peak = Mutex(0)

    /// The largest resident size, in KiB.
    var peakKilobytes: Int { peak.withLock { $0 } }

    func run(_ arguments: String...) async throws -> BatchProcess.Ended { try await run(arguments) }

    func run(_ arguments: [String]) async throws -> BatchProcess.Ended {
        let process = try BatchProcess(arguments)
        // On a thread of its own: tasks of other tests may keep those of this one waiting for seconds. (The kernel's
        // figure at the end of a child, ru_maxrss, starts with the size of the process that made it.)
        Thread.detachNewThread { [self] in
            while note(process.processIdentifier) { usleep(500) }
        }
        return await process.ended()
    }

    /// Reads the peak that the kernel keeps; false once the process is gone.
    private func note(_ processIdentifier: Int32) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(processIdentifier)/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
            let kilobytes = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { return false }
        peak.withLock { $0 = max($0, kilobytes) }
        return true
    }
}
