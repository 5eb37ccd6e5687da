package import LLMStreaming

/// What a model's tokens cost, in US dollars a token: an entry of the price table.
package struct ModelPrice: Sendable, Equatable {
    let rates: [PriceKey: Double]
    /// All thresholds of the rates, ascending.
    private let thresholds: [Int]
    /// `tiered_pricing`, the shortest requests first; where there are rows, they go before the rates.
    var ranges: [PricedRange] = []
    var offPeak: OffPeakPrice?
    /// What all costs are multiplied by, by the member's name.
    var multipliers: [String: Double] = [:]
    /// Of one search of the web.
    var search: Double?
    /// Whether a threshold is part of what lies above it (xAI).
    var includesThresholds = false

    /// A price of four rates; a cache costs as other input where it is left out.
    package init(input: Double, output: Double, cachedInput: Double? = nil, cacheWrite: Double? = nil) {
        var rates = [PriceKey(.input): input, PriceKey(.output): output]
        rates[PriceKey(.cachedInput)] = cachedInput
        rates[PriceKey(.cacheWrite)] = cacheWrite
        self.init(rates: rates)
    }

    init(rates: [PriceKey: Double]) {
        self.rates = rates
        thresholds = Set(rates.keys.lazy.map(\.threshold).filter { $0 > 0 }).sorted()
    }

    /// Whether it has a rate of input and of output for every request.
    var isComplete: Bool {
        let hasOutput = rates[PriceKey(.output)] != nil
        if rates[PriceKey(.input)] != nil, hasOutput { return true }
        return !ranges.isEmpty
            && ranges.allSatisfy { $0.rates[.input] != nil && ($0.rates[.output] != nil || hasOutput) }
    }

    /// Of a short request in the standard tier.
    package var input: Double { rates(for: 1, .standard).input }
    package var output: Double { rates(for: 1, .standard).output }
    package var cachedInput: Double { rates(for: 1, .standard).cachedInput }

    /// What so many tokens cost; nil where a report leaves a count out, or the table a rate.
    package func cost(of usage: TokenUsage, _ billing: Billing = Billing()) -> Double? {
        guard let tokens = BilledTokens(usage),
            let tier = PriceTier(
                served: billing.servedTier ?? usage.raw["service_tier"]?.string, asked: billing.askedTier),
            let cost = rates(for: tokens.prompt, tier, at: billing.unixMilliseconds).cost(of: tokens)
        else { return nil }
        let factor = multiplier(
            speed: usage.raw["speed"]?.string, geography: usage.raw["inference_geo"]?.string, billing.region)
        let searches = NumberGate.count(usage.raw["server_tool_use"]?["web_search_requests"]?.int) ?? 0
        if searches == 0 { return NumberGate.money(cost * factor) }
        return search.flatMap { NumberGate.money(cost * factor + Double(searches) * $0) }
    }

    /// What it saved that a part of the input was read from a cache: its tokens at the price of other input, less at their
    /// own; nil where a report leaves a count out.
    package func cacheSaving(of usage: TokenUsage, _ billing: Billing = Billing()) -> Double? {
        guard let tokens = BilledTokens(usage),
            let tier = PriceTier(
                served: billing.servedTier ?? usage.raw["service_tier"]?.string, asked: billing.askedTier)
        else { return nil }
        let rates = rates(for: tokens.prompt, tier, at: billing.unixMilliseconds)
        let factor = multiplier(
            speed: usage.raw["speed"]?.string, geography: usage.raw["inference_geo"]?.string, billing.region)
        return NumberGate.money(Double(tokens.cached) * max(0, rates.input - rates.cachedInput) * factor)
    }

    /// What a request's region and speed multiply all its tokens' cost by.
    func multiplier(speed: String?, geography: String?, _ region: BillingRegion?) -> Double {
        var factor = 1.0
        if speed == "fast" { factor *= multipliers["fast"] ?? 1 }
        if let geography, geography != "fast" { factor *= multipliers[geography.lowercased()] ?? 1 }
        switch region {
        case .dataResidency("fedramp"): factor *= multipliers["fedramp_uplift_multiplier"] ?? 1
        case .dataResidency(let name): factor *= multipliers["regional_processing_uplift_multiplier_\(name)"] ?? 1
        case .vertex: factor *= multipliers["regional_endpoint_uplift_multiplier"] ?? 1
        case nil: break
        }
        return factor
    }

    /// The rates of a request.
    ///
    /// - Parameters:
    ///   - prompt: all tokens of its input, cached ones included.
    ///   - tier: by which it is billed.
    ///   - unixMilliseconds: when; nil for no off-peak hour.
    package func rates(for prompt: Int, _ tier: PriceTier, at unixMilliseconds: Int64? = nil) -> TokenRates {
        if tier == .batch { return batchRates(for: prompt, at: unixMilliseconds) }
        let open = unixMilliseconds.flatMap { time in offPeak.flatMap { $0.holds(time) ? $0.rates : nil } } ?? [:]
        let row = PricedRange.row(for: prompt, in: ranges)
        func rate(_ kind: PriceKey.Kind) -> Double? {
            row == nil ? self.rate(kind, prompt, tier) : row?.rates[kind]
        }
        let input = open[.input] ?? rate(.input) ?? 0
        let ownOutput = rate(.output) ?? rates[PriceKey(.output)] ?? 0
        let output = open[.output] ?? ownOutput
        let write = open[.cacheWrite] ?? rate(.cacheWrite) ?? input
        let reasoning: Double? =
            if let open = open[.reasoning] {
                open
            } else if let row, row.rates[.reasoning] ?? row.rates[.output] != nil {
                row.rates[.reasoning] ?? ownOutput
            } else {
                reasoningRate(tier)
            }
        return TokenRates(
            input: input, output: output, cachedInput: open[.cachedInput] ?? rate(.cachedInput) ?? input,
            cacheWrite: write, cacheWriteOneHour: rate(.cacheWriteOneHour) ?? write,
            cacheWriteTwelveHours: rate(.cacheWriteTwelveHours) ?? write, reasoning: reasoning ?? output,
            audioInput: self.rate(.audioInput, prompt, tier), audioOutput: self.rate(.audioOutput, prompt, tier),
            imageInput: self.rate(.imageInput, prompt, tier) ?? input,
            videoInput: self.rate(.videoInput, prompt, tier) ?? input,
            imageOutput: self.rate(.imageOutput, prompt, tier) ?? output)
    }

    /// A tier's rate of reasoning; nil where it costs as output: a tier's output rate goes before the standard rate of
    /// reasoning.
    private func reasoningRate(_ tier: PriceTier) -> Double? {
        if let own = rates[PriceKey(.reasoning, tier)] { return own }
        if tier != .standard, rates[PriceKey(.output, tier)] != nil { return nil }
        return rates[PriceKey(.reasoning)]
    }

    /// A flat rate: the one above the last threshold that the request crosses, of the tier, else the standard one of the
    /// same length.
    private func rate(_ kind: PriceKey.Kind, _ prompt: Int, _ tier: PriceTier) -> Double? {
        var found = rates[PriceKey(kind, tier)] ?? rates[PriceKey(kind)]
        for threshold in thresholds where crosses(prompt, threshold) {
            found = rates[PriceKey(kind, above: threshold, tier)] ?? rates[PriceKey(kind, above: threshold)] ?? found
        }
        return found
    }

    private func crosses(_ prompt: Int, _ threshold: Int) -> Bool {
        prompt > threshold || includesThresholds && prompt == threshold
    }

    /// The rates of a batch: its own, else half of the standard ones.
    ///
    /// A batch with a rate of its own for input reads from
    /// a cache at the standard rate, where it has none of its own for that.
    private func batchRates(for prompt: Int, at unixMilliseconds: Int64?) -> TokenRates {
        let standard = rates(for: prompt, .standard, at: unixMilliseconds)
        func own(_ kind: PriceKey.Kind) -> Double? {
            let keys = rates.keys.filter { $0.kind == kind && $0.tier == .batch }
            let crossed = keys.filter { $0.threshold == 0 || crosses(prompt, $0.threshold) }
            return crossed.max { $0.threshold < $1.threshold }.flatMap { rates[$0] }
        }
        let hasOwn = own(.input) != nil
        let (input, output) = (own(.input) ?? standard.input / 2, own(.output) ?? standard.output / 2)
        // The standard rate of reading stands in only where the table has one: else what was read is input.
        let read = self.rate(.cachedInput, prompt, .standard) == nil ? input : standard.cachedInput
        let write = own(.cacheWrite) ?? standard.cacheWrite / 2
        return TokenRates(
            input: input, output: output,
            cachedInput: own(.cachedInput) ?? (hasOwn ? read : standard.cachedInput / 2), cacheWrite: write,
            cacheWriteOneHour: own(.cacheWriteOneHour) ?? standard.cacheWriteOneHour / 2,
            cacheWriteTwelveHours: own(.cacheWriteTwelveHours) ?? standard.cacheWriteTwelveHours / 2,
            reasoning: own(.reasoning) ?? own(.output) ?? standard.reasoning / 2,
            audioInput: own(.audioInput) ?? standard.audioInput.map { $0 / 2 },
            audioOutput: own(.audioOutput) ?? standard.audioOutput.map { $0 / 2 },
            imageInput: own(.imageInput) ?? input, videoInput: own(.videoInput) ?? input,
            imageOutput: own(.imageOutput) ?? output)
    }
}

