import LLMStreaming
import Testing

@Suite struct EndpointTests {
    private static let secret = "sk-very-secret"

    private static func endpoint(
        _ name: String, _ environment: [String: String], baseURL: String? = nil
    ) throws -> Endpoint {
        try Endpoint(provider: .named(name), baseURL: baseURL, environment: environment)
    }

    private static func field(_ endpoint: Endpoint) -> String {
        endpoint.authorizationFields.map { "\($0.name): \($0.value)" }.joined()
    }

    @Test(
        arguments: [
            ("openai", "OPENAI_API_KEY", "authorization: Bearer K"), ("azure", "AZURE_OPENAI_API_KEY", "api-key: K"),
            ("azure", "AZURE_API_KEY", "api-key: K"), ("azure", "AZURE_OPENAI_AD_TOKEN", "authorization: Bearer K"),
            ("anthropic", "ANTHROPIC_API_KEY", "x-api-key: K"),
            ("anthropic", "ANTHROPIC_AUTH_TOKEN", "authorization: Bearer K"),
            ("openrouter", "OPENROUTER_API_KEY", "authorization: Bearer K"),
            ("vllm", "VLLM_API_KEY", "authorization: Bearer K"),
            ("llamacpp", "LLAMACPP_API_KEY", "authorization: Bearer K"),
            ("llamacpp", "LLAMA_API_KEY", "authorization: Bearer K"), ("vllm", "OTHER", ""),
            ("mock", "MOCK_API_KEY", ""), ("deepseek", "DEEPSEEK_API_KEY", "authorization: Bearer K"),
            ("mistral", "MISTRAL_API_KEY", "authorization: Bearer K"),
            ("groq", "GROQ_API_KEY", "authorization: Bearer K"),
            ("ollama", "OLLAMA_API_KEY", "authorization: Bearer K"), ("ollama", "OTHER", ""),
            ("sglang", "SGLANG_API_KEY", "authorization: Bearer K"), ("sglang", "OTHER", ""),
        ])
    func theKeyComesFromItsVariable(_ name: String, _ variable: String, _ field: String) throws {
        let endpoint = try Self.endpoint(name, [variable: "K"], baseURL: "http://localhost:1")
        #expect(Self.field(endpoint) == field)
    }

    /// Files written on Windows leave a carriage return behind each value.
    @Test(arguments: ["K\r", "K\n", "\tK \r\n", " K"])
    func whiteSpaceAroundAKeyIsNotPartOfIt(key: String) throws {
        #expect(Self.field(try Self.endpoint("anthropic", ["ANTHROPIC_API_KEY": key])) == "x-api-key: K")
        let empty = ["ANTHROPIC_API_KEY": "\r", "ANTHROPIC_AUTH_TOKEN": "T"]
        #expect(Self.field(try Self.endpoint("anthropic", empty)) == "authorization: Bearer T")
    }

    @Test func aKeyGoesBeforeATokenAndAnEmptyVariableIsNone() throws {
        let both = ["ANTHROPIC_API_KEY": "K", "ANTHROPIC_AUTH_TOKEN": "T"]
        #expect(Self.field(try Self.endpoint("anthropic", both)) == "x-api-key: K")
        let empty = ["ANTHROPIC_API_KEY": "", "ANTHROPIC_AUTH_TOKEN": "T"]
        #expect(Self.field(try Self.endpoint("anthropic", empty)) == "authorization: Bearer T")
    }

