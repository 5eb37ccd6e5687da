import LLMStreaming

/// Which provider a model's name means, and what that provider calls the model (SPEC 4).
struct ModelChoice: Sendable {
    let endpoint: Endpoint
    let model: String

    /// The choice that `provider/model`, or a bare model, means in an environment.
    init(_ name: String, environment: [String: String]) throws(ConfigurationError) {
        let catalog = ProviderCatalog().settled(for: environment)
        let isOpenRouter = ProviderCatalog.isOpenRouter(environment["OPENAI_BASE_URL"])
        let prefix = name.firstIndex(of: "/").map { String(name[..<$0]) } ?? ""
        if let provider = catalog[prefix], catalog.isProvider(prefix, whereOneIsChosen: isOpenRouter) {
            endpoint = try Endpoint(provider: provider, environment: environment)
            model = String(name.dropFirst(prefix.count + 1))
        } else if name.contains("/"), !isOpenRouter {
            throw ConfigurationError(
                "the model '\(name)' names no known provider; known are \(catalog.names.joined(separator: ", "))")
        } else if let provider = catalog[isOpenRouter ? "openrouter" : "openai"] {
            endpoint = try Endpoint(provider: provider, environment: environment)
            model = name
        } else {
            throw ConfigurationError("the provider of the model '\(name)' is not known")
        }
        guard !model.isEmpty else { throw ConfigurationError("'\(name)' names a provider but no model") }
    }
}
