import LLMStreaming

/// What of a server's load a line of its metrics may tell.
enum LoadSignal: Sendable, Hashable {
    case running
    case waiting
    case cacheFill
    case preempted
}

/// The kinds of servers whose metrics are known, in the order in which they are looked for.
enum EngineFamily: Int, Sendable, CaseIterable {
    case vllm
    case sglang
    case llamacpp
    case trtllm
    case triton
    case tgi
}

/// The name under which a kind of server tells one signal.
struct LoadSeries: Sendable {
    let name: StaticString
    let family: EngineFamily
    let signal: LoadSignal
    /// What the label that tells the kind of a line must say, where one name tells several things (Triton).
    var kind: StaticString?

    /// Whether any of them has that name.
    static func isKnown(_ name: Range<Int>, in bytes: Span<UInt8>) -> Bool {
        all.contains { JSONScanner.equals(name, $0.name, in: bytes) }
    }

    /// The one that a line tells; nil where it is none.
    static func told(by name: Range<Int>, _ labels: SampleLabels, in bytes: Span<UInt8>) -> LoadSeries? {
        guard !labels.isShare else { return nil }
        return all.first { series in
            guard JSONScanner.equals(name, series.name, in: bytes) else { return false }
            guard let kind = series.kind else { return true }
            return labels.kind.map { JSONScanner.equals($0, kind, in: bytes) } ?? false
        }
    }

    /// Names that are gone, such as vLLM's `gpu_cache_usage_perc`, are not looked for.
    static let all: [LoadSeries] = [
        LoadSeries(name: "vllm:num_requests_running", family: .vllm, signal: .running),
        LoadSeries(name: "vllm:num_requests_waiting", family: .vllm, signal: .waiting),
        LoadSeries(name: "vllm:kv_cache_usage_perc", family: .vllm, signal: .cacheFill),
        LoadSeries(name: "vllm:num_preemptions_total", family: .vllm, signal: .preempted),
        LoadSeries(name: "sglang:num_running_reqs", family: .sglang, signal: .running),
        LoadSeries(name: "sglang:num_queue_reqs", family: .sglang, signal: .waiting),
        LoadSeries(name: "sglang:token_usage", family: .sglang, signal: .cacheFill),
        LoadSeries(name: "sglang:num_retracted_reqs", family: .sglang, signal: .preempted),
        LoadSeries(name: "llamacpp:requests_processing", family: .llamacpp, signal: .running),
        LoadSeries(name: "llamacpp:requests_deferred", family: .llamacpp, signal: .waiting),
        LoadSeries(name: "trtllm_num_requests_running", family: .trtllm, signal: .running),
        LoadSeries(name: "trtllm_num_requests_waiting", family: .trtllm, signal: .waiting),
        LoadSeries(name: "trtllm_kv_cache_utilization", family: .trtllm, signal: .cacheFill),
        LoadSeries(name: "nv_trt_llm_request_metrics", family: .triton, signal: .running, kind: "scheduled"),
        LoadSeries(name: "nv_trt_llm_request_metrics", family: .triton, signal: .waiting, kind: "waiting"),
        LoadSeries(name: "nv_trt_llm_kv_cache_block_metrics", family: .triton, signal: .cacheFill, kind: "fraction"),
        LoadSeries(name: "tgi_batch_current_size", family: .tgi, signal: .running),
        LoadSeries(name: "tgi_queue_size", family: .tgi, signal: .waiting),
    ]
}
