import ArgumentParser
import BatchEngine
import Foundation
import LLMStreaming

/// How much providers are asked at once and by the minute, and at what price.
struct RateOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Streams open at once; reached in steps from 32 on.", valueName: "N"))
    var concurrency = 64

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

    mutating func validate() throws {
        try FlagBounds.check("concurrency", concurrency, FlagBounds.streams)
        try FlagBounds.check("rpm", rpm?.value, FlagBounds.counts)
        try FlagBounds.check("tpm", tpm?.value, FlagBounds.counts)
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
        let bounded = providers.map { provider in
            var provider = provider
            if let rpm { provider.requestsPerMinute = rpm.value }
            if let tpm { provider.tokensPerMinute = tpm.value }
            return provider
        }
        return ProviderLimits.table(
            of: bounded,
            concurrency: Dictionary(
                concurrencyPerProvider.map { ($0.name, $0.count) }, uniquingKeysWith: { _, last in last }))
    }

    /// Whether every name is a provider's.
    func check(_ catalog: ProviderCatalog) throws(ConfigurationError) {
        for bound in concurrencyPerProvider {
            let provider = String(bound.name.prefix { $0 != "/" })
            guard catalog[provider] == nil else { continue }
            let nearest = NearestName.suggestion(for: provider, among: catalog.names)
            throw ConfigurationError(
                "--concurrency-per-provider \(bound.text): there is no provider '\(provider)'"
                    + (nearest.isEmpty ? "; known: \(catalog.names.joined(separator: ", "))" : nearest))
        }
    }

    /// The price table: the flag's, else the configuration file's, else none.
    ///
    /// - Parameter path: what the configuration file names.
    func priceTable(_ path: String?) throws(ConfigurationError) -> PriceTable {
        guard let path = prices ?? path, path != "none" else { return PriceTable() }
        return try PriceTable(file: path)
    }

    /// The members of the options in force.
    func add(to object: inout JSONObject) {
        object["concurrency"] = .int(concurrency)
        if !concurrencyPerProvider.isEmpty {
            object["concurrency-per-provider"] = .array(concurrencyPerProvider.map { .string($0.text) })
        }
        object["rpm"] = rpm.map { $0.value.map(JSON.int) ?? "none" }
        object["tpm"] = tpm.map { $0.value.map(JSON.int) ?? "none" }
        // Whole, since the next run may be in another folder.
        object["prices"] = prices.map { .string($0 == "none" ? $0 : URL(filePath: $0).path) }
    }
}
