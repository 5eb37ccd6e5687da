import Testing

@testable import BatchEngine

/// What pages of metrics tell of a server's load.
@Suite struct ServerLoadTests {
    private func load(_ page: String) -> ServerLoad? { ServerLoad(metrics: Array(page.utf8)) }

    @Test func readsThePageOfEachServer() {
        let pages: [(String, ServerLoad)] = [
            (MetricsPages.vllm, ServerLoad(running: 37, waiting: 4, cacheFill: 0.8125, preempted: 3)),
            (MetricsPages.sglang, ServerLoad(running: 5, waiting: 2, cacheFill: 0.28, preempted: 0)),
            (MetricsPages.llamacpp, ServerLoad(running: 4, waiting: 46)),
            (MetricsPages.trtllm, ServerLoad(running: 6, waiting: 1, cacheFill: 0.62)),
            (MetricsPages.triton, ServerLoad(running: 4, waiting: 3, cacheFill: 0.25)),
            (MetricsPages.tgi, ServerLoad(running: 8, waiting: 7)),
        ]
        for (page, expected) in pages {
            #expect(load(page) == expected)
            #expect(load(page.replacing("\n", with: "\r\n")) == expected, "with line ends of Windows")
            #expect(load(String(page.dropLast())) == expected, "without its last line end")
        }
    }

    @Test func sumsUpTheEnginesOfAServerAndTakesTheFullestCache() {
        let page = """
            vllm:num_requests_running{engine="0",model_name="a"} 3.0
            vllm:num_requests_running{engine="1",model_name="a"} 4.0
            vllm:num_requests_running{engine="0",model_name="b"} 5.0
            vllm:num_requests_waiting{engine="0",model_name="a"} 0.0
            vllm:num_requests_waiting{engine="1",model_name="a"} 2.0
            vllm:kv_cache_usage_perc{engine="0",model_name="a"} 0.9
            vllm:kv_cache_usage_perc{engine="1",model_name="a"} 0.25
            """
        #expect(load(page) == ServerLoad(running: 12, waiting: 2, cacheFill: 0.9))
    }

    @Test func countsWhatRanksOfOneModelTellOnce() {
        let page = """
            sglang:num_running_reqs{model_name="m",tp_rank="0",pp_rank="0",dp_rank="0"} 4.0
            sglang:num_running_reqs{tp_rank="1",model_name="m",pp_rank="0",dp_rank="0"} 4.0
            sglang:num_running_reqs{model_name="m",tp_rank="2",moe_ep_rank="2",dp_rank="1"} 3.0
            sglang:num_queue_reqs{model_name="m",priority="",tp_rank="0"} 14.0
            sglang:num_queue_reqs{model_name="m",priority="-1",tp_rank="0"} 9.0
            sglang:num_queue_reqs{model_name="m",priority="0",tp_rank="0"} 5.0
            """
        #expect(load(page) == ServerLoad(running: 7, waiting: 14))
    }

    @Test func takesOneEngineWhereAPageTellsTheSameUnderTwoNames() {
        let page = "sglang:num_running_reqs{dp_rank=\"0\"} 2\nvllm:num_requests_running 2\n"
        #expect(load(page) == ServerLoad(running: 2))
    }

