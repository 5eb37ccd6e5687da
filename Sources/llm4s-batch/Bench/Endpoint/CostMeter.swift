import LLM4S
import LoadTesting
import Synchronization

/// Measures what the client takes while a level runs.
final class CostMeter: Sendable {
    private static let interval = Duration.milliseconds(20)

    private let start = ContinuousClock.now
    private let startCPU = ProcessUsage.cpuTime
    private let startBytes = ProcessUsage.residentKilobytes * 1024
    private let lag = Mutex(Distribution())
    private let greatestBytes = Mutex(0)
    private let endWatch = Mutex<(@Sendable () -> Void)?>(nil)
    private let sampling = Mutex<Task<Void, Never>?>(nil)

    /// Begins to measure.
    init(_ transport: StreamingTransport) {
        let end = transport.watchLag(every: Self.interval) { [weak self] late in
            self?.lag.withLock { $0.add(late.inSeconds) }
        }
        endWatch.withLock { $0 = end }
        let task = Task { [weak self] in
            while !Task.isCancelled, let self {
                greatestBytes.withLock { $0 = max($0, ProcessUsage.residentKilobytes * 1024) }
                try? await Task.sleep(for: .milliseconds(100))
            }
        }
        sampling.withLock { $0 = task }
    }

    /// Ends, and tells what was measured.
    ///
    /// - Parameter streams: the most that were open at once.
    func end(chunks: Int, streams: Int) -> ClientCost {
        endWatch.withLock { $0?() }
        sampling.withLock { $0?.cancel() }
        let growth = max(greatestBytes.withLock { $0 }, ProcessUsage.residentKilobytes * 1024) - startBytes
        return ClientCost(
            cpuSeconds: (ProcessUsage.cpuTime - startCPU).inSeconds, wallSeconds: start.duration(to: .now).inSeconds,
            chunks: chunks, peakBytes: ProcessUsage.peakResidentKilobytes * 1024,
            bytesPerStream: streams > 0 && growth > 0 ? Double(growth) / Double(streams) : nil,
            loopLag: lag.withLock { $0 })
    }
}
