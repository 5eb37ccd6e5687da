import LLMStreaming
import Testing

/// Errors inside a stream whose head said 200, in every shape (Provider facts, "Errors in a stream"): the answer is
/// never complete, what came before them stays, and `[DONE]` behind them means nothing.
@Suite struct InBandErrorTests {
    private static let start =
        #"data: {"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"a"}}]}"# + "\n\n"
    private static let stop = #"data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"# + "\n\n"

    /// An error as it stands in a stream, and what it is.
    struct Sample: Sendable, CustomTestStringConvertible {
        var name: String
        var text: String
        var kind: ErrorKind
        var message: String
        var code: String?

        var testDescription: String { name }
    }

    @Test(
        arguments: [
            Sample(
                name: "OpenAI",
                text: #"data: {"error":{"message":"The server had an error","type":"server_error","code":null}}"#
                    + "\n\n",
                kind: .server, message: "The server had an error", code: "server_error"),
            Sample(
                name: "vLLM, then [DONE]",
                text: #"data: {"error":{"message":"boom","type":"InternalServerError","param":null,"code":500}}"#
                    + "\n\ndata: [DONE]\n\n",
                kind: .server, message: "boom", code: "500"),
            Sample(
                name: "vLLM, bad request",
                text: #"data: {"error":{"message":"bad","type":"BadRequestError","code":400}}"#
                    + "\n\ndata: [DONE]\n\n",
                kind: .invalidRequest, message: "bad", code: "400"),
            Sample(
                name: "older vLLM, flat",
                text: #"data: {"object":"error","message":"boom","type":"BadRequestError","param":null,"code":400}"#
                    + "\n\n",
                kind: .invalidRequest, message: "boom", code: "400"),
            Sample(
                name: "Groq",
                text: "event: error\n"
                    + #"data: {"error":{"message":"Failed to call a function","type":"invalid_request_error","#
                    + #""code":"tool_use_failed","failed_generation":"<function","status_code":400}}"# + "\n\n",
                kind: .server, message: "Failed to call a function", code: "tool_use_failed"),
            Sample(
                name: "old llama.cpp",
                text: #"error: {"code":400,"message":"the request exceeds the available context size","#
                    + #""type":"exceed_context_size_error","n_ctx":256}"# + "\n\n",
                kind: .contextLength, message: "the request exceeds the available context size", code: "400"),
            Sample(
                name: "old llama.cpp without a blank line, then [DONE]",
                text: #"error: {"code":500,"message":"lost the slot","type":"server_error"}"# + "\ndata: [DONE]\n\n",
                kind: .server, message: "lost the slot", code: "500"),
            Sample(
                name: "an error field that is no JSON", text: "error: out of memory\n\n", kind: .server,
                message: "out of memory"),
            Sample(
                name: "an error event that is no JSON", text: "event: error\ndata: upstream gone\n\n", kind: .server,
                message: "upstream gone"),
            Sample(
                name: "OpenRouter",
                text: #"data: {"id":"g","provider":"P","error":{"code":502,"message":"Provider disconnected","#
                    + #""metadata":{"error_type":"provider_unavailable"}},"choices":[{"index":0,"delta":{"content":""},"#
                    + #""finish_reason":"error"}]}"# + "\n\n",
                kind: .server, message: "Provider disconnected", code: "502"),
            Sample(
                name: "OpenRouter, rate limit",
                text:
                    #"data: {"error":{"code":429,"message":"Rate limited"},"choices":[{"delta":{},"finish_reason":null}]}"#
                    + "\n\ndata: [DONE]\n\n",
                kind: .rateLimit, message: "Rate limited", code: "429"),
            Sample(
                name: "LiteLLM",
                text: #"data: {"error":{"message":"litellm.RateLimitError: slow","type":"throttling_error","#
                    + #""param":null,"code":"429"}}"# + "\n\n",
                kind: .rateLimit, message: "litellm.RateLimitError: slow", code: "429"),
            Sample(
                name: "flat",
                text: #"data: {"type":"error","code":"rate_limit_exceeded","message":"slow","param":null}"# + "\n\n",
                kind: .rateLimit, message: "slow", code: "rate_limit_exceeded"),
            Sample(
                name: "a picture's fault",
                text: #"data: {"error":{"message":"no picture","code":"invalid_image_format"}}"# + "\n\n",
                kind: .invalidRequest, message: "no picture", code: "invalid_image_format"),
            Sample(
                name: "a text", text: #"data: {"error":"model crashed","code":"oops"}"# + "\n\n", kind: .server,
                message: "model crashed", code: "oops"),
            Sample(
                name: "a detail", text: #"data: {"detail":"worker died"}"# + "\n\n", kind: .server,
                message: "worker died"),
            Sample(
                name: "inside of a choice",
                text: #"data: {"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error","#
                    + #""error":{"code":502,"message":"Upstream died"}}]}"# + "\n\n",
                kind: .server, message: "Upstream died", code: "502"),
            Sample(
                name: "inside of a delta",
                text: #"data: {"choices":[{"index":0,"delta":{"error":{"code":429,"message":"slow"}}}]}"# + "\n\n",
                kind: .rateLimit, message: "slow", code: "429"),
            Sample(
                name: "MiniMax, beside choices",
                text: #"data: {"choices":[{"index":0,"delta":{}}],"base_resp":{"status_code":1027,"#
                    + #""status_msg":"output new_sensitive"}}"# + "\n\n",
                kind: .contentPolicy, message: "output new_sensitive", code: "1027"),
            Sample(
                name: "AWS", text: #"data: {"__type":"ThrottlingException","message":"slow down"}"# + "\n\n",
                kind: .rateLimit, message: "slow down", code: "ThrottlingException"),
            Sample(
                name: "a quota that ran out",
                text:
                    #"data: {"error":{"type":"insufficient_quota","code":"insufficient_quota","message":"no credit"}}"#
                    + "\n\n",
                kind: .quota, message: "no credit", code: "insufficient_quota"),
        ])
    func chatErrors(_ sample: Sample) throws {
        // Before the finish reason, and between it and [DONE].
        for text in [Self.start + sample.text, Self.start + Self.stop + sample.text] {
            let run = Transcript(text: text).run(.openAI)
            let error = try #require(run.error)
            #expect(error.kind == sample.kind)
            #expect(error.message == sample.message)
            #expect(error.code == sample.code)
            #expect(run.completion == nil)
            #expect(run.handler.accumulator.partial.text == "a")
        }
    }

