/// The page `/metrics` of a server of limited capacity: Prometheus text under vLLM's names.
struct CapacityMetrics {
    let statistics: CapacityStatistics
    /// The model's name in the labels.
    let modelName: String

    /// The content type of Prometheus text.
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private var labels: String { #"engine="0",model_name="\#(Self.escaped(modelName))""# }

    /// The page.
    var text: String {
        let counted = statistics
        let gauges = [
            ("num_requests_running", "Number of requests in model execution batches.", Double(counted.running)),
            ("num_requests_waiting", "Number of requests waiting to be processed.", Double(counted.waiting)),
            ("kv_cache_usage_perc", "KV-cache usage. 1 means 100 percent usage.", counted.cacheUsage),
        ]
        let counters = [
            ("prefix_cache_queries_total", "Prefix cache queries, in number of queried tokens.", counted.queriedTokens),
            ("prefix_cache_hits_total", "Prefix cache hits, in number of cached tokens.", counted.cachedTokens),
            ("num_preemptions_total", "Cumulative number of preemption from the engine.", counted.preemptions),
            ("prompt_tokens_total", "Number of prefill tokens processed.", counted.promptTokens),
            ("generation_tokens_total", "Number of generation tokens processed.", counted.generatedTokens),
        ]
        var page = ""
        for (name, help, value) in gauges { page += Self.head(name, "gauge", help) + sample(name, value) }
        for (name, help, value) in counters { page += Self.head(name, "counter", help) + sample(name, Double(value)) }
        writeFirstTokens(to: &page)
        return page
    }

    private func writeFirstTokens(to page: inout String) {
        let name = "time_to_first_token_seconds"
        let times = statistics.firstTokens
        page += Self.head(name, "histogram", "Histogram of time to first token in seconds.")
        var count = 0
        for (index, inRange) in times.counts.enumerated() {
            count += inRange
            let bound = index < SecondsHistogram.bounds.count ? "\(SecondsHistogram.bounds[index])" : "+Inf"
            page += sample(name + "_bucket", Double(count), #"le="\#(bound)""#)
        }
        page += sample(name + "_count", Double(count))
        page += sample(name + "_sum", times.sum)
    }

    private static func head(_ name: String, _ type: String, _ help: String) -> String {
        "# HELP vllm:\(name) \(help)\n# TYPE vllm:\(name) \(type)\n"
    }

    private func sample(_ name: String, _ value: Double, _ more: String? = nil) -> String {
        "vllm:\(name){\(labels)\(more.map { "," + $0 } ?? "")} \(value)\n"
    }

    /// A label's value as the format has it.
    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
