import LLMStreaming
import Testing

/// What only the words of an error tell: waits, empty accounts, requests that never fit, whom it speaks against.
@Suite struct ErrorWordsTests {
    private static func error(_ status: Int, _ message: String, type: String? = nil, code: String? = nil) -> LLMError {
        var error = JSONObject([.init(key: "message", value: .string(message))])
        error["type"] = type.map(JSON.string)
        error["code"] = code.map(JSON.string)
        return Self.error(status, body: JSON.object(JSONObject([.init(key: "error", value: .object(error))])).text)
    }

    private static func error(_ status: Int, body: String) -> LLMError {
        ErrorClassifier.error(head: ResponseHead(status: status), body: Array(body.utf8), now: 0)
    }

    @Test(
        arguments: [
            ("Limit 1500000, Used 1484072, Requested 16144. Please try again in 6.2s. Visit https://x.", 6200),
            ("Please try again in 1m30s.", 90_000), ("try again in 7m12.345s", 432_345), ("Retry in 34.07s.", 34_070),
            ("Please retry after 20 seconds.", 20_000), ("Please retry after 1 second", 1000),
            ("Please retry your request after 5 s", 5000), ("Please wait 30 seconds before the next", 30_000),
            ("Try again in 500ms", 500), ("try again in 1 hour and 5 minutes.", 3_900_000),
            ("Rate limit resets in 12 s", 12_000), (#"{"@type":"RetryInfo","retryDelay": "34s"}"#, 34_000),
            ("retry after about 2 minutes", 120_000), ("retry-after: 15", 15_000), ("Retry after 20", 20_000),
            ("No deployments available for selected model, Try again in 5 seconds. Passed model=m.", 5000),
            ("Please retry in 20s", 20_000), ("try again in 6m0s", 360_000), ("Try again in 1h2m3.5s.", 3_723_500),
            ("You must wait 30 seconds", 30_000), ("Wait 30 seconds and retry", 30_000), ("Wait: 45", 45_000),
            ("Please wait at least 2 min.", 120_000), ("try again in one minute", 60_000),
            ("retry in an hour", 3_600_000),
            ("try again in 1,500 ms", 1500), ("Please try again in 20ms.", 20), ("Try again in 3 s, or 5", 3000),
            (
                "Rate limit of 15 per 60s exceeded for UserByModelByMinute. Please wait 58 seconds before retrying.",
                58_000
            ),
            ("try again in 2d", 86_400_000), ("try again in 1h0m0s or wait for 10 s", 3_600_000),
        ])
    func aWaitInWordsIsKeptTo(_ message: String, _ milliseconds: Int) {
        #expect(Self.error(429, message).retryAfter == .milliseconds(milliseconds))
        #expect(Self.error(529, message).retryAfter == .milliseconds(milliseconds))
        #expect(Self.error(400, message).retryAfter == nil)
    }

    @Test(
        arguments: [
            "Please try again later.", "try again in a few minutes", "retry after some time", "try again in ∞s",
            "try again in -5s", "please wait", "in 6.2s", "try again in .", "limit 30 per 60 seconds",
            "try again after 2026-11-29T10:00:00Z", "retry after 12:30 UTC", "Try again after 11/30",
            "waited 30 seconds",
            "retry after 1764400000", "wait a moment", "try again in a bit", "the wait is over",
        ])
    func otherWordsAreNoWait(_ message: String) { #expect(Self.error(429, message).retryAfter == nil) }

    @Test(
        arguments: [
            (#"{"error":{"message":"x"},"retry_after":3}"#, 3000),
            (#"{"error":{"message":"x","retry_after":"4"}}"#, 4000),
            (#"{"error":"Model x is currently loading","estimated_time":20.5}"#, 20_500),
            (#"{"error":{"message":"x","retry_after_ms":250}}"#, 250),
            (#"{"error":{"message":"try again in 9s","retry_after":3}}"#, 9000),
        ])
    func aWaitMayBeAMember(_ body: String, _ milliseconds: Int) {
        #expect(Self.error(503, body: body).retryAfter == .milliseconds(milliseconds))
    }

    @Test(
        arguments: [
            "Rate limit reached for model `m` on tokens per minute (TPM): Limit 7000, Used 0, Requested ~12903. "
                + "Please try again in 2.597s.",
            "Rate limit reached on tokens per minute: Limit: 7,000 / Requested: 12,903",
            "This request exceeds the limit of 7,000 tokens per minute: it requested 12903 tokens",
            "the limit is 7000 tokens, requested tokens: 12,903",
            "litellm.RateLimitError: GroqException - Request too large for m on TPM: Limit 7000, Requested 12903",
            "Request too large for gpt-4: Limit 7000, Requested 12903. The input or output tokens must be reduced.",
        ])
    func aRequestOverTheWholeLimitSaysSo(_ message: String) {
        for status in [413, 429] {
            let error = Self.error(status, message, type: "tokens", code: "rate_limit_exceeded")
            #expect(error.kind == .invalidRequest && !error.isRetryable)
            #expect(error.message.hasPrefix("the request is larger than the whole limit: it counts 12903, and 7000"))
            #expect(error.message.hasSuffix(message))
        }
    }

    @Test func aRequestTooLargeInWordsAloneIsOfItsJob() {
        for message in ["Request too large for m.", "litellm.RateLimitError: GroqException - Request too large for m"] {
            #expect(Self.error(429, message, code: "rate_limit_exceeded").kind == .invalidRequest)
        }
    }

    @Test(
        arguments: [
            "Limit 30000, Used 29900, Requested 200. Please try again in 200ms.", "Requested 200", "Limit 7000",
            "Rate limit reached: Limit 7000, Used 7000, Requested 7000",
        ])
    func aRequestThatFitsWaits(_ message: String) { #expect(Self.error(429, message).kind == .rateLimit) }

    @Test(
        arguments: [
            (500, "insufficient balance (1008)"), (503, "Insufficient Balance"), (500, "用户额度不足"), (0, "余额不足"),
            (502, "upstream: You have run out of credits"), (403, "Insufficient account balance"),
            (400, "Your account is in arrears"), (429, "Insufficient prepaid account credits"),
            (500, "Not enough credits"),
            (429, "ExceededBudget: User x has exceeded their budget. Current cost: 10.1, Max budget: 5.0"),
            (400, "Your balance is too low. Please recharge your account."), (503, "insufficient_user_quota"),
            (403, "You have exceeded your monthly included credits"), (429, "Credit limit exceeded, see the settings"),
            (400, "Your account is not active: billing not active"), (502, "Payment Required"), (500, "额度已用尽"),
            (0, "insufficient balance (1008)"),
        ])
    func anEmptyAccountIsQuotaUnderAnyStatus(_ status: Int, _ message: String) {
        let json = JSON.object(JSONObject([.init(key: "message", value: .string(message))]))
        let error = status == 0 ? ErrorClassifier.inBand(json) : Self.error(status, message, type: "api_error")
        #expect(error.kind == .quota)
    }

    @Test(
        arguments: [
            (400, "insufficient permissions", ErrorKind.invalidRequest),
            (429, "Quota exceeded for requests per minute", .rateLimit),
            (500, "not enough memory for the credit report", .server), (503, "insufficient capacity", .overloaded),
            (400, "not enough messages: credit", .invalidRequest),
        ])
    func otherWantsAreNoQuota(_ status: Int, _ message: String, _ kind: ErrorKind) {
        #expect(Self.error(status, message).kind == kind)
    }

    @Test(
        arguments: [
            (400, "", "litellm.ContextWindowExceededError: x", ErrorKind.contextLength),
            (400, "", "litellm.ContentPolicyViolationError: x", .contentPolicy),
            (404, "not_found_error", "File Not Found", .notFound), (424, "generation", "CUDA out of memory", .server),
            (400, "model_not_available", "Unable to access model x", .notFound),
            (
                400, "", "The input (9000 tokens) is longer than the model's context length (8192 tokens).",
                .contextLength
            ),
            (
                400, "", "Requested token count exceeds the model's maximum context length of 8192 tokens.",
                .contextLength
            ),
            (422, "", "Input validation error: `inputs` must have less than 1024 tokens. Given: 2000", .contextLength),
            (
                400, "", "Trying to keep the first 5000 tokens. The model is loaded with context length of 4096",
                .contextLength
            ),
            (
                400, "", "This model's maximum context length is 4096 tokens. However, you requested 5000",
                .contextLength
            ),
            (500, "api_error", "Invalid API key", .auth), (500, "", "Rate limit exceeded", .rateLimit),
            (404, "", "File file-abc not found", .invalidRequest),
            (404, "", "No endpoints found that support image input", .invalidRequest),
            (404, "previous_response_not_found", "x", .invalidRequest), (404, "", "model 'm' not found", .notFound),
            (401, "key_model_access_denied", "key not allowed to access model", .notFound),
            (500, "insufficient_balance_error", "x", .quota),
            // Alibaba and Volcengine, in their spelling.
            (400, "DataInspectionFailed", "x", .contentPolicy), (429, "Throttling.AllocationQuota", "x", .rateLimit),
            (500, "RateLimitExceeded.EndpointRPMExceeded", "x", .rateLimit), (400, "InvalidApiKey", "x", .auth),
            (429, "ServerOverloaded", "x", .overloaded), (403, "AccountOverdueError", "x", .quota),
            (400, "OutputTextSensitiveContentDetected", "x", .contentPolicy),
        ])
    func wordsSayWhoseFaultItIs(_ status: Int, _ type: String, _ message: String, _ kind: ErrorKind) {
        #expect(Self.error(status, message, type: type).kind == kind)
    }

    /// Errors of a 200: what a status would tell is told by words and numbers alone.
    @Test(
        arguments: [
            (#"{"base_resp":{"status_code":1004,"status_msg":"login fail: Please carry the API secret key"}}"#, .auth),
            (#"{"base_resp":{"status_code":1026,"status_msg":"input new_sensitive"}}"#, .contentPolicy),
            (#"{"base_resp":{"status_code":1039,"status_msg":"token limit"}}"#, .rateLimit),
            (#"{"base_resp":{"status_code":2013,"status_msg":"invalid params"}}"#, .invalidRequest),
            (#"{"base_resp":{"status_code":1033,"status_msg":"system error"}}"#, .server),
            (
                #"{"error":{"type":"bad_request_error","message":"invalid params (2013)","http_code":"400"}}"#,
                .invalidRequest
            ),
            (#"{"error":{"code":"1302","message":"您当前使用该API的并发数过高，请降低并发"}}"#, .rateLimit),
            (#"{"error":{"code":"1301","message":"系统检测到输入或生成内容可能包含不安全或敏感内容"}}"#, .contentPolicy),
            (#"{"error":{"code":"1305","message":"该模型当前访问量过大，请您稍后再试"}}"#, .overloaded),
            (#"{"error":{"code":"1000","message":"身份验证失败"}}"#, .auth),
            (#"{"error_code":18,"error_msg":"Open api qps request limit reached"}"#, .rateLimit),
            (#"{"error_code":110,"error_msg":"Access token invalid or no longer valid"}"#, .auth),
            (#"{"code":50505,"message":"Model service overloaded. Please try again later."}"#, .overloaded),
            (#"{"header":{"code":10013,"message":"input content audit failed"}}"#, .contentPolicy),
            (#"{"code":"InvalidApiKey","message":"Invalid API-key provided."}"#, .auth),
            (#"{"error":{"message":"Your input may contain sensitive information"}}"#, .contentPolicy),
            (#"{"error":{"message":"a case-sensitive name"}}"#, .server),
            (#"{"error":{"message":"moderation is temporarily unavailable"}}"#, .server),
        ] as [(String, ErrorKind)])
    func anErrorWithoutAStatusIsToldByItsWords(_ body: String, _ kind: ErrorKind) throws {
        #expect(ErrorClassifier.inBand(try JSONParser.parse(body)).kind == kind)
    }

    @Test(
        arguments: [
            (400, "Invalid model name passed in model=m. Call `/v1/models` to view available models", Suspicion.model),
            (400, "Server is pinned to model m", .model), (400, "Model Not Exist", .model),
            (400, "m is not a valid model ID", .model), (400, "The model `m` does not exist", .model),
            (500, "model 'm' not found, try pulling it first", .model), (422, "Unknown model: m", .model),
            (400, "This is not a chat model and thus not supported in the v1/chat/completions endpoint", .model),
            (400, "model m is not supported", .model),
            (400, "The model `m` has been decommissioned and is no longer supported", .model),
            (403, "x", .provider), (402, "x", .provider), (405, "Method Not Allowed", .provider), (511, "x", .provider),
            (400, "API version not supported", .provider), (400, "This organization has been disabled.", .provider),
            (400, "<html><head><title>Login</title></head></html>", .provider),
            (400, "<!DOCTYPE html>", .provider), (421, "", .provider), (302, "", .provider),
            (400, "The plain HTTP request was sent to HTTPS port", .provider),
            (400, "Client sent an HTTP request to an HTTPS server.", .provider),
            (400, "\"nomic-embed-text\" does not support chat", .model), (500, "Failed to load model x", .model),
            (400, "The model does not support Chat Completions API", .model),
            (400, "No models loaded. Load one.", .model),
            (500, "model requires more system memory (5.5 GiB) than is available (3.9 GiB)", .model),
            (400, "As of transformers v4.44, default chat template is no longer allowed", .model),
            (400, "The chatCompletion operation does not work with the specified model, x.", .model),
            (400, "Invocation of model ID x with on-demand throughput isn't supported.", .model),
            (400, "The provided model identifier is invalid.", .model),
            (400, "Invalid model 'x'. Permitted models", .model),
            (404, "No endpoints found matching your data policy", .model),
            (400, "The requested model 'x' is not supported by any provider you have enabled.", .model),
            (400, "User location is not supported for the API use.", .provider),
            (400, "Organization has been restricted.", .provider), (501, "Unsupported method ('POST')", .provider),
            (400, "no handler found for uri [/v1/chat/completions] and method [POST]", .provider),
            (500, "Unexpected endpoint or method. (POST /chat/completions)", .provider),
            // Of the job.
            (404, "No endpoints found that support tool use", nil), (400, "x does not support tools", nil),
            (400, "max_tokens is too large: 99999. This model supports at most 4096 completion tokens", nil),
            (400, "Conversation roles must alternate user/assistant/user/assistant/...", nil),
            (400, "'temperature' does not support 0.2 with this model. Only the default (1) value is supported.", nil),
            (400, "tool calling is not supported by this model", nil),
            (422, "body.temperature: Input should be at most 2", nil),
            (400, "Invalid schema for response_format 'x': 'required' is required to be supplied", nil),
            (400, "Unsupported parameter: 'max_tokens' is not supported with this model.", nil),
            (400, "Invalid value for 'temperature'", nil), (400, "", nil), (500, "Internal Server Error", nil),
            (502, "<html><body>Bad Gateway</body></html>", nil), (429, "slow down", nil), (503, "Loading model", nil),
        ] as [(Int, String, Suspicion?)])
    func wordsSpeakAgainstTheProviderTheModelOrTheJob(_ status: Int, _ message: String, _ suspicion: Suspicion?) {
        #expect(Self.error(status, message).suspicion == suspicion)
    }
}
