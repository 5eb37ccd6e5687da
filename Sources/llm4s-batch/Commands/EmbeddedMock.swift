import LLMStreaming
import MockProvider

/// The mock in this process, for runs that ask it and name no URL of another.
struct EmbeddedMock {
    private let server: MockServer

    /// Starts it where a run needs it, and enters it into the catalog; nil where none does.
    ///
    /// - Parameters:
    ///   - names: the providers that jobs name, or may name.
    ///   - moved: the provider that `--base-url` is for.
    ///   - catalog: gets its URL.
    ///   - environment: the variables that may hold another.
    static func start(
        for names: [String], moved: String?, in catalog: inout ProviderCatalog, environment: [String: String]
    ) async throws -> EmbeddedMock? {
        guard names.contains("mock"), moved != "mock", var provider = catalog["mock"],
            provider.baseURLVariables.allSatisfy({ environment[$0] ?? "" == "" })
        else { return nil }
        let server = try await MockServer.start()
        provider.baseURL = server.baseURL
        catalog["mock"] = provider
        return EmbeddedMock(server: server)
    }

    func stop() async { await server.stop() }
}
