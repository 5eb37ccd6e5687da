/// What the messages of errors speak of, for servers whose codes do not tell; all take the message in lower case.
///
/// The phrases are those of the servers named beside them, as recorded or documented.
enum ErrorPhrases {
    /// Whether the prompt, or prompt and answer together, are longer than the model can hold.
    static func speakOfContextLength(_ message: String) -> Bool {
        contains(
            message,
            [
                // OpenAI, vLLM, DeepSeek, OpenRouter, Mistral, SGLang, Ollama, LM Studio, MiniMax, llama.cpp
                "context length", "context window", "context size", "context limit", "context_length_exceeded",
                // Anthropic, Fireworks, Bedrock, xAI
                "prompt is too long", "input is too long", "maximum prompt length",
                // Google, Cohere, Copilot, Moonshot, Alibaba, Z.ai
                "maximum number of tokens", "too many tokens in the prompt", "too many tokens: ",
                "prompt token count", "exceeded model token limit", "range of input length",
                "prompt exceeds max length",
                // Groq and Cerebras, newer vLLM, TGI and Together
                "reduce the length of the messages", "longer than the maximum model length",
                "`inputs` must have less than", "`inputs` tokens + `max_new_tokens`",
            ])
    }

    /// Whether the key is wrong: xAI and Google say so with a 400.
    static func speakOfKey(_ message: String) -> Bool {
        contains(message, ["api key", "api_key", "apikey"])
            && contains(message, ["incorrect", "invalid", "not valid", "expired", "missing"])
    }

    /// Whether money or a budget is used up, so that no wait of minutes helps.
    static func speakOfQuota(_ message: String) -> Bool {
        // Google says the same of the limit of a minute, and then when to come back.
        if message.contains("exceeded your current quota") { return !message.contains("please retry in") }
        return contains(
            message,
            [
                // Anthropic; xAI; Z.ai, DeepSeek and Moonshot; OpenRouter's keys; LiteLLM
                "credit balance is too low", "usage limits", "spend limit", "spending limit",
                "used all available credits", "insufficient balance", "insufficient credits", "insufficient funds",
                "key limit exceeded", "budget has been exceeded",
            ])
    }

    /// Whether what was asked, or the answer to it, is not allowed.
    static func speakOfModeration(_ message: String) -> Bool {
        contains(
            message,
            [
                "moderation", "content management policy", "content policy", "content_filter",
                "content filtering policy", "usage policy", "usage guidelines", "was flagged",
            ])
    }

    /// Whether a server error is one that the same request brings for ever: llama.cpp reports faults of the request
    /// and of how it was started with status 500 (WIRE.md 5.1).
    static func arePermanent(_ message: String) -> Bool {
        contains(
            message,
            [
                "param requires --jinja", "requires --jinja flag", "cannot use both json_schema and grammar",
                "input is not supported", "unsupported param:", "failed to parse grammar", "failed to parse messages",
                "json schema conversion failed", "invalid value for tool_choice",
            ])
    }

    private static func contains(_ message: String, _ phrases: [String]) -> Bool {
        phrases.contains { message.contains($0) }
    }
}
