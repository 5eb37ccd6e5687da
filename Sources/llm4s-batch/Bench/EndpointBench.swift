import Foundation
import LLM4S
import LLMStreaming
import LoadTesting
import Synchronization

/// `bench` of an endpoint: one level after the other, each with its warm-up.
struct EndpointBench: Sendable {
    let supply: RequestSupply
    let test: TestDescription
    let levels: [LevelLoad]
    let limit: LevelRun.Limit
    let warmup: Int
    let serviceLevel: ServiceLevel?
    let configuration: TransportConfiguration

    /// Runs all levels.
    func run() async -> TestReport {
        let transport = StreamingTransport(configuration: configuration)
        var figures: [LevelFigures] = []
        var sent = 0
        for load in levels {
            if warmup > 0 {
                Console.log(.info, "warming up with \(warmup) requests …")
                sent += await LevelRun(
                    transport: transport, supply: supply, load: load, limit: .requests(warmup), seed: test.seed,
                    firstNumber: sent
                ).run().records.count
            }
            Console.log(.info, "measuring: \(load.text) …")
            let meter = CostMeter(transport)
            let (records, chunks) = await LevelRun(
                transport: transport, supply: supply, load: load, limit: limit, seed: test.seed, firstNumber: sent
            ).run()
            sent += records.count
            let cost = meter.end(chunks: chunks, streams: LevelFigures.maximumConcurrency(of: records))
            figures.append(LevelFigures(load, records: records, serviceLevel: serviceLevel, cost: cost))
        }
        await transport.shutdown()
        return TestReport(test, levels: figures)
    }
}

/// Measures the client's own cost while a level runs.
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
            self?.lag.withLock { $0.add(late.seconds) }
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

    /// Ends, and returns what was measured.
    ///
    /// - Parameters:
    ///   - chunks: all that were received.
    ///   - streams: the most that were open at once.
    func end(chunks: Int, streams: Int) -> ClientCost {
        endWatch.withLock { $0?() }
        sampling.withLock { $0?.cancel() }
        let growth = max(greatestBytes.withLock { $0 }, ProcessUsage.residentKilobytes * 1024) - startBytes
        return ClientCost(
            cpuSeconds: (ProcessUsage.cpuTime - startCPU).seconds, wallSeconds: start.duration(to: .now).seconds,
            chunks: chunks, peakBytes: ProcessUsage.peakResidentKilobytes * 1024,
            bytesPerStream: streams > 0 && growth > 0 ? Double(growth) / Double(streams) : nil,
            loopLag: lag.withLock { $0 })
    }
}
