import BatchEngine
import Foundation
import LLM4S
import LLM4SBatch
import LLMStreaming
import LoadTesting

/// The way from the options to a load test: resolves providers and collects requests.
struct EndpointPlan {
    private let options: EndpointOptions
    private let duration: Duration
    private let environment: [String: String]
    /// The server of the provider `mock`.
    private var mock: MockChild?

    init(_ options: EndpointOptions, duration: Duration, environment: [String: String]) {
        self.options = options
        self.duration = duration
        self.environment = environment
    }

    /// Runs the test.
    mutating func run() async throws -> TestReport {
        let bench = try await bench()
        let report = await bench.run()
        await mock?.stop()
        return report
    }

    private mutating func bench() async throws -> EndpointBench {
        let file = try ConfigFile.load(path: options.providers.config, environment: environment)
        let defaults = try defaults(file.catalog)
        let origin = try origin(defaults)
        let names: [String] =
            switch origin {
            case .random(let provider, _, _, _, _): [provider]
            case .jobs(let requests): Set(requests.map(\.provider)).sorted()
            }
        let streams = options.levels.compactMap(\.concurrency).max() ?? 0
        try OpenFileLimit.raise(streams: streams, isServer: false)
        let endpoints = try await endpoints(names, file.catalog)
        let supply = RequestSupply(origin: origin, endpoints: endpoints)
        var configuration = TransportConfiguration(environment: environment, caFile: options.caFile)
        configuration.trustsCAFileOnly = options.caOnly
        configuration.httpVersions = options.http
        try configuration.check(endpoints.values.map(\.origin))
        return EndpointBench(
            supply: supply, test: description(supply, names), levels: options.levels,
            limit: options.requests.map(LevelRun.Limit.requests) ?? .duration(duration),
            warmup: options.warmup ?? 0, serviceLevel: options.slo,
            configuration: configuration)
    }

    private func defaults(_ catalog: ProviderCatalog) throws -> InputDefaults {
        let model = options.model ?? environment["LLM_MODEL"].flatMap { $0.isEmpty ? nil : $0 }
        var provider = options.providers.provider
        // A server without a provider is one that speaks OpenAI's dialect and needs no key.
        let prefix = model?.split(separator: "/").first.map(String.init) ?? ""
        if provider == nil, options.baseURL != nil, !catalog.isProvider(prefix, whereOneIsChosen: true) {
            provider = "vllm"
        }
        return try InputDefaults(
            catalog: catalog, model: model, provider: provider, openAIBaseURL: environment["OPENAI_BASE_URL"],
            resume: .restart)
    }

    private func origin(_ defaults: InputDefaults) throws -> RequestSupply.Origin {
        if let jobs = options.jobs { return .jobs(try requests(of: jobs, defaults)) }
        guard let model = defaults.model else {
            throw Exit(.input, "bench: which model shall be asked? give --model, LLM_MODEL or --jobs")
        }
        return .random(
            provider: model.provider, model: model.model, inputTokens: options.inputTokens ?? 256,
            outputTokens: options.outputTokens ?? 128, seed: options.seed ?? 1)
    }

    /// The jobs of a file, at most as many as are sent.
    private func requests(of path: String, _ defaults: InputDefaults) throws -> [RequestSupply.StoredRequest] {
        var reading = InputReading(parser: JobLineParser(defaults: defaults))
        var batch = BatchOptions()
        (batch.template, batch.rows) = (options.template, options.rows)
        reading.rows = try batch.rowInput()
        var feed = JobFeed([InputSource(argument: path)], reading, checked: nil)
        var requests: [RequestSupply.StoredRequest] = []
        // Enough for no two levels to send the same.
        let most = options.requests.map { ($0 + (options.warmup ?? 0)) * options.levels.count } ?? .max
        while requests.count < most {
            let batch: InputBatch?
            do { batch = try feed.next(maximum: 1_000) } catch { throw Exit(.input, error.description) }
            guard let batch else { break }
            for job in batch.jobs {
                requests.append(
                    RequestSupply.StoredRequest(
                        provider: job.provider, model: job.model, content: try JobRequest(stored: job.request).content))
            }
        }
        guard !requests.isEmpty else { throw Exit(.input, "\(path) holds no job") }
        return requests
    }

    private mutating func endpoints(_ names: [String], _ catalog: ProviderCatalog) async throws -> [String: Endpoint] {
        if options.baseURL != nil, names.count > 1 {
            throw Exit(.input, "--base-url needs jobs of one provider: these name \(names.joined(separator: ", "))")
        }
        let proxies = ProxySettings(environment: environment)
        var endpoints: [String: Endpoint] = [:]
        for name in names {
            guard let provider = catalog[name] else { throw Exit(.input, "provider '\(name)' is not known") }
            var url = options.baseURL
            if url == nil, name == "mock", provider.baseURL.isEmpty,
                provider.baseURLVariables.allSatisfy({ environment[$0] ?? "" == "" })
            {
                let server = try MockChild()
                url = await server.baseURL()
                mock = server
            }
            let endpoint = try Endpoint(provider: provider, baseURL: url, environment: environment)
            try proxies.check(endpoint.origin)
            endpoints[name] = endpoint
        }
        return endpoints
    }

    private func description(_ supply: RequestSupply, _ names: [String]) -> TestDescription {
        let endpoint = names.first.flatMap { supply.endpoints[$0] }
        let model: String =
            switch supply.origin {
            case .random(_, let model, _, _, _): model
            case .jobs(let requests): Set(requests.map(\.model)).sorted().joined(separator: ", ")
            }
        return TestDescription(
            date: Date.now.ISO8601Format(), endpoint: endpoint.map { $0.origin.description + $0.basePath } ?? "",
            endpointType: endpoint?.provider.dialect.rawValue ?? "", model: model, requests: supply.text,
            seed: options.seed ?? 1)
    }
}
