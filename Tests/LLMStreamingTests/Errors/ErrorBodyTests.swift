import LLMStreaming
import Testing

/// All shapes of error bodies (Provider facts, "Error bodies"), and the kind that status, code, type and words make.
@Suite struct ErrorBodyTests {
    private static func error(_ status: Int, _ body: String, _ headers: [(String, String)] = []) -> LLMError {
        ErrorClassifier.error(
            head: ResponseHead(status: status, headers: headers.map(HeaderField.init)),
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
            (#"{"error":{"code":502,"message":"M","metadata":{"raw":{"error":"R"}}}}"#, "M: R", "502"),
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
            // Gateways, problem documents, OAuth, lists of errors, the flat error event of Responses.
            (#"{"statusCode":429,"message":"M"}"#, "M", "429"), (#"{"Message":"M"}"#, "M", nil),
            (#"{"type":"about:blank","title":"T","status":401,"detail":"M"}"#, "M", "about:blank"),
            (#"{"error":"invalid_client","error_description":"M"}"#, "invalid_client: M", nil),
            (#"{"errors":[{"message":"M"},"N"]}"#, "M; N", nil), (#"{"error":["M","N"]}"#, "M; N", nil),
            (#"{"type":"error","code":"c","message":"M","param":null,"sequence_number":3}"#, "M", "c"),
            (#"{"type":"error","message":"M"}"#, "M", nil),
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
            // xAI, Moonshot, Z.ai, DeepSeek, OpenRouter's keys, Alibaba, LiteLLM
            (429, "", "", "Your team has used all available credits or reached its spending limit", .quota),
            (403, "", "", "Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_BIO", .contentPolicy),
            (429, "exceeded_current_quota_error", "", "Your account is suspended", .quota),
            (429, "", "1113", "Insufficient balance or no resource package. Please recharge.", .quota),
            (403, "", "403", "Key limit exceeded (monthly limit)", .quota), (400, "", "Arrearage", "x", .quota),
            (400, "budget_exceeded", "400", "Budget has been exceeded!", .quota),
            (429, "rate_limit_exceeded", "", "used all available credits", .quota),
            // Google says of a minute's limit what OpenAI says of an empty account.
            (429, "", "", "You exceeded your current quota. Please retry in 34.07s.", .rateLimit),
            (429, "", "", "You exceeded your current quota, please check your plan", .quota),
            (503, "", "UNAVAILABLE", "The model is overloaded", .overloaded),
            (400, "", "", "API key not valid. Please pass a valid API key.", .auth),
            (429, "throttling_error", "", "x", .rateLimit), (401, "auth_error", "401", "x", .auth),
            // llama.cpp
            (501, "not_supported_error", "501", "This server does not support embeddings", .invalidRequest),
            (503, "unavailable_error", "503", "Loading model", .overloaded),
            (500, "server_error", "500", "tools param requires --jinja flag", .server),
            // OpenRouter's own words
            (400, "max_tokens_exceeded", "", "x", .invalidRequest), (402, "payment_required", "", "x", .quota),
            (503, "provider_overloaded", "", "x", .overloaded), (502, "unmapped", "", "x", .server),
            (400, "refusal", "", "x", .contentPolicy), (404, "not_found", "", "x", .notFound),
        ])
    func codeTypeAndWordsSayMoreThanTheStatus(
        _ status: Int, _ type: String, _ code: String, _ message: String, _ kind: ErrorKind
    ) {
        let body: JSON = ["error": ["message": .string(message), "type": .string(type), "code": .string(code)]]
        #expect(Self.error(status, body.text).kind == kind)
    }

    @Test(
        arguments: [
            "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
            "prompt is too long: 210000 tokens > 200000 maximum",
            "request (4096 tokens) exceeds the available context size (2048 tokens), try increasing it",
            "The prompt (length 5000) is longer than the maximum model length of 4096.",
            "The input (5000 tokens) is longer than the model's context length (4096 tokens).",
            "Prompt contains 50000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
            "Please reduce the length of the messages or completion. Current length is 9000 while limit is 8192",
            "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
            "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
            "too many tokens: total number of tokens in the prompt cannot exceed 4081",
            "Input validation error: `inputs` must have less than 1024 tokens. Given: 2000",
            "Input is too long for requested model.", "prompt too long; exceeded max context length by 3 tokens",
            "The number of tokens to keep from the initial prompt is greater than the context length.",
            "Invalid request: Your request exceeded model token limit: 8192", "Prompt exceeds max length",
            "Range of input length should be [1, 30720]", "prompt token count of 9 exceeds the limit of 8",
            "Provider returned error: {\"error\":{\"code\":\"context_length_exceeded\"}}",
        ])
    func aPromptThatIsTooLongIsFoundInEveryServersWords(_ message: String) {
        let body = JSON(dictionaryLiteral: ("error", ["message": .string(message)])).text
        for status in [400, 413, 422, 500] { #expect(Self.error(status, body).kind == .contextLength, "\(status)") }
        // Of a limit that a minute mends, the words mean nothing.
        #expect(Self.error(429, body).kind == .rateLimit)
    }

    @Test func theFindingsOfAModerationMakeARefusalItsOwn() {
        let flagged = #"{"error":{"code":403,"message":"No","metadata":{"reasons":["violence"],"flagged_input":"x"}}}"#
        #expect(Self.error(403, flagged).kind == .contentPolicy)
        #expect(
            Self.error(403, #"{"error":{"code":403,"message":"No","metadata":{"reasons":[]}}}"#).kind == .permission)
    }

    @Test func azuresInnerCodeAndGooglesDelayAreRead() {
        let filtered =
            #"{"error":{"code":"BadRequest","message":"x","innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#
        #expect(Self.error(400, filtered).kind == .contentPolicy)
        let delayed =
            #"[{"error":{"code":429,"message":"x","status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"34s"}]}}]"#
        #expect(Self.error(429, delayed).kind == .rateLimit)
        #expect(Self.error(429, delayed).retryAfter == .seconds(34))
    }

    @Test func faultsOfARequestThatLlamaCppCallsItsOwnAreNotRetried() {
        for message in ["tools param requires --jinja flag", "image input is not supported - hint: use mmproj"] {
            let body = #"{"error":{"code":500,"message":"\#(message)","type":"server_error"}}"#
            #expect(Self.error(500, body).shouldRetry == false)
            #expect(!Self.error(500, body).isRetryable)
            #expect(Self.error(503, body).isRetryable)
        }
        #expect(Self.error(500, #"{"error":{"code":500,"message":"slot lost","type":"server_error"}}"#).isRetryable)
    }

    @Test(arguments: [
        ("x-request-id", "llm_provider-x-request-id"), ("request-id", "x-generation-id"),
        ("apim-request-id", "x-litellm-call-id"), ("x-generation-id", "x-ds-trace-id"), ("x-ds-trace-id", ""),
        ("x-amzn-requestid", ""), ("mistral-correlation-id", ""), ("llm_provider-request-id", "x-litellm-call-id"),
    ])
    func theRequestsNameIsFoundUnderAnyFieldsName(_ name: String, _ lesser: String) {
        let headers = [(lesser, "other"), (name.uppercased(), "r-1")]
        #expect(Self.error(500, "", headers).requestID == "r-1")
        #expect(Self.error(500, "", [(name, "")]).requestID == nil)
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
            .oversizedEvent, .oversizedCompletion, .redirect, .invalidAnswer, .timeoutCheck, .repetition, .cancelled,
        ]
        for kind in ErrorKind.allCases { #expect(kind.isRetryable == !never.contains(kind), "\(kind)") }
    }
}
