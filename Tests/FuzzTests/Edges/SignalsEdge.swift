import LLMStreaming

@testable import BatchEngine

/// A page of a server, as its metrics, its list of models and its version.
enum SignalsEdge {
    static func take(_ bytes: [UInt8]) throws {
        if let load = ServerLoad(metrics: bytes) {
            let counts = [load.running, load.waiting, load.preempted]
            guard counts.allSatisfy({ ($0 ?? 0) >= 0 }), (0...1).contains(load.cacheFill ?? 0) else {
                throw Contradiction(description: "\(load)")
            }
        }
        let identity = ServerIdentity(models: bytes, version: bytes)
        let other = ServerIdentity.serves([ServedModel(id: "m", owner: "vllm", root: "m")], version: "1")
        let members = [identity, other].map { PoolSurvey.Member(url: "http://a/v1", identity: $0) }
        for wanted in [[], ["m"]] {
            for fault in PoolSurvey(pool: "vllm", members: members).faults(asking: wanted)
            where fault.utf8.count > 16_384 {
                throw Contradiction(description: "a fault of \(fault.utf8.count) bytes")
            }
        }
    }

    static let seeds = [
        "# HELP vllm:num_requests_running Number\n# TYPE vllm:num_requests_running gauge\n"
            + "vllm:num_requests_running{engine=\"0\",model_name=\"a\\\"}\"} 3.0 1395066363000\n"
            + "vllm:num_requests_waiting{engine=\"0\"} +Inf\nvllm:kv_cache_usage_perc 0.5\n",
        "sglang:num_running_reqs{tp_rank=\"0\",dp_rank=\"1\",priority=\"\"} 1e12\r\nsglang:token_usage NaN\r\n",
        "nv_trt_llm_request_metrics{model=\"t\",request_type=\"waiting\",version=\"1\"} 3\ntgi_queue_size 1e300\n",
        #"{"object":"list","data":[{"id":"m","owned_by":"vllm","root":"m","max_model_len":40960,"#
            + #""meta":{"size":4912898304}}],"version":"0.33.0"}"#,
        "<!doctype html><html><head><title>UI</title></head></html>",
    ]
}