    @Test(
        arguments: [
            ("openai", "OPENAI_API_KEY"), ("azure", "AZURE_OPENAI_API_KEY"), ("anthropic", "ANTHROPIC_API_KEY"),
            ("openrouter", "OPENROUTER_API_KEY"), ("deepseek", "DEEPSEEK_API_KEY"), ("mistral", "MISTRAL_API_KEY"),
            ("groq", "GROQ_API_KEY"),
        ])
    func aMissingKeyNamesItsVariable(_ name: String, _ variable: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try Self.endpoint(name, [:], baseURL: "http://localhost:1")
        }
        #expect(error?.description.contains(variable) == true)
        #expect(error?.description.contains("'\(name)'") == true)
    }

    @Test(
        arguments: [
            ("openai", nil, "https://api.openai.com/v1/chat/completions"),
            ("openai", "https://proxy.example/openai/v1/", "https://proxy.example/openai/v1/chat/completions"),
            ("openai", "http://[::1]:8080/v1", "http://[::1]:8080/v1/chat/completions"),
            ("anthropic", nil, "https://api.anthropic.com/v1/messages"),
            ("anthropic", "https://api.anthropic.com/v1", "https://api.anthropic.com/v1/messages"),
            ("anthropic", "http://localhost:8080/", "http://localhost:8080/v1/messages"),
            ("anthropic", "http://localhost:8080/v1//", "http://localhost:8080/v1/messages"),
            ("anthropic", "https://gateway.example/anthropic", "https://gateway.example/anthropic/v1/messages"),
            ("azure", "https://res.openai.azure.com", "https://res.openai.azure.com/openai/v1/chat/completions"),
            ("azure", "https://res.openai.azure.com/openai", "https://res.openai.azure.com/openai/v1/chat/completions"),
            (
                "azure", "https://res.openai.azure.com/openai/v1/",
                "https://res.openai.azure.com/openai/v1/chat/completions"
            ),
            (
                "azure", "https://res.services.ai.azure.com/openai/v1",
                "https://res.services.ai.azure.com/openai/v1/chat/completions"
            ),
            ("azure", "https://gw.example/azure", "https://gw.example/azure/openai/v1/chat/completions"),
            ("vllm", nil, "http://localhost:8000/v1/chat/completions"),
            ("llamacpp", nil, "http://localhost:8080/v1/chat/completions"),
            ("openrouter", nil, "https://openrouter.ai/api/v1/chat/completions"),
            ("deepseek", nil, "https://api.deepseek.com/chat/completions"),
            ("mistral", nil, "https://api.mistral.ai/v1/chat/completions"),
            ("groq", nil, "https://api.groq.com/openai/v1/chat/completions"),
            ("sglang", nil, "http://localhost:30000/v1/chat/completions"),
            ("ollama", nil, "http://localhost:11434/v1/chat/completions"),
            ("ollama", "http://gpu:1/v1", "http://gpu:1/v1/chat/completions"),
            ("ollama", "gpu", "http://gpu:11434/v1/chat/completions"),
            ("ollama", "127.0.0.1:7", "http://127.0.0.1:7/v1/chat/completions"),
            ("ollama", ":7", "http://localhost:7/v1/chat/completions"),
            ("ollama", "gpu/", "http://gpu:11434/v1/chat/completions"),
            ("ollama", "gpu:7/v1/", "http://gpu:7/v1/chat/completions"),
            ("ollama", "0.0.0.0", "http://0.0.0.0:11434/v1/chat/completions"),
            ("ollama", "[::1]", "http://[::1]:11434/v1/chat/completions"),
            ("ollama", "[::]:7", "http://[::]:7/v1/chat/completions"),
            ("ollama", "HTTP://GPU:1", "http://gpu:1/v1/chat/completions"),
            ("openai", " https://proxy.example/v1\r\n", "https://proxy.example/v1/chat/completions"),
            ("openai", "https://proxy.example/v1/chat/completions", "https://proxy.example/v1/chat/completions"),
            ("openai", "https://proxy.example/v1/responses/", "https://proxy.example/v1/chat/completions"),
            ("vllm", "http://gpu:8000/chat/completions//", "http://gpu:8000/chat/completions"),
            ("anthropic", "https://gateway.example/v1/messages", "https://gateway.example/v1/messages"),
            ("anthropic", "https://gateway.example/x/v1/messages/", "https://gateway.example/x/v1/messages"),
        ])
    func theDialectsPathStandsBehindTheBaseURL(_ name: String, _ baseURL: String?, _ url: String) throws {
        let provider = Provider.named(name)
        var environment = [provider.keyVariables[0]: "K"]
        let given = try Endpoint(provider: provider, baseURL: baseURL, environment: environment)
        #expect("\(given.origin)\(given.path)" == url)
        guard let baseURL else { return }
        environment[provider.baseURLVariables[0]] = baseURL
        let found = try Endpoint(provider: provider, environment: environment)
        #expect("\(found.origin)\(found.path)" == url)
        let other = try Endpoint(provider: provider, baseURL: "http://other:1", environment: environment)
        #expect(other.origin == Origin(isSecure: false, host: "other", port: 1))
    }

    @Test(
        arguments: [
            (
                "https://r.openai.azure.com", "AZURE_API_VERSION", "2024-10-21", Dialect.openAIChat,
                "/openai/deployments/gpt%204/chat/completions?api-version=2024-10-21"
            ),
            (
                "https://r.openai.azure.com/openai", "OPENAI_API_VERSION", "2025-04-01-preview", .openAIChat,
                "/openai/deployments/gpt%204/chat/completions?api-version=2025-04-01-preview"
            ),
            (
                "https://r.openai.azure.com", "OPENAI_API_VERSION", "2025-04-01-preview", .openAIResponses,
                "/openai/responses?api-version=2025-04-01-preview"
            ),
            (
                "https://gw.example/openai/deployments/d", "AZURE_API_VERSION", "2024-10-21", .openAIChat,
                "/openai/deployments/d/chat/completions?api-version=2024-10-21"
            ),
            // The undated path as given, and versions that are none of a dated path.
            (
                "https://r.openai.azure.com/openai/v1", "AZURE_API_VERSION", "2024-10-21", .openAIChat,
                "/openai/v1/chat/completions"
            ),
            (
                "https://r.openai.azure.com", "AZURE_API_VERSION", "preview", .openAIChat,
                "/openai/v1/chat/completions"
            ),
            ("https://r.openai.azure.com", "AZURE_API_VERSION", "v1", .openAIResponses, "/openai/v1/responses"),
            ("https://r.openai.azure.com", "OTHER", "2024-10-21", .openAIChat, "/openai/v1/chat/completions"),
        ])
    func azuresPathsAreDatedWhereAVersionIsSet(
        _ url: String, _ variable: String, _ version: String, _ dialect: Dialect, _ path: String
    ) throws {
        let endpoint = try Self.endpoint("azure", ["AZURE_API_KEY": "K", "AZURE_API_BASE": url, variable: version])
        #expect(endpoint.path(of: ProviderRequest(body: [], choices: 1, dialect: dialect, model: "gpt 4")) == path)
    }

    @Test(arguments: [nil, "https://api.deepseek.com/v1", "https://api.deepseek.com/beta"])
    func aPrefixGoesToDeepSeeksOwnPath(_ url: String?) throws {
        let endpoint = try Self.endpoint("deepseek", ["DEEPSEEK_API_KEY": "K"], baseURL: url)
        var request = ProviderRequest(body: [], choices: 1)
        #expect(endpoint.path(of: request) == endpoint.path)
        request.isPrefilled = true
        #expect(endpoint.path(of: request) == "/beta/chat/completions")
        let vLLM = try Self.endpoint("vllm", [:])
        #expect(vLLM.path(of: request) == "/v1/chat/completions")
    }

    @Test func aRequestsDialectSaysItsPath() throws {
        let endpoint = try Self.endpoint("openai", ["OPENAI_API_KEY": "K"])
        let request = ProviderRequest(body: [], choices: 1, dialect: .openAIResponses)
        #expect(endpoint.path(of: request) == "/v1/responses")
        let mock = try Self.endpoint("mock", [:], baseURL: "http://localhost:1/v1")
        #expect(mock.path(of: ProviderRequest(body: [], choices: 1, dialect: .anthropicMessages)) == "/v1/messages")
    }

    @Test func aMissingURLNamesItsVariable() {
        let error = #expect(throws: ConfigurationError.self) { try Self.endpoint("azure", ["AZURE_API_KEY": "K"]) }
        #expect(error?.description.contains("AZURE_OPENAI_ENDPOINT") == true)
    }

    @Test func aURLThatIsNoneIsShownUnlessItMayHoldASecret() {
        let shown = #expect(throws: ConfigurationError.self) {
            try Self.endpoint("vllm", [:], baseURL: "localhost:8000")
        }
        #expect(shown?.description.contains("'localhost:8000'") == true)
        for url in [
            "https://user:\(Self.secret)@host/v1", "https://host/v1?key=\(Self.secret)", "https://h/#\(Self.secret)",
        ] {
            let error = #expect(throws: ConfigurationError.self) { try Self.endpoint("vllm", [:], baseURL: url) }
            #expect(error?.description.contains(Self.secret) == false)
        }
    }

    @Test(arguments: ["a b", "a\nb", "a\u{0}", "schlüssel", "a\r\nX-Evil: 1"])
    func aKeyThatDoesNotFitAHeaderIsRefusedUnseen(_ key: String) {
        let error = #expect(throws: ConfigurationError.self) { try Self.endpoint("openai", ["OPENAI_API_KEY": key]) }
        #expect(error?.description.contains(key) == false)
        #expect(error?.description.contains("openai") == true)
    }

    @Test(arguments: ["openai", "azure", "anthropic"])
    func noDescriptionShowsTheKey(_ name: String) throws {
        let provider = Provider.named(name)
        let endpoint = try Self.endpoint(name, [provider.keyVariables[0]: Self.secret], baseURL: "http://localhost:1")
        #expect(Self.field(endpoint).contains(Self.secret))
        var dumped = ""
        dump(endpoint, to: &dumped)
        let texts = [
            dumped, "\(endpoint)", String(describing: endpoint), String(reflecting: endpoint), "\([endpoint])",
            "\(Optional(endpoint) as Any)",
        ]
        for text in texts {
            #expect(!text.contains(Self.secret))
            #expect(text.contains(name))
        }
    }

    @Test func aKeyThatAServerQuotesIsStruckOutOfItsError() throws {
        let endpoint = try Self.endpoint("openai", ["OPENAI_API_KEY": Self.secret])
        let error = endpoint.redacting(LLMError(.auth, "Incorrect API key provided: \(Self.secret).", httpStatus: 401))
        #expect(error == LLMError(.auth, "Incorrect API key provided: ***.", httpStatus: 401))
        let open = try Self.endpoint("vllm", [:])
        #expect(open.redacting(error) == error)
    }
}
