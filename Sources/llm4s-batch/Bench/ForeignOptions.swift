/// Options of other load tests, most of them of vLLM's `bench serve`, with those of `bench` in their place.
///
/// They are explained, not accepted: their units and defaults differ from ours.
enum ForeignOptions {
    private static let own: [String: String] = [
        // vLLM's bench serve, SGLang's bench_serving.
        "request-rate": "--rate", "max-concurrency": "--concurrency", "num-prompts": "--requests",
        "num-prompt": "--requests", "random-input-len": "--input-tokens", "random-output-len": "--output-tokens",
        "random-input": "--input-tokens", "random-output": "--output-tokens", "input-len": "--input-tokens",
        "output-len": "--output-tokens", "sharegpt-output-len": "--output-tokens",
        "custom-output-len": "--output-tokens", "num-warmups": "--warmup", "warmup-requests": "--warmup",
        "dataset-path": "--jobs", "dataset": "--jobs", "result-filename": "--json", "output-file": "--json",
        "endpoint": "--base-url", "served-model-name": "--model", "backend": "--provider",
        // Others: aiperf, guidellm, llmperf.
        "request-count": "--requests", "max-requests": "--requests", "max-num-completed-requests": "--requests",
        "synthetic-input-tokens-mean": "--input-tokens", "output-tokens-mean": "--output-tokens",
        "mean-input-tokens": "--input-tokens", "mean-output-tokens": "--output-tokens",
        "num-concurrent-requests": "--concurrency", "warmup-request-count": "--warmup", "max-seconds": "--duration",
        "benchmark-duration": "--duration", "target": "--base-url", "url": "--base-url", "random-seed": "--seed",
    ]

    private static let words: [String: String] = [
        "goodput": "give '--slo', with units: --slo ttft=500ms,tpot=50ms",
        "burstiness": "--rate has equal steps, with '--poisson' random times (vLLM's 1)",
        "host": "give '--base-url', such as http://127.0.0.1:8000/v1",
        "port": "give '--base-url', such as http://127.0.0.1:8000/v1",
        "dataset-name": "prompts are random words, or the lines of '--jobs'",
        "random-range-ratio": "all prompts have the length of '--input-tokens'; '--jobs' may have any",
        "random-prefix-len": "prompts have nothing in common; '--jobs' may have",
        "tokenizer": "leave it out: tokens are those that the server reports",
        "save-result": "give '--json' a file", "save-detailed": "leave it out: '--json' has it all",
        "result-dir": "give '--json' a file", "append-result": "give '--json' a new file",
        "percentile-metrics": "leave it out: all are told", "metric-percentiles": "leave it out: p50 to p99 are told",
        "ignore-eos": "leave it out: vLLM and SGLang are told so for random prompts",
        "disable-tqdm": "leave it out: there is no bar",
        "endpoint-type": "give '--provider', or '--model' with its prefix",
        "ramp-up-strategy": "give '--rate' a list: 1,2,4", "ramp-up-start-rps": "give '--rate' a list: 1,2,4",
        "ramp-up-end-rps": "give '--rate' a list: 1,2,4", "rate-type": "give '--rate' a list, or '--concurrency'",
        "extra-body": "give '--jobs' lines with extra_body", "header": "give headers in the configuration file",
        "api-key": "set the provider's variable, such as VLLM_API_KEY",
        "self": "this program itself is measured from its source: swift run -c release Benchmarks self",
    ]

    /// Advice about arguments that are such options; nil where none is.
    static func advice(_ arguments: some Sequence<String>) -> String? {
        var lines: [String] = []
        var told: Set<String> = []
        for argument in arguments.prefix(while: { $0 != "--" }) where argument.hasPrefix("--") {
            let name = String(argument.dropFirst(2).prefix { $0 != "=" }).replacing("_", with: "-")
            guard told.insert(name).inserted else { continue }
            if let own = own[name] {
                lines.append("--\(name): here '\(own)'")
            } else if let words = words[name] {
                lines.append("--\(name): \(words)")
            }
        }
        guard !lines.isEmpty else { return nil }
        return "options that bench does not have:\n" + lines.map { "  " + $0 }.joined(separator: "\n")
    }
}
