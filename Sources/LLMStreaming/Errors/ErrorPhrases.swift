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
                // LiteLLM's exception; Groq and Cerebras, newer vLLM, TGI and Together
                "contextwindowexceeded",
                "reduce the length of the messages", "longer than the maximum model length",
                "`inputs` must have less than", "`inputs` tokens + `max_new_tokens`",
            ])
    }

    /// Whether the key is wrong: xAI and Google say so with a 400.
    static func speakOfKey(_ message: String) -> Bool {
        contains(message, ["api key", "api_key", "apikey", "api-key"])
            && contains(message, ["incorrect", "invalid", "not valid", "expired", "missing"])
            // Baidu; Z.ai
            || contains(message, ["access token invalid", "invalid access token", "token非法", "身份验证失败"])
    }

    /// Whether money or a budget is used up, so that no wait of minutes helps.
    static func speakOfQuota(_ message: String) -> Bool {
        // Google says the same of the limit of a minute, and then when to come back.
        if message.contains("exceeded your current quota") { return !message.contains("please retry in") }
        return areOfWant(message)
            || contains(
                message,
                [
                    // Anthropic; xAI; Z.ai, DeepSeek and Moonshot; OpenRouter's keys; LiteLLM
                    "credit balance is too low", "usage limits", "spend limit", "spending limit",
                    "used all available credits", "insufficient balance", "insufficient credits", "insufficient funds",
                    "key limit exceeded", "budget has been exceeded",
                    // Gateways and servers of their own, in their words for an account without money
                    "insufficient_balance", "insufficient_quota", "balance is insufficient", "balance is not enough",
                    "balance is too low", "balance is zero", "balance is 0", "negative balance", "out of credit",
                    "credits exhausted", "credits are exhausted", "credits have been exhausted",
                    "credit limit exceeded",
                    "no credits left", "no credits remaining", "no remaining credits", "used up your credits",
                    "used up all your credits", "monthly included credits", "exceeded their budget",
                    "exceeded your budget",
                    "account is in arrears", "overdue payment", "overdue balance", "unpaid invoice",
                    "billing hard limit",
                    "billing is not active", "billing not active", "payment required", "free trial has ended",
                    "free trial has expired", "purchase more credits", "add more credits", "top up your account",
                    "recharge your account", "余额不足", "欠费", "额度不足", "额度已用尽",
                ])
    }

    /// Whether there is not enough of what is paid with: "insufficient account balance", "not enough prepaid credits".
    private static func areOfWant(_ message: String) -> Bool {
        ["insufficient", "not enough", "lack of"].contains { opening in
            message.ranges(of: opening).contains { range in
                let words = message[range.upperBound...].prefix(80).prefix { !".:;".contains($0) }
                    .split { !$0.isLetter }.prefix(3)
                return words.contains { money.contains(String($0)) }
            }
        }
    }

    private static let money: Set<String> = ["balance", "credit", "credits", "fund", "funds", "quota", "quotas"]

    /// Whether too much was asked for in a time.
    static func speakOfRate(_ message: String) -> Bool {
        contains(
            message,
            [
                "rate limit", "rate-limit", "ratelimit", "rate_limit", "too many requests", "tokens per minute",
                "requests per minute", "请求过于频繁",
                // Baidu; Z.ai and MiniMax
                "qps request limit", "并发数过高", "频率过高", "频率超限", "速率限制", "流量限制",
            ])
    }

    /// Whether what was asked, or the answer to it, is not allowed.
    static func speakOfModeration(_ message: String) -> Bool {
        contains(
            message,
            [
                "moderation", "contentpolicyviolation", "content management policy", "content policy", "content_filter",
                "content filtering policy", "usage policy", "usage guidelines", "was flagged",
                // Alibaba; Volcengine; iFlytek; Z.ai
                "inappropriate content", "sensitive information", "sensitive content", "content audit failed",
                "敏感内容",
            ])
    }

    /// Whether the server has too much to do.
    static func speakOfLoad(_ message: String) -> Bool {
        contains(
            message,
            [
                "overloaded", "over capacity", "heavy load", "server is busy", "service is busy", "访问量过大", "系统繁忙",
                "服务繁忙",
            ])
    }

    /// Whether the model is not there, not for this key, or not for this interface.
    static func blameModel(_ message: String) -> Bool {
        // What no endpoint can do is for the job that asks for it.
        if contains(message, ["no endpoints found that support"]) { return false }
        return areOfMissingModel(message)
            || contains(
                message,
                [
                    // LiteLLM, OpenAI, OpenRouter, gateways
                    "llm provider not provided", "not a chat model", "not supported in the v1/chat",
                    "is only supported in v1/responses", "no healthy deployments", "no deployments available",
                    "not have access to model", "not have access to the model", "not allowed to access model",
                    "no endpoints found", "server is pinned to",
                    // vLLM, Ollama, Azure; a model without a template of its own
                    "does not support chat", "doesn't support chat", "does not work with the specified model",
                    "default chat template is no longer allowed", "must provide a chat template",
                    // Together, Bedrock
                    "unable to access model", "on-demand throughput",
                ])
    }

    /// Whether no wait makes the model appear: said under a server error too.
    static func areOfMissingModel(_ message: String) -> Bool {
        if contains(
            message,
            [
                // LiteLLM and Mistral; DeepSeek; OpenRouter; gateways; Groq
                "invalid model", "model not exist", "not a valid model", "unknown model", "no such model",
                "unsupported model", "model_not_found", "could not find model", "模型不存在", "model_decommissioned",
                // LM Studio; Ollama and other servers of their own machine
                "no models loaded", "no model loaded", "no model is loaded", "model is not loaded",
                "failed to load model",
                "unable to load model", "error loading model", "requires more system memory",
            ])
        {
            return true
        }
        // "The model `x` does not exist", "model 'x' not found", "model x is not supported"
        return message.ranges(of: "model").contains { model in
            let rest = message[model.upperBound...].prefix(200).split(whereSeparator: \.isWhitespace)
            return (0...2).contains { skipped in
                let words = rest.dropFirst(skipped).prefix(5).joined(separator: " ")
                return missing.contains { words.hasPrefix($0) }
            }
        }
    }

    private static let missing = [
        "does not exist", "doesn't exist", "not found", "is not found", "was not found", "could not be found",
        "is not supported", "not supported", "is not available", "is not a chat model", "is not served",
        "has been deprecated", "is deprecated", "has been decommissioned", "has been retired", "has been removed",
        "is unknown", "is invalid",
    ]

    /// Whether something that the request names is not there: of everybody else that says nothing.
    static func areOfMissingPart(_ message: String, _ words: [String]) -> Bool {
        if words.contains(where: { ["previous_response_not_found", "image_file_not_found"].contains($0) }) {
            return true
        }
        if contains(message, ["no endpoints found that", "no endpoints found matching"]) { return true }
        // Of llama.cpp and of servers of files: the path is not there.
        if message.trimmingPrefix("error: ").hasPrefix("file not found") { return false }
        return !message.contains("model")
            && contains(
                message,
                [
                    "file", "previous response", "response with id", "conversation", "vector store", "container",
                    "item with id", "prompt with id", "attachment", "skill", "assistant", "thread",
                ])
            && contains(message, ["not found", "does not exist", "doesn't exist", "no such"])
    }

    /// Whether the account, the interface's version or the address is what is wrong.
    static func blameAddress(_ message: String) -> Bool {
        contains(
            message,
            [
                // Azure; OpenAI; Anthropic; gateways
                "api version", "api-version", "anthropic-version", "deactivated", "account is disabled",
                "account has been disabled", "account has been suspended", "account is suspended",
                "organization has been disabled", "organization is disabled", "organization has been restricted",
                "not authorized to access", "location is not supported", "region is not supported",
                "country is not supported", "no handler found for uri", "unexpected endpoint or method",
                "plain http request was sent to https port", "http request to an https server",
                "method not allowed", "unknown request url", "invalid url (", "no route matched", "no such route",
                "unknown path", "cannot post /",
            ])
    }

    /// Whether what answered is a page for readers, or no server of this protocol: a captive portal, a start page,
    /// another service.
    static func areForeign(_ message: String) -> Bool {
        contains(message, ["<!doctype html", "<html", "<head>", "<body", "text/html", "does not answer in http/"])
            || areOfAnotherService(message)
    }

    /// Whether an orderly response is not one of this interface, in our own words for it.
    static func areOfAnotherService(_ message: String) -> Bool {
        contains(
            message,
            [
                "a completion has no choices", "a completion is ", "a message has no content",
                "a response has no output",
                "a response is ", "a response ended with the status", "neither an event stream nor json",
                "the body is no event stream",
                "instead of an event stream", "accept-encoding: identity",
            ])
    }

    /// Whether a server error is one that the same request brings every time: llama.cpp reports faults of the request
    /// and of how it was started with status 500.
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
