import LoadTesting

/// A level of four requests, whose figures can be computed by hand.
enum Sample {
    static let records = [
        RequestRecord(
            times: RequestTimes(scheduled: 0, sent: 0, firstByte: 0.1, contents: [0.2, 0.3, 0.5], end: 0.6),
            inputTokens: 10, outputTokens: 5, tokenSource: .usage),
        RequestRecord(
            times: RequestTimes(scheduled: 0, sent: 0.1, firstByte: 0.4, contents: [0.5], end: 0.6),
            inputTokens: nil, outputTokens: 1, tokenSource: .chunks),
        RequestRecord(
            times: RequestTimes(scheduled: 0.6, sent: 0.6, firstByte: 0.7, contents: [0.8, 1.0], end: 1.1),
            inputTokens: 20, outputTokens: 3, tokenSource: .usage),
        RequestRecord(
            times: RequestTimes(scheduled: 0.6, sent: 0.7, firstByte: 0.8, contents: [0.9], end: 1.0),
            error: "<cut>", errorKind: "cut", inputTokens: nil, outputTokens: 1, tokenSource: .chunks),
    ]

    static func cost(cpu: Double = 0.1, wall: Double = 1) -> ClientCost {
        ClientCost(
            cpuSeconds: cpu, wallSeconds: wall, chunks: 7, peakBytes: 50 << 20, bytesPerStream: 2048,
            loopLag: Distribution([0.001]))
    }

    static func level(
        _ records: [RequestRecord] = records, concurrency: Int? = 2, rate: Double? = nil,
        slo: ServiceLevel? = ServiceLevel(bounds: [.ttft: 0.3, .tpot: 0.08]), cost: ClientCost = cost()
    ) -> LevelFigures {
        LevelFigures(
            LevelLoad(concurrency: concurrency, rate: rate), records: records, serviceLevel: slo, cost: cost)
    }

    static let test = TestDescription(
        date: "2026-01-01T00:00:00Z", endpoint: "http://127.0.0.1:1/v1", endpointType: "openai-chat",
        model: "lab/<m>", requests: "about 10 tokens in", seed: 7)
}
