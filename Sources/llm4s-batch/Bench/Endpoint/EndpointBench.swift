import Foundation
import LLM4S
import LLMStreaming
import LoadTesting

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
