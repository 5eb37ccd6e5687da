extension ProviderCatalog {
    /// Whether OPENAI_BASE_URL is OpenRouter's: models that name no provider then go there.
    package static func isOpenRouter(_ openAIBaseURL: String?) -> Bool {
        openAIBaseURL?.contains("openrouter.ai") == true
    }

    /// The catalog for an environment.
    ///
    /// Where OPENAI_BASE_URL is OpenRouter's, it is the URL of `openrouter` too, unless OPENROUTER_BASE_URL is set; and
    /// its key may be in OPENAI_API_KEY, as with other programs. A provider whose URL or key the configuration names
    /// stays as it is.
    package func settled(for environment: [String: String]) -> ProviderCatalog {
        guard Self.isOpenRouter(environment["OPENAI_BASE_URL"]), var provider = self["openrouter"] else { return self }
        if provider.baseURLVariables.contains("OPENROUTER_BASE_URL") {
            provider.baseURLVariables.append("OPENAI_BASE_URL")
        }
        if provider.keyVariables.contains("OPENROUTER_API_KEY") { provider.keyVariables.append("OPENAI_API_KEY") }
        var catalog = self
        catalog["openrouter"] = provider
        return catalog
    }
}
