import BatchEngine
import LLM4SBatch
import LLMStreaming

/// What `validate --estimate` and `--dry-run` tell of an input: requests, tokens, cost and time, each as a range.
struct EstimateReport {
    private let work: [ModelName: WorkEstimate]
    private let prices: PriceTable
    /// By provider.
    private let limits: [String: ProviderLimits]
    private let concurrency: Int
    /// What jobs ask for that name no tier.
    private let serviceTier: String?

    /// The report of jobs.
    ///
    /// - Parameters:
    ///   - work: what the jobs of each model are expected to use up.
    ///   - options: bound how fast they go, and name the tier of those that name none.
    ///   - prices: what models cost.
    ///   - catalog: the providers.
    init(
        _ work: [ModelName: WorkEstimate], options: BatchOptions, prices: PriceTable, catalog: ProviderCatalog
    ) {
        serviceTier = options.serviceTier
        self.work = work
        self.prices = prices
        limits = options.limits(of: Set(work.keys.map(\.provider)).compactMap { catalog[$0] })
            .mapValues { $0.share(options.workerShare) }
        concurrency = options.mostStreams
    }

    /// The most models that have lines of their own.
    private static let maximumModels = 20

    var text: String {
        let models = work.sorted { ($0.key.provider, $0.key.model) < ($1.key.provider, $1.key.model) }
        guard !work.isEmpty else { return "nothing is left to send" }
        var lines = ["estimate from the texts' lengths; nothing was sent"]
        for (name, work) in models.prefix(Self.maximumModels) {
            lines.append("  \(TerminalText.line("\(name.provider)/\(name.model)", limit: 76))")
            lines += self.lines(work, cost: cost(name, work)).map { "    " + $0 }
        }
        if models.count > Self.maximumModels {
            lines.append("  … and \(models.count - Self.maximumModels) more models")
        }
        if models.count > 1 {
            lines.append("  all")
            lines += self.lines(total(models.map(\.value)), cost: totalCost(models)).map { "    " + $0 }
        }
        return (lines + times).joined(separator: "\n")
    }

    private func lines(_ work: WorkEstimate, cost: String) -> [String] {
        let output = "at most \(Self.count(work.mostOutput)) tokens"
        var lines = [
            "requests  \(work.requests.grouped)",
            "input     \(Self.count(work.inputTokens.lowerBound)) to \(Self.count(work.inputTokens.upperBound)) tokens",
            "output    \(output)",
        ]
        if work.unbounded > 0 {
            let bound = WorkEstimate.assumedOutput.grouped
            lines.append("          \(work.unbounded.grouped) set no max_tokens: \(bound) assumed for each")
        }
        return lines + ["cost      \(cost)"]
    }

    // MARK: - Cost

    private func cost(_ name: ModelName, _ work: WorkEstimate) -> String {
        if let price = prices.price(of: name) {
            return work.cost(at: price, serviceTier: serviceTier).map(Self.dollars)
                ?? "not known: no price for its service tier"
        }
        return prices.isEmpty
            ? "not known: --prices FILE says what tokens cost"
            : "not known: no price for it" + TerminalText.line(prices.suggestion(for: name), limit: 100)
    }

    private func totalCost(_ models: [(key: ModelName, value: WorkEstimate)]) -> String {
        var sum = 0.0...0.0
        var unknown = 0
        for (name, work) in models {
            guard let cost = prices.price(of: name).flatMap({ work.cost(at: $0, serviceTier: serviceTier) }) else {
                unknown += 1
                continue
            }
            sum = sum.lowerBound + cost.lowerBound...sum.upperBound + cost.upperBound
        }
        guard unknown < models.count else { return "not known" }
        return Self.dollars(sum) + (unknown > 0 ? ", without \(unknown.counted("model")) of no price" : "")
    }

    private static func dollars(_ range: ClosedRange<Double>) -> String {
        if range.upperBound == 0 { return FigureText.cost(0) }
        let least = range.lowerBound == 0 ? "nothing" : FigureText.dollars(range.lowerBound)
        return "\(least) (empty answers) to \(FigureText.dollars(range.upperBound))"
    }

    private func total(_ parts: [WorkEstimate]) -> WorkEstimate {
        parts.reduce(into: WorkEstimate()) { $0.add($1) }
    }

    private static func count(_ value: Double) -> String {
        Int(value.rounded().clamped(to: 0...1e15)).grouped
    }

    // MARK: - Time

    private var times: [String] {
        let providers = Dictionary(grouping: work, by: \.key.provider).sorted { $0.key < $1.key }
        return ["  time"]
            + providers.map { name, models in
                let time = TimeEstimate(
                    total(models.map(\.value)), limits: limits[name] ?? ProviderLimits(), concurrency: concurrency)
                let (least, most) = (FigureText.duration(time.least), FigureText.duration(time.most))
                let range = time.least < 1 ? "up to \(most)" : least == most ? most : "\(least) to \(most)"
                return "    \(TerminalText.line(name, limit: 20).padded(to: 10))\(range), by \(Self.words(time.bound))"
            }
    }

    private static func words(_ bound: TimeEstimate.Bound) -> String {
        switch bound {
        case .requestsPerMinute(let count): "\(count.grouped) requests a minute"
        case .tokensPerMinute(let count): "\(count.grouped) tokens a minute"
        case .streams(let count):
            "\(count.counted("stream")) at \(Int(TimeEstimate.tokensPerSecond)) tokens/s"
        }
    }
}

/// What `--dry-run` tells: what a run would find, where it would send requests, and what those left would use up.
struct DryRunReport {
    /// What is there and what a run would have to do, in lines.
    var findings: [String]
    var providers: ProviderTable
    var isMockEmbedded: Bool
    var databasePath: String
    var estimate: EstimateReport

    var text: String {
        var lines = findings + ["database  \(databasePath)"]
        for (name, pool) in providers.pools.sorted(by: { $0.key < $1.key }) {
            let isEmbedded = isMockEmbedded && name == "mock"
            lines += pool.members.map { member in
                "\(name.padded(to: 9)) \(isEmbedded ? "the mock in this process" : Self.text(of: member))"
            }
        }
        lines += providers.warnings.map { "warning: \($0)" }
        return (lines + [estimate.text, "nothing was sent (--dry-run)"]).joined(separator: "\n")
    }
    private static func text(of member: EndpointPool.Member) -> String {
        let key = member.endpoint.authorizationFields.isEmpty ? "no key" : "with a key"
        return "\(member.name), \(key)" + (member.weight == 1 ? "" : ", weight \(JSON.double(member.weight).text)")
    }
}
