import Foundation
package import LLMStreaming

/// Prices by model, in the form of LiteLLM's model_prices_and_context_window.json (Contract, "Cost").
package struct PriceTable: Sendable {
    private struct Entry: Sendable {
        var price: ModelPrice
        var provider: String?
    }

    private var entries: [String: Entry] = [:]

    /// A table without prices.
    package init() {}

    /// Reads a table: an object of models with `input_cost_per_token` and `output_cost_per_token`, or with
    /// `tiered_pricing`.
    ///
    /// Entries without, such as those of image models, are left out.
    ///
    /// - Throws: `ConfigurationError` where it is no table, or a price is negative or beyond all prices.
    package init(_ json: JSON) throws(ConfigurationError) {
        guard let object = json.object else { throw ConfigurationError("the price table is not a JSON object") }
        for member in object.members where member.key != "sample_spec" {
            guard let model = member.value.object else { continue }
            let provider = model["litellm_provider"]?.string
            let prefix = member.key.contains("/") ? String(member.key.prefix { $0 != "/" }) : ""
            let price = try ModelPrice(model, named: member.key, of: provider ?? prefix)
            if price.isComplete { entries[member.key] = Entry(price: price, provider: provider) }
        }
    }

    /// The price of a model: under `provider/model`, else under the model alone where that is the provider's.
    package func price(of model: ModelName) -> ModelPrice? {
        if let entry = entries[model.name] { return entry.price }
        guard let entry = entries[model.model], entry.provider == nil || entry.provider == model.provider else {
            return nil
        }
        return entry.price
    }

    /// Whether it has no price at all.
    package var isEmpty: Bool { entries.isEmpty }

    /// `; did you mean 'x'?` with the priced model whose name is nearest, or nothing where none is near.
    package func suggestion(for model: ModelName) -> String {
        let names = entries.keys.sorted()
        let nearest = NearestName.suggestion(for: model.name, among: names)
        return nearest.isEmpty ? NearestName.suggestion(for: model.model, among: names) : nearest
    }

    /// What an attempt cost: the provider's own figure, else by the table; nil where neither is known.
    package func cost(of result: StreamResult, in model: ModelName, _ billing: Billing = Billing()) -> Double? {
        guard let usage = result.usage else { return nil }
        if let cost = usage.reportedCost { return cost }
        if usage.tokensApart > 0, !Self.totalsHoldThinking(of: model) { return nil }
        let requests = TokenUsage.iterations(of: usage.raw)
        guard !requests.isEmpty else { return price(of: model)?.cost(of: usage, billing) }
        // Each has a length of its own, and with it its rates; what is told of the whole answer holds for each.
        let parts = requests.map { TokenUsage(raw: usage.raw.onlyCircumstances.merging($0)) }
        let isWhole =
            parts.reduce(0) { $0 + ($1.promptTokens ?? 0) } == usage.promptTokens
            && parts.reduce(0) { $0 + ($1.completionTokens ?? 0) } == usage.completionTokens
        let isOfOneModel = requests.allSatisfy { self.model(of: $0, asked: model) == model }
        if !isWhole, isOfOneModel { return price(of: model)?.cost(of: usage, billing) }
        var sum = 0.0
        for part in parts {
            guard let cost = price(of: self.model(of: part.raw, asked: model))?.cost(of: part, billing) else {
                return nil
            }
            sum += cost
        }
        return sum
    }

    /// What it saved by the table that input was read from a cache; nil where the model has no price.
    package func cacheSaving(of usage: TokenUsage, in model: ModelName, _ billing: Billing = Billing()) -> Double? {
        price(of: model)?.cacheSaving(of: usage, billing)
    }

    /// Whether tokens that only a report's total holds are thinking, which is output: so with Google's models, whose
    /// total is documented as the sum of prompt, candidates, thoughts and what tools of Google's own gave back.
    ///
    /// Of other servers it is not known what such tokens are, and what cannot be told has no price.
    private static func totalsHoldThinking(of model: ModelName) -> Bool { model.name.lowercased().contains("gemini") }

    /// The model that such a request went to: a fallback or an adviser, else the one that was asked, which may call
    /// itself by its date too.
    private func model(of request: JSONObject, asked: ModelName) -> ModelName {
        guard let name = request["model"]?.string, !name.hasPrefix(asked.model) else { return asked }
        return ModelName(provider: asked.provider, model: name)
    }
}

extension JSONObject {
    /// What a report says of all requests of an answer besides their tokens.
    fileprivate var onlyCircumstances: JSONObject {
        var circumstances = JSONObject()
        for name in ["service_tier", "speed", "inference_geo"] { circumstances[name] = self[name] }
        return circumstances
    }
}

extension TokenUsage {
    /// What the provider says that the request cost, in US dollars: OpenRouter's `cost`, which with a key of the
    /// user's own leaves out what the model's provider bills, Perplexity's `cost.total_cost`, and xAI's ticks.
    ///
    /// Nil where any part of it is no amount: a negative one would make room under a cap that there is not. So it is where
    /// what the model's provider bills is not told.
    var reportedCost: Double? {
        if let ticks = raw["cost_in_usd_ticks"]?.double { return NumberGate.money(ticks / Self.ticksPerUSD) }
        guard let cost = NumberGate.money(Self.amount(raw["cost"]) ?? Self.amount(raw["cost"]?["total_cost"])) else {
            return nil
        }
        guard raw["is_byok"]?.bool == true else { return cost }
        return NumberGate.money(Self.amount(raw["cost_details"]?["upstream_inference_cost"])).map { cost + $0 }
    }

    /// A number, or one that is written as text as decimals are.
    private static func amount(_ value: JSON?) -> Double? {
        if let number = value?.double { return number }
        guard let text = value?.string, text.utf8.allSatisfy({ (0x30...0x39).contains($0) || "-.".utf8.contains($0) })
        else { return nil }
        return Double(text)
    }

    private static let ticksPerUSD = 1e10
}

extension PriceTable {
    /// Reads the table of a file.
    ///
    /// - Throws: `ConfigurationError` naming the file and what is wrong with it.
    package init(file path: String) throws(ConfigurationError) {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ConfigurationError("\(path): the price table cannot be read")
        }
        do { self = try PriceTable(JSONParser.parse([UInt8](data))) } catch let error as ConfigurationError {
            throw ConfigurationError("\(path): \(error)")
        } catch {
            throw ConfigurationError("\(path): not JSON: \(error)")
        }
    }

    /// Why what jobs cost cannot be bounded: a model has no price; nil where all have.
    ///
    /// - Parameters:
    ///   - models: the models that jobs ask.
    ///   - bound: the name of the option that bounds it.
    ///   - table: the name of the option that names the table.
    package func fault(bounding models: [ModelName], bound: String, table: String) -> ConfigurationError? {
        let unknown = models.filter { price(of: $0) == nil }
        guard let first = unknown.first else { return nil }
        let others = unknown.count > 1 ? " and \(unknown.count - 1) more" : ""
        return ConfigurationError(
            "\(bound) needs a price for every model: '\(first.name)'\(others) has none; name it in \(table)"
                + suggestion(for: first))
    }
}