/// A row of `tiered_pricing`: the rates of requests whose input is longer than its lower bound and at most its upper.
struct PricedRange: Sendable, Equatable {
    var lower: Double
    var upper: Double
    var rates: [PriceKey.Kind: Double]

    /// The row that holds a request; behind the last the last, none for an empty input or without an input rate.
    static func row(for prompt: Int, in rows: [PricedRange]) -> PricedRange? {
        guard prompt > 0 else { return nil }
        let row = rows.first { $0.lower < Double(prompt) && Double(prompt) <= $0.upper } ?? rows.last
        return row?.rates[.input] == nil ? nil : row
    }
}

extension ModelPrice {
    /// The most that a token of input and one of output can cost in a request.
    ///
    /// A tier that is asked for may be served as the standard one, an hour may become a dearer one while the answer is
    /// made, and a request may turn out shorter or up to as long as it is thought to be.
    ///
    /// - Parameters:
    ///   - prompt: the most tokens of its input.
    ///   - tier: the one that is asked for.
    ///   - keepsCache: whether it may write to a cache that keeps it for an hour, and for twelve.
    func dearest(
        upTo prompt: Int, _ tier: PriceTier, keepsCache: (oneHour: Bool, twelveHours: Bool) = (false, false)
    ) -> (input: Double, output: Double) {
        let ofRates = rates.keys.map { includesThresholds ? $0.threshold : $0.threshold + 1 }
        let ofRanges = ranges.map { NumberGate.counts.clamped($0.lower) + 1 }
        let lengths = Set(ofRates + ofRanges).filter { $0 > 1 && $0 <= prompt }
        var most = (input: 0.0, output: 0.0)
        for length in lengths.union([1]) {
            for tier in Set([tier, .standard]) {
                let rates = rates(for: length, tier)
                most.input = max(most.input, rates.input, rates.cacheWrite, rates.cachedInput)
                if keepsCache.oneHour { most.input = max(most.input, rates.cacheWriteOneHour) }
                if keepsCache.twelveHours { most.input = max(most.input, rates.cacheWriteTwelveHours) }
                most.output = max(most.output, rates.output, rates.reasoning)
            }
        }
        return most
    }
}

extension ClosedRange<Int> {
    /// The whole number of the range that is nearest below.
    fileprivate func clamped(_ value: Double) -> Int {
        Int(value.clamped(to: Double(lowerBound)...Double(upperBound)))
    }
}
