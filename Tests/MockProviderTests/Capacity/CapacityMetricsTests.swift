import Testing

@testable import MockProvider

/// Prometheus text as a test reads it.
struct PrometheusText {
    /// Each sample's value by its name with labels, as they were written.
    private(set) var samples: [String: Double] = [:]
    private(set) var types: [String: String] = [:]
    /// Lines that are none of the format, and samples before their type.
    private(set) var faults: [String] = []

    init(_ text: String) {
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            let words = line.split(separator: " ")
            if line.hasPrefix("# TYPE "), words.count == 4 {
                types[String(words[2])] = String(words[3])
            } else if line.hasPrefix("# HELP "), words.count > 3 {
                continue
            } else if let end = line.lastIndex(of: " "), let value = Double(line[line.index(after: end)...]),
                let brace = line.firstIndex(of: "{"), line[..<end].hasSuffix("}")
            {
                let name = String(line[..<brace])
                let parts = ["_bucket", "_count", "_sum"].filter { name.hasSuffix($0) }.map { name.dropLast($0.count) }
                if types[name] == nil, !parts.contains(where: { types[String($0)] == "histogram" }) {
                    faults.append(String(line))
                }
                samples[String(line[..<end])] = value
            } else {
                faults.append(String(line))
            }
        }
        if !text.hasSuffix("\n") { faults.append("no end of line") }
    }

    /// The value of a sample of one engine and model.
    func value(_ name: String, model: String = "mock", more: String = "") -> Double? {
        samples[#"vllm:\#(name){engine="0",model_name="\#(model)"\#(more)}"#]
    }
}

/// The page of metrics.
@Suite struct CapacityMetricsTests {
    @Test func tellsEveryCountUnderItsName() {
        var statistics = CapacityStatistics()
        statistics.running = 3
        statistics.waiting = 4
        statistics.cacheUsage = 0.25
        statistics.queriedTokens = 100
        statistics.cachedTokens = 64
        statistics.preemptions = 2
        statistics.promptTokens = 90
        statistics.generatedTokens = 12_345_678
        for seconds in [0.0005, 0.3, 0.3, 5_000] { statistics.firstTokens.add(seconds) }
        let page = CapacityMetrics(statistics: statistics, modelName: #"a"b\c"#).text
        let metrics = PrometheusText(page)
        #expect(metrics.faults.isEmpty)
        let model = #"a\"b\\c"#
        for (name, value, type) in [
            ("num_requests_running", 3, "gauge"), ("num_requests_waiting", 4, "gauge"),
            ("kv_cache_usage_perc", 0.25, "gauge"), ("prefix_cache_queries_total", 100, "counter"),
            ("prefix_cache_hits_total", 64, "counter"), ("num_preemptions_total", 2, "counter"),
            ("prompt_tokens_total", 90, "counter"), ("generation_tokens_total", 12_345_678, "counter"),
        ] as [(String, Double, String)] {
            #expect(metrics.value(name, model: model) == value, "\(name)")
            #expect(metrics.types["vllm:" + name] == type, "\(name)")
        }
        let first = "time_to_first_token_seconds"
        #expect(metrics.types["vllm:" + first] == "histogram")
        for (bound, count) in [("0.001", 1), ("0.25", 1), ("0.5", 3), ("2560.0", 3), ("+Inf", 4)] as [(String, Double)]
        {
            #expect(metrics.value(first + "_bucket", model: model, more: #",le="\#(bound)""#) == count, "\(bound)")
        }
        #expect(metrics.value(first + "_count", model: model) == 4)
        #expect(metrics.value(first + "_sum", model: model) == 5_000.6005)
    }
}
