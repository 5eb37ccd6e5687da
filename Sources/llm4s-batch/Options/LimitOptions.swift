import ArgumentParser
import BatchEngine
import LLM4SBatch
import LLMStreaming

/// What a run may use up: rates, an outage's patience, money and tokens.
struct LimitOptions: ParsableArguments {
    @OptionGroup var rates: RateOptions

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "This worker's part of all rates, of --rpm and --tpm as of learnt ones: 1/M where M workers spend them together, "
                + "or a decimal fraction; --concurrency is each worker's own, and not divided (default: of resume and retry "
                + "that of the run before, else 1).", valueName: "1/M"), transform: ShareArgument.share)
    var share: LimitArgument<WorkerShare>?

    @Option(
        help: ArgumentHelp(
            "How long a provider, or a model of it, may be out before it gets no more requests.",
            valueName: "DURATION"))
    var outageTimeout = DurationArgument(seconds: 900)

    @Option(
        name: .customLong("max-cost"),
        help: ArgumentHelp(
            "What the jobs in scope may cost in US dollars, earlier runs included, or none; needs a price for every model; "
                + "with --shard what those of all shards may (default: of resume and retry that of the run before, else "
                + "no limit).", valueName: "USD"))
    var maximumCost: LimitArgument<Double>?

    @Option(
        name: .customLong("max-tokens-total"),
        help: ArgumentHelp(
            "The tokens that the jobs in scope may use up, input and output, earlier runs included, or none; with --shard "
                + "those of all shards (default: as of --max-cost).", valueName: "N"))
    var maximumTokens: LimitArgument<Int>?

    /// `--max-cost`, where it bounds anything.
    var maxCost: Double? { maximumCost?.value }
    /// `--max-tokens-total`, where it bounds anything.
    var maxTokensTotal: Int? { maximumTokens?.value }

    mutating func validate() throws {
        try FlagBounds.check("max-tokens-total", maxTokensTotal, FlagBounds.counts)
        if let maxCost, !(maxCost > 0) { throw ValidationError("--max-cost must be more than 0, not \(maxCost)") }
        if let maxCost, maxCost > NumberGate.dollars.upperBound {
            throw ValidationError("--max-cost must be an amount of money, not \(maxCost)")
        }
        if outageTimeout.duration <= .zero { throw ValidationError("--outage-timeout must be longer than zero") }
    }

    /// Enters them into the options of a run.
    func add(to batch: inout BatchOptions) {
        rates.add(to: &batch)
        batch.share = (share?.value ?? .whole).part
        batch.outageTimeout = outageTimeout.duration
        batch.maximumCost = maxCost
        batch.maximumTokens = maxTokensTotal
    }

    /// The names of those that the user took away.
    var removed: [String] {
        var names: [String] = []
        if rates.rpm == .removed { names.append("rpm") }
        if rates.tpm == .removed { names.append("tpm") }
        if share == .removed { names.append("share") }
        if rates.prices == "none" { names.append("prices") }
        if maximumCost == .removed { names.append("max-cost") }
        if maximumTokens == .removed { names.append("max-tokens-total") }
        return names
    }
}

/// How much providers are asked at once and by the minute, and at what price.
struct RateOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Streams open at once; reached in steps from 32 on. auto: as many as each server turns out to answer well, from "
                + "8 on (default: of resume and retry what ctl --keep has set, else 64).", valueName: "N"))
    var concurrency: StreamsSetting?

    @Option(
        help: ArgumentHelp(
            "Streams open at once at most with --concurrency auto, also where ctl asks for it later (default: 1024).",
            valueName: "N"))
    var concurrencyMax: Int?

    @Option(
        help: ArgumentHelp(
            "Streams open at once to a provider, or to a model (provider/model=N); may be repeated (default: as many "
                + "as --concurrency allows).", valueName: "NAME=N"))
    var concurrencyPerProvider: [NamedCount] = []

    @Option(
        help: ArgumentHelp(
            "Requests a minute to each provider, or none (default: of resume and retry that of the run before, else the "
                + "config file's, else what its headers allow).", valueName: "N"))
    var rpm: LimitArgument<Int>?

    @Option(
        help: ArgumentHelp(
            "Tokens a minute of each provider, input and output together, or none (default: as of --rpm).",
            valueName: "N"))
    var tpm: LimitArgument<Int>?

    @Option(
        help: ArgumentHelp(
            "Prices in the form of LiteLLM's model_prices_and_context_window.json, or none (default: of resume and retry "
                + "those of the run before, else the config file's, else none).", valueName: "FILE"),
        completion: .file(extensions: ["json"]))
    var prices: String?

    /// The most streams that may be open at once.
    var streams: Int {
        var batch = BatchOptions()
        addWidth(to: &batch)
        return batch.mostStreams
    }

    mutating func validate() throws {
        try FlagBounds.check("concurrency", concurrency?.count, FlagBounds.streams)
        try FlagBounds.check("concurrency-max", concurrencyMax, FlagBounds.streams)
        try FlagBounds.check("rpm", rpm?.value, FlagBounds.counts)
        try FlagBounds.check("tpm", tpm?.value, FlagBounds.counts)
        var counts: [String: Int] = [:]
        for bound in concurrencyPerProvider {
            guard bound.count >= 1 else {
                throw ValidationError(
                    "--concurrency-per-provider \(bound.text): must be at least 1, not \(bound.count)")
            }
            guard bound.count <= streams else {
                let option = concurrency == .auto ? "--concurrency-max" : "--concurrency"
                throw ValidationError(
                    "--concurrency-per-provider \(bound.text) is more than \(option) \(streams) allows in all")
            }
            if let other = counts.updateValue(bound.count, forKey: bound.name), other != bound.count {
                throw ValidationError(
                    "--concurrency-per-provider \(bound.name)=\(other) and \(bound.text) contradict each other")
            }
        }
    }

    /// Enters them into the options of a run.
    func add(to batch: inout BatchOptions) {
        addWidth(to: &batch)
        batch.concurrencyPerProvider = Dictionary(
            concurrencyPerProvider.map { ($0.name, $0.count) }, uniquingKeysWith: { _, last in last })
        batch.requestsPerMinute = rpm?.value
        batch.tokensPerMinute = tpm?.value
        batch.prices = prices == "none" ? nil : prices
    }

    private func addWidth(to batch: inout BatchOptions) {
        if let count = concurrency?.count { batch.concurrency = count }
        batch.isConcurrencyAuto = concurrency == .auto
        if let concurrencyMax { batch.concurrencyMaximum = concurrencyMax }
    }

    /// The catalog without the rates that the user took away.
    func limiting(_ catalog: ProviderCatalog) -> ProviderCatalog {
        var catalog = catalog
        for name in catalog.names {
            // What is entered is no preset any more: only what has a rate is.
            if rpm == .removed, catalog[name]?.requestsPerMinute != nil { catalog[name]?.requestsPerMinute = nil }
            if tpm == .removed, catalog[name]?.tokensPerMinute != nil { catalog[name]?.tokensPerMinute = nil }
        }
        return catalog
    }

    /// The price table: the flag's, else the configuration file's, else none.
    ///
    /// - Parameter path: what the configuration file names.
    func priceTable(_ path: String?) throws(ConfigurationError) -> PriceTable {
        guard let path = prices ?? path, path != "none" else { return PriceTable() }
        return try PriceTable(file: path)
    }
}
