import LLMStreaming
import Testing

@Suite struct ProviderCatalogTests {
    @Test func theBuiltInProvidersAreThere() {
        #expect(
            ProviderCatalog().names
                == [
                    "anthropic", "azure", "baseten", "cerebras", "dashscope", "deepinfra", "deepseek", "fireworks",
                    "gemini", "groq", "huggingface", "hyperbolic", "llamacpp", "minimax", "mistral", "mock", "moonshot",
                    "novita", "nvidia", "ollama", "openai", "openrouter", "perplexity", "sambanova", "scaleway",
                    "sglang", "siliconflow", "together", "vercel", "vllm", "xai", "zai",
                ])
    }

    /// A preset's name is often a vendor's too: on another server it is part of the model's.
    @Test func aPresetIsAProviderWhereNoOtherIsChosen() {
        var catalog = ProviderCatalog()
        #expect(catalog.presets.count == 20)
        for name in catalog.presets {
            let provider = Provider.named(name)
            #expect(provider.baseURL.hasPrefix("https://") && !provider.baseURL.hasSuffix("/"), "\(name)")
            #expect(provider.needsKey && !provider.keyVariables.isEmpty && provider.resume == .none, "\(name)")
            #expect(provider.baseURLVariables == ["\(name.uppercased())_BASE_URL"])
            #expect(catalog.isProvider(name, whereOneIsChosen: false))
            #expect(!catalog.isProvider(name, whereOneIsChosen: true))
        }
        #expect(catalog.isProvider("mock", whereOneIsChosen: true))
        #expect(!catalog.isProvider("meta-llama", whereOneIsChosen: false))
        catalog["nvidia"] = Provider(name: "nvidia", baseURL: "http://10.0.0.7:8000/v1")
        #expect(catalog.isProvider("nvidia", whereOneIsChosen: true), "who configures it means it")
    }

    @Test func onlyAnthropicSpeaksMessagesAndNamesItsVersion() {
        for name in ProviderCatalog().names {
            let provider = Provider.named(name)
            let isAnthropic = name == "anthropic"
            #expect((provider.dialect == .anthropicMessages) == isAnthropic)
            #expect(provider.headers.contains { $0 == HeaderField("anthropic-version", "2023-06-01") } == isAnthropic)
        }
    }

    @Test func prefillIsCertainOnlyWhereTheServerContinuesTheMessage() {
        let capable = ProviderCatalog().names.filter {
            Provider.named($0).resume != .none && Provider.named($0).isResumeCertain
        }
        #expect(capable == ["deepseek", "llamacpp", "mistral", "mock", "sglang", "vllm"])
        let uncertain = ProviderCatalog().names.filter { !Provider.named($0).isResumeCertain }
        #expect(uncertain == ["groq", "ollama", "openrouter"])
        #expect(uncertain.allSatisfy { Provider.named($0).resume == .assistant })
        #expect(ProviderCatalog().names.filter { Provider.named($0).echoesPrefix } == ["mistral"])
    }

    @Test(
        arguments: [
            ("claude-haiku-4-5", true), ("claude-haiku-4-5-20251001", true), ("claude-sonnet-4-5@20250929", true),
            ("claude-opus-4-5", true), ("claude-opus-4-20250514", true), ("claude-opus-4-1", true),
            ("claude-3-7-sonnet-latest", true), ("claude-3-5-haiku-20241022", true), ("claude-2.1", true),
            ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", true), ("claude-sonnet-4-6", false),
            ("claude-opus-4-6", false), ("claude-opus-4-7", false), ("claude-opus-4-8", false),
            ("claude-fable-5", false), ("claude-sonnet-5", false), ("claude-opus-5-20261101", false),
            ("claude-haiku-5-5", false), ("claude-mythos-preview", false), ("claude-latest", false), ("m", false),
        ])
    func anthropicGoesOnFromAnAssistantMessageUpToVersion45(_ model: String, _ isResumable: Bool) {
        #expect(Provider.anthropic.resume(for: model) == (isResumable ? .assistant : .none))
    }

    @Test func otherProvidersGoOnWhateverTheModel() {
        #expect(Provider.named("vllm").resume(for: "claude-opus-4-8") == .continueFinalMessage)
        #expect(Provider.openAI.resume(for: "claude-haiku-4-5") == .none)
    }

    @Test func aConfiguredProviderReplacesAndJoinsTheOthers() {
        var catalog = ProviderCatalog()
        catalog["lab"] = Provider(name: "lab", baseURL: "http://lab:8000/v1")
        catalog["vllm"] = Provider(name: "vllm", baseURL: "http://gpu:8000/v1")
        #expect(catalog.names.contains("lab"))
        #expect(catalog["vllm"]?.baseURL == "http://gpu:8000/v1")
        #expect(catalog["nowhere"] == nil)
    }

    @Test func providersThatDifferInAnythingAreNotEqual() {
        let provider = Provider(name: "p")
        let changes: [(inout Provider) -> Void] = [
            { $0.name = "q" }, { $0.dialect = .anthropicMessages }, { $0.baseURL = "u" },
            { $0.baseURLVariables = ["U"] },
            { $0.keyVariables = ["K"] }, { $0.tokenVariables = ["T"] }, { $0.needsKey = false },
            { $0.authorization = .none }, { $0.headers = [HeaderField("a", "b")] }, { $0.resume = .prefix },
            { $0.omitsFinishReason = true }, { $0.streamOptions = JSONObject() },
            { $0.maxCompletionTokensPrefixes = ["o"] }, { $0.concurrency = 1 }, { $0.requestsPerMinute = 1 },
            { $0.tokensPerMinute = 1 }, { $0.reasoningForm = .object },
            { $0.addressPath = "/v1" }, { $0.otherDialects = [.openAIResponses] },
            { $0.responsesStreamOptions = .usageOnly },
            { $0.prefix.path = "/beta" }, { $0.missingOptions = [.n] },
            { $0.renamedOptions = [.seed: "random_seed"] }, { $0.samplingRefusal = .named(["m"]) },
            { $0.apiVersionVariables = ["V"] },
            { $0.modelResume = Provider.ModelResume(.claude(through: ClaudeVersion(4)), .assistant) },
            { $0.isResumeCertain = false }, { $0.echoesPrefix = true }, { $0.replay = .response },
            { $0.keepsStreams = true }, { $0.storesBackgroundResponses = true },
            { $0.serviceTiers = [] }, { $0.responsesServiceTiers = ["t"] },
            { $0.otherBaseURLs = ["u"] }, { $0.weights = ["u": 2] }, { $0.pooledKeyVariables = ["K"] },
        ]
        #expect(changes.count == Mirror(reflecting: provider).children.count)
        for change in changes {
            var other = provider
            change(&other)
            #expect(other != provider)
        }
    }
}
