package import LLMStreaming

extension LevelFigures {
    /// The level as JSON, with the names of vLLM's `bench serve`; as there, times of single requests are in seconds, all
    /// others in milliseconds.
    package func json(_ test: TestDescription) -> JSON {
        var object = JSONObject()
        object["date"] = .string(test.date)
        object["endpoint_type"] = .string(test.endpointType)
        object["backend"] = .string("llm4s-batch")
        object["label"] = .null
        object["model_id"] = .string(test.model)
        object["tokenizer_id"] = .null
        object["num_prompts"] = .int(records.count)
        object["request_rate"] = load.rate.map(JSON.double) ?? .string("inf")
        object["burstiness"] = load.rate == nil || load.spacing == .poisson ? .double(1) : .string("inf")
        object["max_concurrency"] = load.concurrency.map(JSON.int) ?? .null
        object["duration"] = .double(duration)
        object["completed"] = .int(completed)
        object["failed"] = .int(failed)
        object["total_input_tokens"] = .int(inputTokens)
        object["total_output_tokens"] = .int(outputTokens)
        object["request_throughput"] = .double(requestsPerSecond)
        object["request_goodput"] = goodput.map(JSON.double) ?? .null
        object["output_throughput"] = .double(outputTokensPerSecond)
        object["total_token_throughput"] = .double(totalTokensPerSecond)
        object["max_output_tokens_per_s"] = .double(Timeline(self, width: 1).tokens.max() ?? 0)
        object["max_concurrent_requests"] = .int(maximumConcurrency)
        for (name, distribution) in [
            ("ttft", timeToFirstToken), ("tpot", timePerOutputToken), ("itl", gaps), ("e2el", endToEnd),
            ("ttft_from_schedule", timeToFirstTokenFromSchedule), ("e2el_from_schedule", endToEndFromSchedule),
            ("dispatch_delay", dispatchDelay),
        ] { add(distribution, as: name, to: &object) }
        addDetails(to: &object)
        object["slo"] = slo
        object["good_share"] = goodShare.map(JSON.double) ?? .null
        object["steady_state"] = steadyState
        object["token_source"] = .string(tokenSources.map(\.rawValue).sorted().joined(separator: "+"))
        object["client"] = client
        object["seed"] = .int(Int(clamping: test.seed))
        return .object(object)
    }

    private func add(_ distribution: Distribution, as name: String, to object: inout JSONObject) {
        func milliseconds(_ seconds: Double?) -> JSON { seconds.map { .double($0 * 1000) } ?? .null }
        object["mean_\(name)_ms"] = milliseconds(distribution.mean)
        object["median_\(name)_ms"] = milliseconds(distribution.percentile(50))
        object["std_\(name)_ms"] = milliseconds(distribution.standardDeviation)
        for percent in [50, 90, 95, 99] {
            object["p\(percent)_\(name)_ms"] = milliseconds(distribution.percentile(percent))
        }
        object["max_\(name)_ms"] = milliseconds(distribution.maximum)
    }

    /// The lists with an element for each request.
    private func addDetails(to object: inout JSONObject) {
        object["input_lens"] = .array(records.map { $0.inputTokens.map(JSON.int) ?? .null })
        object["output_lens"] = .array(records.map { .int($0.outputTokens) })
        object["ttfbs"] = .array(records.map { $0.times.timeToFirstByte.map(JSON.double) ?? .null })
        object["ttfts"] = .array(records.map { .double($0.times.timeToFirstToken ?? 0) })
        object["itls"] = .array(records.map { .array($0.times.gaps.map(JSON.double)) })
        object["latencies"] = .array(records.map { .double($0.times.endToEnd) })
        object["start_times"] = .array(records.map { .double($0.times.sent) })
        object["queue_times"] = .array(records.map { .double($0.times.dispatchDelay) })
        object["errors"] = .array(records.map { .string($0.error ?? "") })
    }

    private var steadyState: JSON {
        guard let window else { return .null }
        return [
            "start": .double(window.start), "end": .double(window.end),
            "request_throughput": steadyRequestsPerSecond.map(JSON.double) ?? .null,
            "output_throughput": steadyOutputTokensPerSecond.map(JSON.double) ?? .null,
        ]
    }

    /// The bounds in milliseconds, as the distributions are.
    private var slo: JSON {
        guard let serviceLevel else { return .null }
        return .object(
            JSONObject(
                serviceLevel.given.map { measure, bound in
                    JSONObject.Member(key: "\(measure.rawValue)_ms", value: .double(bound * 1000))
                }))
    }

    private var client: JSON {
        [
            "cpu_s": .double(cost.cpuSeconds), "core_share": .double(cost.coreShare),
            "cpu_us_per_chunk": cost.cpuPerChunk.map { .double($0 * 1e6) } ?? .null,
            "peak_bytes": .int(cost.peakBytes), "bytes_per_stream": cost.bytesPerStream.map(JSON.double) ?? .null,
            "loop_lag_p95_ms": cost.loopLag.percentile(95).map { .double($0 * 1000) } ?? .null,
            "loop_lag_max_ms": cost.loopLag.maximum.map { .double($0 * 1000) } ?? .null,
            "limits": .array(clientLimits.map(JSON.string)),
        ]
    }
}
