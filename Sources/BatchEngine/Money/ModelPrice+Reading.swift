import LLMStreaming

extension ModelPrice {
    /// Reads an entry of the price table.
    ///
    /// - Parameters:
    ///   - entry: the entry.
    ///   - name: its own, for messages.
    ///   - provider: whose it is, as the table calls it.
    /// - Throws: `ConfigurationError` where a number cannot be a price.
    init(_ entry: JSONObject, named name: String, of provider: String) throws(ConfigurationError) {
        var rates: [PriceKey: Double] = [:]
        for member in entry.members {
            guard let key = PriceKey(member.key) else { continue }
            rates[key] = try Self.price(member, of: name)
        }
        // Fireworks bills half for cached input where an entry does not say; LiteLLM has that in its code.
        if provider == "fireworks_ai", rates[PriceKey(.cachedInput)] == nil {
            rates[PriceKey(.cachedInput)] = rates[PriceKey(.input)].map { $0 / 2 }
        }
        self.init(rates: rates)
        includesThresholds = provider == "xai"
        for row in entry["tiered_pricing"]?.array ?? [] {
            guard let object = row.object, let range = row["range"]?.array, range.count == 2,
                let lower = range[0].double, let upper = range[1].double
            else { continue }
            ranges.append(PricedRange(lower: lower, upper: upper, rates: try Self.flatRates(object, of: name)))
        }
        ranges.sort { $0.lower < $1.lower }
        if let block = entry["off_peak_pricing"]?.object {
            offPeak = OffPeakPrice(block, rates: try Self.flatRates(block, of: name))
        }
        for member in entry.members where member.key.contains("uplift_multiplier") {
            multipliers[member.key] = try Self.price(member, of: name)
        }
        for member in entry["provider_specific_entry"]?.object?.members ?? [] where member.value.double != nil {
            multipliers[member.key] = try Self.price(member, of: name)
        }
        if let cost = entry["search_context_cost_per_query"]?["search_context_size_medium"] {
            search = try Self.price(JSONObject.Member(key: "search_context_size_medium", value: cost), of: name)
        }
    }

    /// The rates of an object that knows neither thresholds nor tiers.
    private static func flatRates(
        _ object: JSONObject, of name: String
    ) throws(ConfigurationError) -> [PriceKey.Kind: Double] {
        var rates: [PriceKey.Kind: Double] = [:]
        for member in object.members {
            guard let kind = PriceKey.Kind(rawValue: member.key) else { continue }
            rates[kind] = try price(member, of: name)
        }
        return rates
    }

    /// A price, which may be written as a text; nil for what is no number.
    private static func price(_ member: JSONObject.Member, of name: String) throws(ConfigurationError) -> Double? {
        let text: String
        switch member.value {
        case .number(let number): text = number
        case .string(let number) where Double(number) != nil: text = number
        default: return nil
        }
        guard let price = Double(text), NumberGate.dollarsPerToken.contains(price) else {
            throw ConfigurationError("'\(name)': \(member.key) cannot be a price: \(text.prefix(32))")
        }
        return price
    }
}

/// Which rate a member of the price table holds, such as `input_cost_per_token_above_272k_tokens_flex`.
package struct PriceKey: Sendable, Hashable {
    /// What is priced.
    package enum Kind: String, Sendable, CaseIterable {
        case input = "input_cost_per_token"
        case output = "output_cost_per_token"
        case cachedInput = "cache_read_input_token_cost"
        case cacheWrite = "cache_creation_input_token_cost"
        /// Written to a cache that keeps it for an hour, and for twelve.
        case cacheWriteOneHour = "cache_creation_input_token_cost_above_1hr"
        case cacheWriteTwelveHours = "cache_creation_input_token_cost_above_12hr"
        case reasoning = "output_cost_per_reasoning_token"
        case audioInput = "input_cost_per_audio_token"
        case imageInput = "input_cost_per_image_token"
        case videoInput = "input_cost_per_video_token"
        case audioOutput = "output_cost_per_audio_token"
        case imageOutput = "output_cost_per_image_token"

        /// The longest names first: some begin with another's.
        fileprivate static let byLength = allCases.sorted { $0.rawValue.utf8.count > $1.rawValue.utf8.count }
    }

    package var kind: Kind
    /// The tokens of input above which it holds; 0 for all requests.
    package var threshold = 0
    package var tier = PriceTier.standard

    package init(_ kind: Kind, above threshold: Int = 0, _ tier: PriceTier = .standard) {
        self.kind = kind
        self.threshold = threshold
        self.tier = tier
    }

    /// Reads a member's name; nil for one that holds no rate of a token.
    package init?(_ name: String) {
        guard let kind = Kind.byLength.first(where: { name.utf8.starts(with: $0.rawValue.utf8) }) else { return nil }
        self.kind = kind
        var rest = name.dropFirst(kind.rawValue.count)
        if rest.hasPrefix("_above_") {
            let digits = rest.dropFirst(7).prefix { $0.isASCII && $0.isNumber }
            guard let number = Int(digits), (1...1_000_000_000).contains(number) else { return nil }
            rest = rest.dropFirst(7 + digits.count)
            let isThousands = rest.hasPrefix("k")
            if isThousands { rest = rest.dropFirst() }
            guard rest.hasPrefix("_tokens") else { return nil }
            rest = rest.dropFirst(7)
            threshold = isThousands ? number * 1000 : number
        }
        if rest.isEmpty { return }
        guard rest.hasPrefix("_"), let tier = PriceTier(suffix: rest.dropFirst()) else { return nil }
        self.tier = tier
    }
}
