import ArgumentParser
import BatchEngine
import LLMStreaming

/// What a run may use up: rates, an outage's patience, money and tokens.
struct LimitOptions: ParsableArguments {
    @OptionGroup var rates: RateOptions

    @Option(
        help: ArgumentHelp(
            "How long a provider, or a model of it, may be out before it gets no more requests.",
            valueName: "DURATION"))
    var outageTimeout = DurationArgument(seconds: 900)

    @Option(
        name: .customLong("max-cost"),
        help: ArgumentHelp(
            "What the jobs in scope may cost in US dollars, earlier runs included, or none; needs a price for every model "
                + "(default: of resume and retry that of the run before, else no limit).", valueName: "USD"))
    var maximumCost: LimitArgument<Double>?

    @Option(
        name: .customLong("max-tokens-total"),
        help: ArgumentHelp(
            "The tokens that the jobs in scope may use up, input and output, earlier runs included, or none (default: as "
                + "of --max-cost).", valueName: "N"))
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

    /// Whether `--max-cost` can be kept to: it needs a price for every model.
    func check(_ prices: PriceTable, knows lanes: [ModelName]) throws(ConfigurationError) {
        guard maxCost != nil else { return }
        if let fault = prices.fault(bounding: lanes, bound: "--max-cost", table: "--prices") { throw fault }
    }

    /// The members of the options in force.
    func add(to object: inout JSONObject) {
        rates.add(to: &object)
        object["outage-timeout"] = .string(outageTimeout.defaultValueDescription)
        object["max-cost"] = maximumCost.map { $0.value.map(JSON.double) ?? "none" }
        object["max-tokens-total"] = maximumTokens.map { $0.value.map(JSON.int) ?? "none" }
    }
}
