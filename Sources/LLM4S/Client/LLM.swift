public import LLMStreaming
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
