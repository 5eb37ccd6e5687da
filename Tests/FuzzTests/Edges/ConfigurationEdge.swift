import ArgumentParser
import BatchEngine
import LLM4SBatch
import LLMStreaming

@testable import LLM4S
@testable import llm4s_batch

/// A configuration file, or, where it is none, the words of a command line, one a line.
enum ConfigurationEdge {
    static func take(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        if let json = try? JSONParser.parse(bytes) {
            if let file = try? ConfigFile(json) { use(file) }
            return
        }
        let words = text.split(separator: "\n", maxSplits: 40).map(String.init)
        for word in words { useAsAddress(word) }
        guard let command = try? Program.parseAsRoot(words) else { return }
        switch command {
        case let run as RunCommand: use(run.options)
        case let resume as ResumeCommand: use(resume.options)
        case let retry as RetryCommand: use(retry.options)
        case let bench as BenchCommand: _ = bench.endpoint.levels
        default: break
        }
    }

    /// What a variable of the environment may hold: the address of a server, of a proxy, or what needs none.
    private static func useAsAddress(_ word: String) {
        let proxies = ProxySettings(environment: ["https_proxy": word, "NO_PROXY": word])
        guard let provider = ProviderCatalog()["openai"] else { return }
        usePool(of: provider, ["OPENAI_BASE_URL": word, "OPENAI_API_KEY": "x"])
        guard let endpoint = try? Endpoint(provider: provider, baseURL: word, environment: ["OPENAI_API_KEY": "x"])
        else { return }
        try? proxies.check(endpoint.origin)
    }

    /// Names that are distinct, and weights that can be summed and divided by.
    private static func usePool(of provider: Provider, _ environment: [String: String]) {
        guard let pool = try? EndpointPool(provider: provider, environment: environment) else { return }
        precondition(Set(pool.members.map(\.name)).count == pool.members.count)
        let total = pool.members.reduce(0) { $0 + $1.weight }
        for member in pool.members { _ = Int(1_000_000 * member.weight / total) }
    }

    private static func use(_ file: ConfigFile) {
        for provider in file.catalog.names.compactMap({ file.catalog[$0] }) {
            _ = try? Endpoint(provider: provider, baseURL: nil, environment: [:])
            usePool(of: provider, Dictionary(provider.keyVariables.map { ($0, $0) }, uniquingKeysWith: { $1 }))
            let limits = ProviderLimits(
                concurrency: provider.concurrency, requestsPerMinute: provider.requestsPerMinute,
                tokensPerMinute: provider.tokensPerMinute)
            _ = TimeEstimate(WorkEstimate(), limits: limits, concurrency: 64)
        }
    }

    private static func use(_ options: RunOptions) {
        let batch = options.batchOptions
        _ = JSON.object(options.stored(batch)).text
        guard let configuration = try? batch.runConfiguration([], PriceTable()) else { return }
        _ = configuration.ramp.allowance(after: .seconds(100), limit: configuration.concurrency)
        let error = LLMError(.server, "x")
        _ = configuration.retry.decide(error, countedBefore: 2, attempts: 20, isLonger: true, fraction: 1)
        _ = ContinuousClock.now + configuration.drainTimeout + configuration.outageTimeout
    }

    static let seeds: [String] =
        [
            #"{"providers":{"lab":{"dialect":"openai-chat","base_url":"http://10.0.0.7:8000/v1","api_key_env":"LAB_KEY","#
                + #""auth":"bearer","headers":{"X-Team":"eval"},"resume":"continue_final_message","concurrency":256,"#
                + #""rpm":6000,"tpm":2000000}},"options":{"concurrency":128,"max-attempts":8},"prices":"prices.json"}"#,
            #"{"providers":{"openai":{"rpm":60,"resume":"none"},"x":{"dialect":"anthropic-messages","auth":"x-api-key"}}}"#,
            #"{"providers":{"lab":{"base_url":["http://a/v1","http://b/v1"],"api_key_env":["A","B"],"#
                + #""weights":{"http://a/v1":2}}},"options":{"base-url":["http://a"],"concurrency":"auto"}}"#,
        ]
        + [
            ["run", "a.jsonl", "--concurrency=64", "--rpm=60", "--tpm=1000", "--max-cost=1.5", "--max-attempts=3"],
            ["run", "a.jsonl", "--max-jobs=10", "--max-line-bytes=100", "--max-event-bytes=100"],
            ["run", "a.jsonl", "--concurrency-per-provider=openai=3", "--max-tokens-total=100", "--idle-timeout=1.5m"],
            ["resume", "--db=a.db", "--drain-timeout=0", "--outage-timeout=15m", "--job-timeout=2h"],
            ["run", "a.jsonl", "--base-url=http://a/v1", "--base-url=http://b/v1", "--weight=http://a/v1=2.5"],
            ["run", "a.jsonl", "--concurrency=auto", "--concurrency-max=9", "--ttft-target=2s", "--order=input"],
            ["retry", "--db=a.db", "--connect-timeout=5ms", "--stall-timeout=1s", "--first-token-timeout=99s"],
            ["bench", "--model=m", "--rate=5", "--requests=10", "--warmup=1", "--concurrency=1,8", "--seed=1"],
            ["bench", "--model=m", "--input-tokens=10", "--output-tokens=10", "--duration=1s", "--slo=ttft=500ms"],
            ["mock", "--port=0", "--threads=1", "--seed=1", "--rpm=1", "--tpm=1", "--burst=1s", "--cut=1", "--play=a"],
            ["mock", "--slots=1", "--queue=0", "--cache-blocks=9", "--prefill-rate=5", "--decode-rate=5"],
            ["mock", "--http2-streams=9", "--send-buffer-bytes=9"],
            ["validate", "a.jsonl", "--estimate", "--concurrency=3", "--rpm=9"],
            [
                "http://[::1]:8080/v1", "https://user:word@proxy.example:3128", ".example.com:443,[::1]:80,*",
                "http://a:1", "http://a:1/v1,http://b/v1, https://[::1]:8080",
            ],
        ].map { $0.joined(separator: "\n") }
}