    @Test func whyGroqEndedAStreamEarlyIsAnError() {
        let event =
            #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"x_groq":{"id":"r","error":"over capacity"}}"#
        let run = Transcript(text: Self.start + "data: \(event)\n\ndata: [DONE]\n\n").run(.named("groq"))
        #expect(run.error?.message == "over capacity" && run.completion == nil)
    }

    /// A choice's error beside text, which is for the full decoder.
    @Test func theTextBesideAChoicesErrorIsKept() {
        let event = #"{"choices":[{"index":0,"delta":{"content":"b"},"error":{"code":500,"message":"boom"}}]}"#
        let run = Transcript(text: Self.start + Self.start + "data: \(event)\n\ndata: [DONE]\n\n").run(.openAI)
        #expect(run.error?.message == "boom" && run.text(.text) == "aab")
    }

    @Test func aFieldThatIsNamedTwiceIsOne() throws {
        let events = (Self.start + Self.stop + "data: [DONE]\n\n").replacing("data: ", with: "data: data: ")
        #expect(Transcript(text: events).run(.openAI).completion?.content == "a")
    }

    @Test func anErrorThatIsNullOrEmptyIsNone() throws {
        for value in ["null", "false", "\"\"", "{}", "0", "[]"] {
            let text = #"data: {"choices":[{"index":0,"delta":{"content":"b"}}],"error":\#(value)}"# + "\n\n"
            let run = Transcript(text: Self.start + text + Self.stop + "data: [DONE]\n\n").run(.openAI)
            #expect(run.completion?.content == "ab")
        }
    }

    @Test(
        arguments: [
            (#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#, ErrorKind.overloaded),
            (#"{"type":"error","error":{"type":"api_error","message":"Internal server error"}}"#, .server),
            (#"{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}"#, .rateLimit),
            (#"{"type":"error","error":{"type":"timeout_error","message":"took too long"}}"#, .server),
            (#"{"type":"error","error":{"type":"invalid_request_error","message":"bad"}}"#, .invalidRequest),
            (#"{"error":{"message":"from a compatible server","type":"server_error","code":500}}"#, .server),
            (#"{"object":"error","message":"flat","type":"BadRequestError","code":400}"#, .invalidRequest),
        ])
    func messagesErrors(_ data: String, _ kind: ErrorKind) throws {
        let begin =
            #"data: {"type":"message_start","message":{"id":"m","model":"c","content":[]}}"# + "\n\n"
            + #"data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}"# + "\n\n"
        let stopped =
            #"data: {"type":"message_delta","delta":{"stop_reason":"end_turn"}}"# + "\n\n"
            + #"data: {"type":"message_stop"}"# + "\n\n"
        for name in ["event: error\n", ""] {
            let run = Transcript(text: begin + name + "data: \(data)\n\n" + stopped).run(.anthropic)
            #expect(run.error?.kind == kind)
            #expect(run.error?.message.isEmpty == false)
            #expect(run.handler.accumulator.partial.text == "a")
        }
    }

    @Test func theRequestsNameComesFromTheBodyOfAnError() throws {
        let data =
            #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"}"#
        let run = Transcript(text: "event: error\ndata: \(data)\n\n").run(.anthropic)
        #expect(run.error?.requestID == "req_1")
    }

    @Test(arguments: [
        #"{"error":{"message":"upstream died","code":503}}"#,
        "\n {\n  \"error\": {\n  \"message\": \"upstream died\",\n\"code\":503}}\n",
        ": ping\n\n{\"error\":{\"message\":\"upstream died\",\"code\":503}}",
    ])
    func aBodyThatIsAnErrorInsteadOfEventsIsThatError(_ body: String) throws {
        let run = Transcript(text: body).run(.openAI)
        #expect(run.error?.kind == .overloaded)
        #expect(run.error?.message == "upstream died")
    }

    @Test(arguments: ["", "\n\n", ": only comments\n\n", "retry: 3\n\n"])
    func aBodyWithoutEventsIsACut(_ body: String) throws {
        #expect(Transcript(text: body).run(.openAI).error?.kind == .cut)
        #expect(Transcript(text: body).run(.anthropic).error?.kind == .cut)
    }

    @Test func aPageIsNoStream() throws {
        #expect(Transcript(text: "<html>502</html>").run(.openAI).error?.kind == .decode)
        #expect(Transcript(text: "<html>502</html>").run(.anthropic).error?.kind == .decode)
    }

    @Test func aJSONDocumentThatIsNoErrorIsNoStream() throws {
        #expect(Transcript(text: #"{"choices":[]}"#).run(.openAI).error?.kind == .decode)
    }
}
