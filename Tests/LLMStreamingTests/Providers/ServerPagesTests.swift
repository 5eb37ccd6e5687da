import Testing

@testable import LLMStreaming

/// Where servers have what they tell of themselves, and who is asked for it.
@Suite struct ServerPagesTests {
    private func endpoint(_ url: String, _ dialect: Dialect = .openAIChat) throws -> Endpoint {
        try Endpoint(provider: Provider(name: "lab", dialect: dialect, baseURL: url, needsKey: false), environment: [:])
    }

    @Test(arguments: [
        ("http://a:8000/v1", Dialect.openAIChat, "", "/v1/models"), ("http://a", .openAIChat, "", "/models"),
        ("http://a/llm/v1/", .openAIChat, "/llm", "/llm/v1/models"),
        ("http://a/v1/openai", .openAIChat, "/v1/openai", "/v1/openai/models"),
        ("http://a", .anthropicMessages, "", "/v1/models"), ("http://a/v1", .anthropicMessages, "", "/v1/models"),
    ])
    func pagesStandBesideTheAnswers(url: String, dialect: Dialect, root: String, models: String) throws {
        let endpoint = try endpoint(url, dialect)
        #expect(endpoint.rootPath == root)
        #expect(endpoint.modelsPath == models)
        #expect(endpoint.path(of: ProviderRequest(.page(path: "/x?y=1"))) == "/x?y=1")
    }

    @Test(arguments: [
        "https://api.openai.com/v1", "https://eu.api.openai.com/v1", "https://openrouter.ai/api/v1",
        "https://API.ANTHROPIC.COM", "https://lab.openai.azure.com/openai/v1", "https://api.z.ai/api/paas/v4",
        "http://openai.com", "https://api.together.xyz/v1",
    ])
    func providersOfThePublicAreKnownByTheirHosts(url: String) throws {
        #expect(try endpoint(url).isPublic)
    }

    @Test(arguments: [
        "http://localhost:8000/v1", "http://127.0.0.1:4010", "http://[::1]:8080/v1", "http://gpu-7/v1",
        "https://llm.lab.example/v1", "https://notopenai.com/v1", "https://openai.com.lab.example/v1",
        "http://vm.westeurope.cloudapp.azure.com:8000/v1",
    ])
    func everyOtherHostMayBeSomebodysOwn(url: String) throws {
        #expect(try !endpoint(url).isPublic)
    }

    @Test func allBuiltInURLsArePublicButThoseOfThisMachine() throws {
        for name in ProviderCatalog().names {
            let provider = try #require(ProviderCatalog()[name])
            guard !provider.baseURL.isEmpty else { continue }
            #expect(try endpoint(provider.baseURL).isPublic == provider.baseURL.hasPrefix("https://"), "\(name)")
        }
    }
}
