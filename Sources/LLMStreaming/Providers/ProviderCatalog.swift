/// The providers that a program knows: the built-in ones and those of its configuration.
///
/// ```swift
/// var catalog = ProviderCatalog()
/// catalog["lab"] = Provider(name: "lab", baseURL: "http://10.0.0.7:8000/v1", needsKey: false)
/// let batch = BatchRunner(database: "answers.db", catalog: catalog)
/// ```
public struct ProviderCatalog: Sendable {
    private var providers: [String: Provider]
    /// The names of presets (`compatible`) that no configuration has replaced.
    package private(set) var presets: Set<String>

    /// The built-in providers (Contract, "Providers").
    public init() {
        providers = Dictionary(uniqueKeysWithValues: Self.all.map { ($0.name, $0) })
        presets = Set(Self.compatible.map(\.name))
    }

    /// The provider of that name.
    public subscript(_ name: String) -> Provider? {
        get { providers[name] }
        set {
            providers[name] = newValue
            presets.remove(name)
        }
    }

    /// All names, sorted.
    public var names: [String] { providers.keys.sorted() }

    /// Whether what stands before a model's first `/` names a provider.
    ///
    /// - Parameters:
    ///   - prefix: the text before the slash.
    ///   - isChosen: whether the provider is told otherwise. Then the name of a preset that is also a vendor's belongs
    ///     to the model: `nvidia/Nemotron` on a vLLM server, `perplexity/sonar` at OpenRouter.
    public func isProvider(_ prefix: String, whereOneIsChosen isChosen: Bool) -> Bool {
        providers[prefix] != nil && !(isChosen && presets.contains(prefix))
    }

    /// All that are built in.
    static var all: [Provider] { builtIn + compatible }

    /// How the names of OpenAI's reasoning models begin.
    private static let reasoningModels = ["o1", "o3", "o4", "gpt-5", "gpt-6"]

    private static let builtIn: [Provider] = [
        Provider(
            name: "openai", baseURL: "https://api.openai.com/v1", baseURLVariables: ["OPENAI_BASE_URL"],
            keyVariables: ["OPENAI_API_KEY"],
            streamOptions: JSONObject.usageOnly.merging(.withoutObfuscation),
            maxCompletionTokensPrefixes: reasoningModels, otherDialects: [.openAIResponses],
            responsesStreamOptions: .withoutObfuscation, replay: .response,
            serviceTiers: ["auto", "default", "flex", "priority", "fast", "scale"],
            responsesServiceTiers: ["ultrafast"]),
        // A model is a deployment's name, often that of the model behind it.
        Provider(
            name: "azure", baseURLVariables: ["AZURE_OPENAI_ENDPOINT", "AZURE_API_BASE"],
            keyVariables: ["AZURE_OPENAI_API_KEY", "AZURE_API_KEY"], tokenVariables: ["AZURE_OPENAI_AD_TOKEN"],
            authorization: .apiKey, maxCompletionTokensPrefixes: reasoningModels, addressPath: "/openai/v1",
            otherDialects: [.openAIResponses], responsesStreamOptions: .withoutObfuscation, replay: .response,
            apiVersionVariables: ["AZURE_API_VERSION", "OPENAI_API_VERSION"],
            serviceTiers: ["auto", "default", "flex", "priority"]),
        Provider(
            name: "anthropic", dialect: .anthropicMessages, baseURL: "https://api.anthropic.com",
            baseURLVariables: ["ANTHROPIC_BASE_URL"], keyVariables: ["ANTHROPIC_API_KEY"],
            tokenVariables: ["ANTHROPIC_AUTH_TOKEN"], authorization: .xAPIKey,
            headers: [HeaderField("anthropic-version", "2023-06-01")],
            // Later models refuse an assistant's message at the end.
            modelResume: Provider.ModelResume(.claude(through: ClaudeVersion(4, 5)), .assistant),
            samplingRefusal: .named(["opus-4-7", "opus-4-8", "opus-5", "sonnet-5", "haiku-5-5", "fable-5"]),
            serviceTiers: ["auto", "standard_only"]),
        Provider(
            name: "openrouter", baseURL: "https://openrouter.ai/api/v1", baseURLVariables: ["OPENROUTER_BASE_URL"],
            keyVariables: ["OPENROUTER_API_KEY"], resume: .assistant, reasoningForm: .object,
            isResumeCertain: false, serviceTiers: ["auto", "default", "flex", "priority", "fast", "scale"]),
        Provider(
            name: "deepseek", baseURL: "https://api.deepseek.com", baseURLVariables: ["DEEPSEEK_BASE_URL"],
            keyVariables: ["DEEPSEEK_API_KEY"], resume: .prefix, reasoningForm: .effortOrDisabled,
            // Thinking is on where a request does not say, and does not go with a prefix.
            prefix: PrefixQuirks(
                path: "/beta",
                members: JSONObject([JSONObject.Member(key: "thinking", value: ["type": "disabled"])])),
            serviceTiers: []),
        // It refuses fields that it does not know, and reports usage unasked.
        Provider(
            name: "mistral", baseURL: "https://api.mistral.ai/v1", baseURLVariables: ["MISTRAL_BASE_URL"],
            keyVariables: ["MISTRAL_API_KEY"], resume: .prefix, streamOptions: JSONObject(),
            echoesPrefix: true, renamedOptions: [.seed: "random_seed"],
            serviceTiers: ["auto", "standard_only"]),
        Provider(
            name: "groq", baseURL: "https://api.groq.com/openai/v1", baseURLVariables: ["GROQ_BASE_URL"],
            keyVariables: ["GROQ_API_KEY"], resume: .assistant, isResumeCertain: false,
            serviceTiers: ["on_demand", "flex", "auto", "performance"]),
        Provider(
            name: "vllm", baseURL: "http://localhost:8000/v1", baseURLVariables: ["VLLM_BASE_URL"],
            keyVariables: ["VLLM_API_KEY"], needsKey: false, resume: .continueFinalMessage,
            otherDialects: [.openAIResponses],
            replay: .response, storesBackgroundResponses: true, serviceTiers: []),
        Provider(
            name: "sglang", baseURL: "http://localhost:30000/v1", baseURLVariables: ["SGLANG_BASE_URL"],
            keyVariables: ["SGLANG_API_KEY"], needsKey: false, resume: .continueFinalMessage, serviceTiers: []),
        Provider(
            name: "llamacpp", baseURL: "http://localhost:8080/v1", baseURLVariables: ["LLAMACPP_BASE_URL"],
            keyVariables: ["LLAMACPP_API_KEY", "LLAMA_API_KEY"], needsKey: false, resume: .assistant,
            replay: .conversation, keepsStreams: true, serviceTiers: []),
        Provider(
            name: "ollama", baseURL: "http://localhost:11434/v1",
            baseURLVariables: ["OLLAMA_BASE_URL", "OLLAMA_HOST"], keyVariables: ["OLLAMA_API_KEY"], needsKey: false,
            resume: .assistant, addressPath: "/v1", isResumeCertain: false, missingOptions: [.n, .toolChoice],
            serviceTiers: []),
        Provider(
            name: "mock", baseURLVariables: ["MOCK_BASE_URL"], needsKey: false, authorization: .none,
            resume: .continueFinalMessage,
            otherDialects: [.openAIResponses, .anthropicMessages], replay: .conversation),
    ]
}

