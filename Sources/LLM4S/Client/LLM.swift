// One import for users of the library: conversations, options, chunks, completions and errors live in the pure targets.
@_exported public import LLMStreaming
@_exported public import ServerSentEvents
import SystemCalls

/// The way in: a client for a model of any provider.
///
/// ```swift
/// let client = try LLM.client(model: "anthropic/claude-haiku-4-5")
/// let answer = try await client.streamComplete([.user("Why is the sky blue?")]) { chunk in
///     print(chunk.content ?? "", terminator: "")
/// }
/// ```
public enum LLM {
    /// A client for a model, with URL and key from the environment.
    ///
    /// - Parameters:
    ///   - model: `provider/model`, as in `openai/gpt-4.1` or `vllm/meta-llama/Llama-3.1-8B`. Without a provider it is
    ///     OpenRouter's if OPENAI_BASE_URL holds `openrouter.ai`, else OpenAI's. Where nil, what LLM_MODEL holds.
    ///   - environment: the variables to look in; those of the process where nil.
    /// - Throws: what is missing, such as the variable that should hold the key.
    public static func client(
        model: String? = nil, environment: [String: String]? = nil
    ) throws(ConfigurationError) -> LLMClient {
        let environment = environment ?? ProcessEnvironment.variables
        guard let name = model ?? environment["LLM_MODEL"], !name.isEmpty else {
            throw ConfigurationError(
                "no model is named: set LLM_MODEL, as in LLM_MODEL=openai/gpt-6-luna, or call LLM.client(model:) with one"
            )
        }
        let choice = try ModelChoice(name, environment: environment)
        return LLMClient(endpoint: choice.endpoint, model: choice.model)
    }
}

/// Which provider a model's name means, and what that provider calls the model (Contract, "Providers").
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
