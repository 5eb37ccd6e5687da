/// Where a server has what it tells beside its answers.
extension Endpoint {
    /// What stands before the paths of the server itself: the base path without the version at its end.
    package var rootPath: String { basePath.hasSuffix("/v1") ? String(basePath.dropLast(3)) : basePath }

    /// The path of the list of models that it serves.
    package var modelsPath: String {
        // Of dialects whose paths begin with the version the base path has none.
        (provider.dialect.path.hasPrefix("/v1/") ? rootPath + "/v1" : basePath) + "/models"
    }

    /// The base URL, as messages name the endpoint.
    package var url: String { "\(origin)\(basePath)" }

    /// Whether its host is one of a provider that serves the public.
    ///
    /// All others may be somebody's own server, and tell how busy they are. By the host and not by the provider's name:
    /// a user's provider may have a public URL, and `openai` a server of one's own.
    package var isPublic: Bool {
        PublicHosts.domains.contains { origin.host == $0 || origin.host.hasSuffix("." + $0) }
    }
}

/// The hosts of the built-in providers.
enum PublicHosts {
    /// The last two parts of their names; Azure's, which are no built-in URLs, with one part more: below `azure.com`
    /// there are machines that anybody rents.
    static let domains: Set<String> = Set(
        ProviderCatalog.all.compactMap { provider in
            let parts = Origin.split(url: provider.baseURL)?.origin.host.split(separator: ".") ?? []
            return parts.count > 1 ? parts.suffix(2).joined(separator: ".") : nil
        } + ["openai.azure.com", "cognitiveservices.azure.com", "services.ai.azure.com"])
}