    @Test(arguments: [
        ("vllm:num_requests_running 3", 3), ("  vllm:num_requests_running\t3  ", 3),
        ("vllm:num_requests_running{} 3 1395066363000", 3), ("vllm:num_requests_running 3.0e0", 3),
        (#"vllm:num_requests_running{a="}",b="x \" 9 } {\\",} 3"#, 3),
        (#"vllm:num_requests_running { a = "b" , c = "d" } 3 # {trace_id="9"} 0.5"#, 3),
        (#"vllm:num_requests_running{model_name="名前\n"} 3"#, 3),
        ("# vllm:num_requests_running 9\nvllm:num_requests_running 3", 3),
        ("# HELP vllm:num_requests_running Number\n# TYPE vllm:num_requests_running gauge\n", nil),
        ("vllm:num_requests_running", nil), ("vllm:num_requests_running ", nil),
        ("vllm:num_requests_running{engine=\"0\" 3", nil), (#"vllm:num_requests_running{engine="0} 3"#, nil),
        ("vllm:num_requests_running{engine=0} 3", nil), ("vllm:num_requests_running{=\"0\"} 3", nil),
        ("vllm:num_requests_running{engine", nil), (#"vllm:num_requests_running{engine="\"#, nil),
        ("vllm:num_requests_running NaN", nil), ("vllm:num_requests_running nan", nil),
        ("vllm:num_requests_running +Inf", nil), ("vllm:num_requests_running -Inf", nil),
        ("vllm:num_requests_running -1", nil), ("vllm:num_requests_running 1e300", nil),
        ("vllm:num_requests_running 1e999", nil), ("vllm:num_requests_running three", nil),
        ("vllm:num_requests_running 3" + String(repeating: "0", count: 400), nil),
        ("vllm:num_requests_running_total 3", nil), ("my_vllm:num_requests_running 3", nil),
        ("vllm:num_requests_runnin 3", nil), ("VLLM:NUM_REQUESTS_RUNNING 3", nil),
        ("nv_trt_llm_request_metrics{request_type=\"max\"} 512", nil), ("nv_trt_llm_request_metrics 512", nil),
        ("", nil), ("\n\n\n", nil), ("{}", nil), ("\"vllm:num_requests_running\" 3", nil),
    ])
    func believesWhatTheFormatAllowsAndNothingElse(line: String, running: Int?) {
        #expect(load(line)?.running == running)
        // What cannot be read takes nothing else with it.
        #expect(load("tgi_queue_size 1\n" + line + "\nllamacpp:requests_deferred 2\n") != nil)
        #expect(load(line + "\nvllm:num_requests_waiting 2\n")?.waiting == 2)
    }

    @Test(arguments: [
        ("0", 0), ("0.5", 0.5), ("1", 1), ("1.0001", 1), ("1.9", 1), ("85", nil), ("-0.1", nil), ("NaN", nil),
        ("1e300", nil), ("2", nil),
    ])
    func theCachesFillIsAPartOfAWhole(number: String, fill: Double?) {
        #expect(load("vllm:kv_cache_usage_perc \(number)")?.cacheFill == fill)
    }

    @Test func namesThatAreGoneTellNothing() {
        #expect(load("vllm:gpu_cache_usage_perc{model_name=\"m\"} 0.5\nvllm:gpu_prefix_cache_hits_total 5\n") == nil)
    }

    @Test func webPagesAndJSONTellNothing() {
        #expect(load("<!DOCTYPE html>\n<html><body>\nvllm: num_requests_running 3\n</body></html>") == nil)
        #expect(load(#"{"error":{"message":"vllm:num_requests_running 3","code":404}}"#) == nil)
        #expect(ServerLoad(metrics: [UInt8](repeating: 0xFF, count: 1_000)) == nil)
    }

    @Test func greatCountsOfManyLinesAddUpToNoOverflow() {
        let lines = (0..<5_000).map { "vllm:num_requests_running{engine=\"\($0)\"} 1000000000000\n" }
        #expect(load(lines.joined())?.running == 5_000_000_000_000_000)
    }
}

/// Pages as servers write them, shortened.
enum MetricsPages {
    /// vLLM 0.33 with two engines.
    static let vllm = #"""
        # HELP python_gc_objects_collected_total Objects collected during gc
        # TYPE python_gc_objects_collected_total counter
        python_gc_objects_collected_total{generation="0"} 12345.0
        # HELP process_start_time_seconds Start time of the process since unix epoch in seconds.
        # TYPE process_start_time_seconds gauge
        process_start_time_seconds 1.79e+09
        # HELP vllm:num_requests_running Number of requests in model execution batches.
        # TYPE vllm:num_requests_running gauge
        vllm:num_requests_running{engine="0",model_name="Qwen/Qwen3-8B"} 20.0
        vllm:num_requests_running{engine="1",model_name="Qwen/Qwen3-8B"} 17.0
        # HELP vllm:num_requests_waiting Number of requests waiting to be processed.
        # TYPE vllm:num_requests_waiting gauge
        vllm:num_requests_waiting{engine="0",model_name="Qwen/Qwen3-8B"} 4.0
        vllm:num_requests_waiting{engine="1",model_name="Qwen/Qwen3-8B"} 0.0
        # HELP vllm:num_requests_waiting_by_reason Number of requests waiting by reason.
        # TYPE vllm:num_requests_waiting_by_reason gauge
        vllm:num_requests_waiting_by_reason{engine="0",model_name="Qwen/Qwen3-8B",reason="capacity"} 4.0
        # HELP vllm:engine_sleep_state Engine sleep state; awake = 0 means engine is sleeping; awake = 1 means not.
        # TYPE vllm:engine_sleep_state gauge
        vllm:engine_sleep_state{engine="0",model_name="Qwen/Qwen3-8B",sleep_state="awake"} 1.0
        # HELP vllm:kv_cache_usage_perc KV-cache usage. 1 means 100 percent usage.
        # TYPE vllm:kv_cache_usage_perc gauge
        vllm:kv_cache_usage_perc{engine="0",model_name="Qwen/Qwen3-8B"} 0.8125
        vllm:kv_cache_usage_perc{engine="1",model_name="Qwen/Qwen3-8B"} 0.75
        # HELP vllm:prefix_cache_queries_total Prefix cache queries, in terms of number of queried tokens.
        # TYPE vllm:prefix_cache_queries_total counter
        vllm:prefix_cache_queries_total{engine="0",model_name="Qwen/Qwen3-8B"} 1.2345678e+07
        # HELP vllm:prefix_cache_queries_created Prefix cache queries, in terms of number of queried tokens.
        # TYPE vllm:prefix_cache_queries_created gauge
        vllm:prefix_cache_queries_created{engine="0",model_name="Qwen/Qwen3-8B"} 1.7953423456e+09
        # HELP vllm:num_preemptions_total Cumulative number of preemption from the engine.
        # TYPE vllm:num_preemptions_total counter
        vllm:num_preemptions_total{engine="0",model_name="Qwen/Qwen3-8B"} 3.0
        vllm:num_preemptions_total{engine="1",model_name="Qwen/Qwen3-8B"} 0.0
        # HELP vllm:num_preemptions_created Cumulative number of preemption from the engine.
        # TYPE vllm:num_preemptions_created gauge
        vllm:num_preemptions_created{engine="0",model_name="Qwen/Qwen3-8B"} 1.7953423456e+09
        # HELP vllm:cache_config_info Information of the LLMEngine CacheConfig
        # TYPE vllm:cache_config_info gauge
        vllm:cache_config_info{block_size="16",cache_dtype="auto",engine="0",num_gpu_blocks="27000"} 1.0
        # HELP vllm:time_to_first_token_seconds Histogram of time to first token in seconds.
        # TYPE vllm:time_to_first_token_seconds histogram
        vllm:time_to_first_token_seconds_bucket{engine="0",le="0.001",model_name="Qwen/Qwen3-8B"} 0.0
        vllm:time_to_first_token_seconds_bucket{engine="0",le="+Inf",model_name="Qwen/Qwen3-8B"} 812.0
        vllm:time_to_first_token_seconds_count{engine="0",model_name="Qwen/Qwen3-8B"} 812.0
        vllm:time_to_first_token_seconds_sum{engine="0",model_name="Qwen/Qwen3-8B"} 91.5

        """#

    static let sglang = #"""
        # HELP sglang:prompt_tokens_total Number of prefill tokens processed.
        # TYPE sglang:prompt_tokens_total counter
        sglang:prompt_tokens_total{model_name="meta-llama/Llama-3.1-8B-Instruct"} 8.128902e+06
        # HELP sglang:num_running_reqs The number of running requests.
        # TYPE sglang:num_running_reqs gauge
        sglang:num_running_reqs{engine_type="unified",model_name="m",pp_rank="0",tp_rank="0"} 5.0
        # HELP sglang:num_used_tokens The number of used tokens.
        # TYPE sglang:num_used_tokens gauge
        sglang:num_used_tokens{engine_type="unified",model_name="m",pp_rank="0",tp_rank="0"} 123859.0
        # HELP sglang:token_usage The token usage.
        # TYPE sglang:token_usage gauge
        sglang:token_usage{engine_type="unified",model_name="m",pp_rank="0",tp_rank="0"} 0.28
        # HELP sglang:gen_throughput The generation throughput (token/s).
        # TYPE sglang:gen_throughput gauge
        sglang:gen_throughput{engine_type="unified",model_name="m",pp_rank="0",tp_rank="0"} 86.50814177726902
        # HELP sglang:num_queue_reqs The number of requests in the waiting queue.
        # TYPE sglang:num_queue_reqs gauge
        sglang:num_queue_reqs{engine_type="unified",model_name="m",pp_rank="0",tp_rank="0"} 2.0
        # HELP sglang:num_retracted_reqs The number of retracted requests.
        # TYPE sglang:num_retracted_reqs gauge
        sglang:num_retracted_reqs{engine_type="unified",model_name="m",pp_rank="0",tp_rank="0"} 0.0
        # HELP sglang:cache_hit_rate The prefix cache hit rate.
        # TYPE sglang:cache_hit_rate gauge
        sglang:cache_hit_rate{engine_type="unified",model_name="m",pp_rank="0",tp_rank="0"} 0.0075

        """#

    static let llamacpp = """
        # HELP llamacpp:prompt_tokens_total Number of prompt tokens processed.
        # TYPE llamacpp:prompt_tokens_total counter
        llamacpp:prompt_tokens_total 5000
        # HELP llamacpp:tokens_predicted_total Number of generation tokens processed.
        # TYPE llamacpp:tokens_predicted_total counter
        llamacpp:tokens_predicted_total 17029
        # HELP llamacpp:n_busy_slots_per_decode Average number of busy slots per llama_decode() call
        # TYPE llamacpp:n_busy_slots_per_decode counter
        llamacpp:n_busy_slots_per_decode 3.87
        # HELP llamacpp:predicted_tokens_seconds Average generation throughput in tokens/s.
        # TYPE llamacpp:predicted_tokens_seconds gauge
        llamacpp:predicted_tokens_seconds nan
        # HELP llamacpp:requests_processing Number of requests processing.
        # TYPE llamacpp:requests_processing gauge
        llamacpp:requests_processing 4
        # HELP llamacpp:requests_deferred Number of requests deferred.
        # TYPE llamacpp:requests_deferred gauge
        llamacpp:requests_deferred 46

        """

    static let trtllm = #"""
        # HELP trtllm_kv_cache_utilization KV cache utilization
        # TYPE trtllm_kv_cache_utilization gauge
        trtllm_kv_cache_utilization{engine_type="trtllm",model_name="llama-8b"} 0.62
        # TYPE trtllm_num_requests_running gauge
        trtllm_num_requests_running{engine_type="trtllm",model_name="llama-8b"} 6.0
        # TYPE trtllm_num_requests_waiting gauge
        trtllm_num_requests_waiting{engine_type="trtllm",model_name="llama-8b"} 1.0

        """#

    static let triton = #"""
        # HELP nv_trt_llm_request_metrics TRT LLM request metrics
        # TYPE nv_trt_llm_request_metrics gauge
        nv_trt_llm_request_metrics{model="tensorrt_llm",request_type="waiting",version="1"} 3
        nv_trt_llm_request_metrics{model="tensorrt_llm",request_type="context",version="1"} 1
        nv_trt_llm_request_metrics{model="tensorrt_llm",request_type="scheduled",version="1"} 4
        nv_trt_llm_request_metrics{model="tensorrt_llm",request_type="max",version="1"} 512
        nv_trt_llm_request_metrics{model="tensorrt_llm",request_type="active",version="1"} 7
        # HELP nv_trt_llm_kv_cache_block_metrics TRT LLM KV cache block metrics
        # TYPE nv_trt_llm_kv_cache_block_metrics gauge
        nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="fraction",model="tensorrt_llm",version="1"} 0.25
        nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="tokens_per",model="tensorrt_llm",version="1"} 64
        nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="max",model="tensorrt_llm",version="1"} 6239

        """#

    static let tgi = """
        # TYPE tgi_request_count counter
        tgi_request_count 253
        # TYPE tgi_queue_size gauge
        tgi_queue_size 7
        # TYPE tgi_batch_current_size gauge
        tgi_batch_current_size 8
        # TYPE tgi_batch_current_max_tokens gauge
        tgi_batch_current_max_tokens 2048

        """
}
