/// The providers that a program knows: the built-in ones and those of its configuration.
public struct ProviderCatalog: Sendable {
    private var providers: [String: Provider]

    /// The built-in providers (SPEC 4, WIRE.md 1).
    public init() {
        providers = Dictionary(uniqueKeysWithValues: Self.builtIn.map { ($0.name, $0) })
    }

    /// The provider of that name.
    public subscript(_ name: String) -> Provider? {
        get { providers[name] }
        set { providers[name] = newValue }
    }

    /// All names, sorted.
    public var names: [String] { providers.keys.sorted() }

    /// How the names of OpenAI's reasoning models begin.
    private static let reasoningModels = ["o1", "o3", "o4", "gpt-5", "gpt-6"]

    private static let builtIn: [Provider] = [
        Provider(
            name: "openai", baseURL: "https://api.openai.com/v1", baseURLVariables: ["OPENAI_BASE_URL"],
            keyVariables: ["OPENAI_API_KEY"],
            streamOptions: JSONObject.usageOnly.merging(.withoutObfuscation),
            maxCompletionTokensPrefixes: reasoningModels, otherDialects: [.openAIResponses],
            responsesStreamOptions: .withoutObfuscation, replay: .response),
        // The v1 paths; a model is a deployment's name (WIRE.md 1), often that of the model behind it.
        Provider(
            name: "azure", baseURLVariables: ["AZURE_OPENAI_ENDPOINT", "AZURE_API_BASE"],
            keyVariables: ["AZURE_OPENAI_API_KEY", "AZURE_API_KEY"], tokenVariables: ["AZURE_OPENAI_AD_TOKEN"],
            authorization: .apiKey, maxCompletionTokensPrefixes: reasoningModels, addressPath: "/openai/v1",
            otherDialects: [.openAIResponses], responsesStreamOptions: .withoutObfuscation, replay: .response),
        Provider(
            name: "anthropic", dialect: .anthropicMessages, baseURL: "https://api.anthropic.com",
            baseURLVariables: ["ANTHROPIC_BASE_URL"], keyVariables: ["ANTHROPIC_API_KEY"],
            tokenVariables: ["ANTHROPIC_AUTH_TOKEN"], authorization: .xAPIKey,
            headers: [("anthropic-version", "2023-06-01")],
            // Later models refuse an assistant's message at the end (WIRE.md 6).
            modelResume: Provider.ModelResume(.claude(through: ClaudeVersion(4, 5)), .assistant)),
        Provider(
            name: "openrouter", baseURL: "https://openrouter.ai/api/v1", baseURLVariables: ["OPENROUTER_BASE_URL"],
            keyVariables: ["OPENROUTER_API_KEY"], resume: .assistant, reasoningForm: .object,
            isResumeCertain: false),
        Provider(
            name: "vllm", baseURL: "http://localhost:8000/v1", baseURLVariables: ["VLLM_BASE_URL"],
            keyVariables: ["VLLM_API_KEY"], needsKey: false, resume: .continueFinalMessage,
            otherDialects: [.openAIResponses],
            replay: .response, storesBackgroundResponses: true),
        Provider(
            name: "llamacpp", baseURL: "http://localhost:8080/v1", baseURLVariables: ["LLAMACPP_BASE_URL"],
            keyVariables: ["LLAMACPP_API_KEY", "LLAMA_API_KEY"], needsKey: false, resume: .assistant,
            replay: .conversation, keepsStreams: true),
        Provider(
            name: "mock", needsKey: false, authorization: .none, resume: .continueFinalMessage,
            otherDialects: [.openAIResponses, .anthropicMessages], replay: .conversation),
    ]
}
