package import LLMStreaming

/// Prices by model, in the form of LiteLLM's model_prices_and_context_window.json (SPEC 7).
package struct PriceTable: Sendable {
    private struct Entry: Sendable {
        var price: ModelPrice
        var provider: String?
    }

    /// Sums of what tokens cost stay numbers below it.
    private static let highestPrice = 1e6

    private var entries: [String: Entry] = [:]

    /// A table without prices.
    package init() {}

    /// Reads a table: an object of models with `input_cost_per_token` and `output_cost_per_token`.
    ///
    /// Entries without both, such as those of image models, are left out.
    ///
    /// - Throws: `ConfigurationError` where it is none, or a price is negative.
    package init(_ json: JSON) throws(ConfigurationError) {
        guard let object = json.object else { throw ConfigurationError("the price table is not a JSON object") }
        for member in object.members where member.key != "sample_spec" {
            let model = member.value
            guard let input = model["input_cost_per_token"]?.double, let output = model["output_cost_per_token"]?.double
            else { continue }
            let cached = model["cache_read_input_token_cost"]?.double
            let written = model["cache_creation_input_token_cost"]?.double
            for price in [input, output, cached ?? 0, written ?? 0] {
                guard price >= 0 else { throw ConfigurationError("the price of '\(member.key)' is negative") }
                guard price <= Self.highestPrice else {
                    throw ConfigurationError("the price of '\(member.key)' is over $1,000,000 a token")
                }
            }
            entries[member.key] = Entry(
                price: ModelPrice(input: input, output: output, cachedInput: cached, cacheWrite: written),
                provider: model["litellm_provider"]?.string)
        }
    }

    /// The price of a lane's model: under `provider/model`, else under the model alone where that is the provider's.
    package func price(of lane: ModelName) -> ModelPrice? {
        if let entry = entries[lane.name] { return entry.price }
        guard let entry = entries[lane.model], entry.provider == nil || entry.provider == lane.provider else {
            return nil
        }
        return entry.price
    }

    /// Whether it has no price at all.
    package var isEmpty: Bool { entries.isEmpty }

    /// `; did you mean 'x'?` with the priced model whose name is nearest, or nothing where none is near.
    package func suggestion(for lane: ModelName) -> String {
        let names = entries.keys.sorted()
        let nearest = NearestName.suggestion(for: lane.name, among: names)
        return nearest.isEmpty ? NearestName.suggestion(for: lane.model, among: names) : nearest
    }

    /// What an attempt cost: the provider's own figure, else by the table; nil where neither is known.
    package func cost(of result: StreamResult, in lane: ModelName) -> Double? {
        guard let usage = result.usage else { return nil }
        return usage.reportedCost ?? price(of: lane)?.cost(of: usage)
    }
}

extension TokenUsage {
    /// What the provider says that the request cost, in US dollars: OpenRouter's `cost`, which with a key of the
    /// user's own leaves out what the model's provider bills, and Perplexity's `cost.total_cost`.
    ///
    /// Nil where any part of it is no amount: a negative one would make room under a cap that there is not.
    var reportedCost: Double? {
        guard let cost = Self.amount(raw["cost"]?.object == nil ? raw["cost"] : raw["cost"]?["total_cost"]) else {
            return nil
        }
        guard raw["is_byok"]?.bool == true, let billed = raw["cost_details"]?["upstream_inference_cost"],
            !billed.isNull
        else { return cost }
        return Self.amount(billed).map { cost + $0 }
    }

    private static func amount(_ value: JSON?) -> Double? {
        value?.double.flatMap { (0...1e12).contains($0) ? $0 : nil }
    }
}
