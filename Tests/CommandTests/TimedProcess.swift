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
        while process.isRunning {
            note(process.processIdentifier)
            try await Task.sleep(for: .milliseconds(2))
        }
        return await process.ended()
    }

    /// The kernel keeps the peak; it is read until the process is gone.
    private func note(_ processIdentifier: Int32) {
        guard let status = try? String(contentsOfFile: "/proc/\(processIdentifier)/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
            let kilobytes = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { return }
        peak.withLock { $0 = max($0, kilobytes) }
    }
}
