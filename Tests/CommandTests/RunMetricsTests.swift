import BatchEngine
import MetricsTestKit
import Testing

@testable import LLM4SBatch

/// What a program's back end for metrics is told each second.
struct RunMetricsTests {
    private static let names = ["streams", "silent_streams", "width"]

    private static func values(_ metrics: TestMetrics, _ endpoint: String) throws -> [Double?] {
        let dimensions = [("provider", "vllm"), ("endpoint", endpoint)]
        return try names.map {
            try metrics.expectMeter("llm4s_batch_endpoint_\($0)", dimensions).lastValue
        }
    }

    @Test func endpointsAreMeasuredAndNothingIsOpenAtTheEnd() throws {
        let metrics = TestMetrics()
        let run = RunMetrics(metrics)
        var snapshot = RunSnapshot()
        for (endpoint, running) in [("http://a/v1", 5), ("http://b/v1", 7)] {
            snapshot.endpoints.append(
                EndpointSnapshot(
                    provider: "vllm", endpoint: endpoint, width: 8, running: running, silent: 2, reason: "growing"))
        }
        run.show(snapshot)
        #expect(try Self.values(metrics, "http://a/v1") == [5, 2, 8])
        snapshot.endpoints[0].running = 6
        run.show(snapshot)
        #expect(try Self.values(metrics, "http://a/v1") == [6, 2, 8])
        #expect(try Self.values(metrics, "http://b/v1") == [7, 2, 8])
        run.end()
        for endpoint in ["http://a/v1", "http://b/v1"] {
            #expect(try Self.values(metrics, endpoint) == [0, 0, 0])
        }
    }

    /// A back end may keep each series for ever.
    @Test func noMoreAreMeasuredThanAMonitorBears() {
        let metrics = TestMetrics()
        var snapshot = RunSnapshot()
        snapshot.endpoints = (0..<1_001).map { number in
            EndpointSnapshot(provider: "p", endpoint: "\(number)", width: 1, running: 0, silent: 0, reason: "")
        }
        RunMetrics(metrics).show(snapshot)
        #expect(metrics.meters(label: "llm4s_batch_endpoint_width").count == 1_000)
    }
}
