import LLMStreaming
import Testing

/// All shapes of error bodies (WIRE.md 5.1 and 8), and the kind that status, code, type and words make (5.2).
@Suite struct ErrorBodyTests {
    private static func error(_ status: Int, _ body: String, _ headers: [(String, String)] = []) -> LLMError {
        ErrorClassifier.error(
            head: ProviderResponseHead(status: status, headers: headers.map { (name: $0.0, value: $0.1) }),
            body: Array(body.utf8), now: 0)
    }

    @Test(
        arguments: [
            // OpenAI, Groq, DeepSeek
            (#"{"error":{"message":"M","type":"server_error","param":null,"code":null}}"#, "M", "server_error"),
            (#"{"error":{"message":"M","type":"t","code":"c","failed_generation":"x","status_code":400}}"#, "M", "c"),
            // Azure
            (#"{"error":{"code":"401","message":"M"}}"#, "M", "401"),
            (#"{"error":{"code":"x","message":"M","innererror":{"code":"y"}}}"#, "M", "x"),
            // Anthropic
            (#"{"type":"error","error":{"type":"api_error","message":"M"},"request_id":"r"}"#, "M", "api_error"),
            (#"{"type":"error","error":{"type":"t","message":"M","details":{"error_code":"d"}}}"#, "M", "d"),
            // OpenRouter
            (
                #"{"error":{"code":502,"message":"M","metadata":{"provider_name":"P","raw":"R"}},"user_id":"u"}"#,
                "M: R", "502"
            ),
            (#"{"error":{"code":502,"message":"M","metadata":{"raw":{"error":"R"}}}}"#, #"M: {"error":"R"}"#, "502"),
            (#"{"error":{"code":502,"message":"M","metadata":{"raw":null}}}"#, "M", "502"),
            // Mistral
            (
                #"{"object":"error","message":"M","type":"t","param":null,"code":"1500","raw_status_code":400}"#, "M",
                "1500"
            ),
            (#"{"detail":"M"}"#, "M", nil),
            (
                #"{"detail":[{"type":"missing","loc":["body","messages",0],"msg":"Field required"},{"msg":"N"}]}"#,
                "body.messages.0: Field required; N", nil
            ),
            (#"{"object":"error","message":{"detail":[{"loc":["body"],"msg":"M"}]},"type":"t"}"#, "body: M", "t"),
            // xAI, Ollama, Venice, transformers
            (#"{"code":"invalid-argument","error":"M"}"#, "M", "invalid-argument"),
            (#"{"error":"M"}"#, "M", nil),
            // llama.cpp, vLLM
            (#"{"error":{"code":500,"message":"M","type":"server_error","n_ctx":8}}"#, "M", "500"),
            (#"{"error":{"message":"M","type":"BadRequestError","param":null,"code":400}}"#, "M", "400"),
            (#"{"object":"error","message":"M","type":"BadRequestError","param":null,"code":400}"#, "M", "400"),
            // A list of one, another name for the message, a text in quotes.
            (#"[{"error":{"code":400,"message":"M","status":"INVALID_ARGUMENT"}}]"#, "M", "400"),
            (#"{"error":{"msg":"M"}}"#, "M", nil), (#""M""#, "M", nil),
            // No JSON, cut JSON, JSON without words, nothing.
            ("Internal Server Error", "Internal Server Error", nil), ("\n <html>502</html>\n", "<html>502</html>", nil),
            (#"{"error":{"message":"M"#, #"{"error":{"message":"M"#, nil), (#"{"a":1}"#, #"{"a":1}"#, nil),
            (#"{"error":{}}"#, "{}", nil), (#"{"error":{"message":""}}"#, #"{"message":""}"#, nil),
            ("", "HTTP 500 with an empty body", nil), ("  \n", "no message", nil),
        ] as [(String, String, String?)])
    func theMessageIsFoundInEveryShape(_ body: String, _ message: String, _ code: String?) {
        let error = Self.error(500, body)
        #expect(error.message == message)
        #expect(error.code == code)
        #expect(error.httpStatus == 500)
    }

    @Test(
        arguments: [
            (400, ErrorKind.invalidRequest), (401, .auth), (402, .quota), (403, .permission), (404, .notFound),
            (405, .invalidRequest), (408, .server), (409, .server), (413, .invalidRequest), (422, .invalidRequest),
            (429, .rateLimit), (498, .overloaded), (500, .server), (502, .server), (503, .overloaded), (504, .server),
            (520, .server), (529, .overloaded), (302, .redirect),
        ])
    func aStatusAloneHasItsKind(_ status: Int, _ kind: ErrorKind) {
        for body in ["", "<html>", #"{"error":"x"}"#, #"{"error":{"message":"x","type":"invalid_request_error"}}"#] {
            #expect(Self.error(status, body).kind == kind, "\(body)")
        }
    }

    @Test(
        arguments: [
            (429, "", "insufficient_quota", "You exceeded your current quota", ErrorKind.quota),
            (429, "insufficient_quota", "insufficient_quota", "x", .quota),
            (429, "tokens", "rate_limit_exceeded", "Rate limit reached for gpt", .rateLimit),
            (429, "tokens", "rate_limit_exceeded", "Request too large for gpt-4o on tokens per min", .invalidRequest),
            (413, "tokens", "rate_limit_exceeded", "Request too large for model on tokens per minute", .invalidRequest),
            (413, "request_too_large", "", "Request exceeds the maximum size", .invalidRequest),
            (429, "", "RateLimitReached", "x", .rateLimit), (404, "", "DeploymentNotFound", "x", .notFound),
            (403, "permission_error", "model_not_found", "Project does not have access", .notFound),
            (401, "invalid_request_error", "invalid_api_key", "x", .auth),
            (400, "", "", "Incorrect API key provided: xx***yy", .auth),
            (400, "invalid_request_error", "", "Your credit balance is too low to access the API", .quota),
            (400, "invalid_request_error", "", "You have reached your specified API usage limits.", .quota),
            (400, "billing_error", "", "x", .quota), (529, "overloaded_error", "", "Overloaded", .overloaded),
            (500, "api_error", "", "x", .server), (504, "timeout_error", "", "x", .server),
            (429, "api_error", "", "x", .rateLimit), (401, "server_error", "", "x", .auth),
            (400, "invalid_request_error", "context_length_exceeded", "x", .contextLength),
            (400, "invalid_request_error", "", "prompt is too long: 210000 tokens > 200000 maximum", .contextLength),
            (
                400, "", "", "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000",
                .contextLength
            ),
            (400, "exceed_context_size_error", "400", "the request exceeds the available context size", .contextLength),
            (500, "server_error", "500", "the request exceeds the available context size", .contextLength),
            (400, "", "content_filter", "The response was filtered due to the prompt", .contentPolicy),
            (400, "", "", "triggering Azure OpenAI's content management policy", .contentPolicy),
            (403, "", "403", "Your chosen model requires moderation and your input was flagged", .contentPolicy),
            (400, "invalid_request_error", "", "Output blocked by content filtering policy", .contentPolicy),
            (400, "invalid_request_error", "tool_use_failed", "Failed to call a function", .server),
            (400, "invalid_model", "1500", "Invalid model: x", .invalidRequest),
        ])
    func codeTypeAndWordsSayMoreThanTheStatus(
        _ status: Int, _ type: String, _ code: String, _ message: String, _ kind: ErrorKind
    ) {
        let body: JSON = ["error": ["message": .string(message), "type": .string(type), "code": .string(code)]]
        #expect(Self.error(status, body.text).kind == kind)
    }

    @Test func aLongMessageIsCutBetweenCharacters() {
        let message = Self.error(500, String(repeating: "日", count: 1000)).message
        #expect(message.utf8.count <= 2048 && message.utf8.count > 2040)
        #expect(message.allSatisfy { $0 == "日" })
    }

    @Test func whatTheProviderSaysOfRetriesAndTheRequestIsKept() {
        let error = Self.error(
            529, #"{"error":{"type":"overloaded_error","message":"x"},"request_id":"in the body"}"#,
            [("X-Should-Retry", "False"), ("Retry-After", "2")])
        #expect(error.shouldRetry == false && !error.isRetryable)
        #expect(error.retryAfter == .seconds(2))
        #expect(error.requestID == "in the body")
        #expect(Self.error(500, "", [("x-should-retry", "true"), ("request-id", "r")]).requestID == "r")
        #expect(Self.error(400, "", [("x-should-retry", "true")]).isRetryable)
        #expect(Self.error(400, "", [("x-should-retry", "maybe")]).shouldRetry == nil)
        let routed = Self.error(
            503, #"{"error":{"code":503,"message":"x","availability":{"retryable":false,"retry_after":7.5}}}"#,
            [("retry-after", "3")])
        #expect(routed.retryAfter == .milliseconds(7500))
        #expect(routed.isRetryable == false)
    }

    @Test func everyKindSaysWhetherARetryMayHelp() {
        let never: Set<ErrorKind> = [
            .tls, .timeoutJob, .auth, .quota, .permission, .notFound, .invalidRequest, .contentPolicy, .contextLength,
            .oversizedEvent, .oversizedCompletion, .redirect, .cancelled,
        ]
        for kind in ErrorKind.allCases { #expect(kind.isRetryable == !never.contains(kind), "\(kind)") }
    }
}
