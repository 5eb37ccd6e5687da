import ArgumentParser
import BatchEngine
import Foundation
import LLMStreaming

/// How much providers are asked at once and by the minute, and what all of it may use up.
struct LimitOptions: ParsableArguments {
    @Option(help: "Streams open at once; reached in steps from 32 on.")
    var concurrency = 64

    @Option(
        help: ArgumentHelp(
            "Streams open at once to a provider, or to a model (provider/model=N); may be repeated.",
            valueName: "NAME=N"))
    var concurrencyPerProvider: [NamedCount] = []

    @Option(help: "Requests a minute to each provider.")
    var rpm: Int?

    @Option(help: "Tokens a minute of each provider, input and output together.")
    var tpm: Int?

    @Option(help: "How long a provider may be out before it gets no more requests.")
    var outageTimeout = DurationArgument(seconds: 900)

    @Option(
        help: ArgumentHelp(
            "What the jobs in scope may cost in US dollars, earlier runs included; needs a price for every model.",
            valueName: "USD"))
    var maxCost: Double?

    @Option(help: "The tokens that the jobs in scope may use up, input and output, earlier runs included.")
    var maxTokensTotal: Int?

    @Option(
        help: ArgumentHelp(
            "Prices in the form of LiteLLM's model_prices_and_context_window.json (else the config file's).",
            valueName: "FILE"))
    var prices: String?

    mutating func validate() throws {
        for (name, value) in [
            ("concurrency", concurrency), ("rpm", rpm ?? 1), ("tpm", tpm ?? 1),
            ("max-tokens-total", maxTokensTotal ?? 1),
        ]
        where value < 1 {
            throw ValidationError("--\(name) must be at least 1, not \(value)")
        }
        if let maxCost, !(maxCost > 0) { throw ValidationError("--max-cost must be more than 0, not \(maxCost)") }
        if outageTimeout.duration <= .zero { throw ValidationError("--outage-timeout must be longer than zero") }
        var counts: [String: Int] = [:]
        for bound in concurrencyPerProvider {
            guard bound.count >= 1 else {
                throw ValidationError(
                    "--concurrency-per-provider \(bound.text): must be at least 1, not \(bound.count)")
            }
            guard bound.count <= concurrency else {
                throw ValidationError(
                    "--concurrency-per-provider \(bound.text) is more than --concurrency \(concurrency) allows in all")
            }
            if let other = counts.updateValue(bound.count, forKey: bound.name), other != bound.count {
                throw ValidationError(
                    "--concurrency-per-provider \(bound.name)=\(other) and \(bound.text) contradict each other")
            }
        }
    }

    /// The bounds of the providers of a run: the user's flags before the configuration file.
    func limits(of providers: [Provider]) -> [String: ProviderLimits] {
        var limits: [String: ProviderLimits] = [:]
        for provider in providers {
            limits[provider.name] = ProviderLimits(
                concurrency: provider.concurrency, requestsPerMinute: rpm ?? provider.requestsPerMinute,
                tokensPerMinute: tpm ?? provider.tokensPerMinute)
        }
        for bound in concurrencyPerProvider { limits[bound.name, default: ProviderLimits()].concurrency = bound.count }
        return limits
    }

    /// Whether every name is a provider's.
    func check(_ catalog: ProviderCatalog) throws(ConfigurationError) {
        for bound in concurrencyPerProvider {
            let provider = String(bound.name.prefix { $0 != "/" })
            guard catalog[provider] == nil else { continue }
            throw ConfigurationError(
                "--concurrency-per-provider \(bound.text): there is no provider '\(provider)'; known: "
                    + catalog.names.joined(separator: ", "))
        }
    }

    /// The price table: the flag's, else the configuration file's, else none.
    ///
    /// - Parameter path: what the configuration file names.
    func priceTable(_ path: String?) throws(ConfigurationError) -> PriceTable {
        guard let path = prices ?? path else { return PriceTable() }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ConfigurationError("\(path): the price table cannot be read")
        }
        do { return try PriceTable(JSONParser.parse([UInt8](data))) } catch let error as ConfigurationError {
            throw ConfigurationError("\(path): \(error)")
        } catch {
            throw ConfigurationError("\(path): not JSON: \(error)")
        }
    }

    /// Whether `--max-cost` can be kept to: it needs a price for every model.
    func check(_ prices: PriceTable, knows lanes: [Lane]) throws(ConfigurationError) {
        guard maxCost != nil else { return }
        let unknown = lanes.filter { prices.price(of: $0) == nil }
        guard let first = unknown.first else { return }
        let others = unknown.count > 1 ? " and \(unknown.count - 1) more" : ""
        throw ConfigurationError(
            "--max-cost needs a price for every model: '\(first.name)'\(others) has none; name it in --prices")
    }

    /// The members of the options in force.
    func add(to object: inout JSONObject) {
        object["concurrency"] = .int(concurrency)
        if !concurrencyPerProvider.isEmpty {
            object["concurrency-per-provider"] = .array(concurrencyPerProvider.map { .string($0.text) })
        }
        object["rpm"] = rpm.map(JSON.int)
        object["tpm"] = tpm.map(JSON.int)
        object["outage-timeout"] = .string(outageTimeout.defaultValueDescription)
        object["max-cost"] = maxCost.map(JSON.double)
        object["max-tokens-total"] = maxTokensTotal.map(JSON.int)
        object["prices"] = prices.map(JSON.string)
    }
}