extension ProviderCatalog {
    /// Providers that speak like OpenAI and need no more than an address and a key (models.dev, 2026-07).
    ///
    /// None is known to go on from partial text exactly: their answers begin anew.
    static let compatible: [Provider] = [
        preset("baseten", "https://inference.baseten.co/v1"),
        preset("cerebras", "https://api.cerebras.ai/v1"),
        preset("dashscope", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1"),
        preset("deepinfra", "https://api.deepinfra.com/v1/openai"),
        preset("fireworks", "https://api.fireworks.ai/inference/v1"),
        preset(
            "gemini", "https://generativelanguage.googleapis.com/v1beta/openai",
            keys: ["GEMINI_API_KEY", "GOOGLE_API_KEY"],
            samplingRefusal: .named([
                "gemini-3-5-flash-lite", "gemini-3-6-flash", "gemini-3-7-flash", "gemini-3-8-flash",
            ])),
        preset("huggingface", "https://router.huggingface.co/v1", keys: ["HF_TOKEN"]),
        preset("hyperbolic", "https://api.hyperbolic.xyz/v1"),
        preset("minimax", "https://api.minimax.io/v1"),
        preset("moonshot", "https://api.moonshot.ai/v1"),
        preset("novita", "https://api.novita.ai/openai"),
        preset("nvidia", "https://integrate.api.nvidia.com/v1"),
        preset("perplexity", "https://api.perplexity.ai"),
        preset("sambanova", "https://api.sambanova.ai/v1"),
        preset("scaleway", "https://api.scaleway.ai/v1"),
        preset("siliconflow", "https://api.siliconflow.com/v1"),
        preset("together", "https://api.together.xyz/v1"),
        preset("vercel", "https://ai-gateway.vercel.sh/v1", keys: ["AI_GATEWAY_API_KEY"]),
        preset("xai", "https://api.x.ai/v1"),
        preset("zai", "https://api.z.ai/api/paas/v4", keys: ["ZAI_API_KEY", "ZHIPU_API_KEY"]),
    ]

    /// A provider whose variables are `NAME_API_KEY`, where no others are usual, and `NAME_BASE_URL`.
    private static func preset(
        _ name: String, _ baseURL: String, keys: [String] = [], samplingRefusal: ModelSet? = nil
    ) -> Provider {
        let prefix = name.uppercased()
        return Provider(
            name: name, baseURL: baseURL, baseURLVariables: ["\(prefix)_BASE_URL"],
            keyVariables: keys.isEmpty ? ["\(prefix)_API_KEY"] : keys, samplingRefusal: samplingRefusal)
    }
}

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
