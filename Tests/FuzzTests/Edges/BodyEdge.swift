import LLMStreaming

@testable import BatchEngine

/// A body that comes whole: the first byte chooses status and provider, the rest is the body.
enum BodyEdge {
    private static let statuses = [200, 400, 402, 403, 404, 413, 429, 500, 503, 529]
    private static let names = ["openai", "anthropic", "openrouter"]

    static func take(_ bytes: [UInt8]) {
        guard let first = bytes.first else { return }
        let body = Array(bytes.dropFirst())
        let head = ResponseHead(status: statuses[Int(first) % statuses.count])
        HeadEdge.use(nil, ErrorClassifier.error(head: head, body: body, now: 1_790_000_000))
        guard let provider = ProviderCatalog()[names[Int(first) % names.count]] else { return }
        for dialect in Dialect.allCases {
            var handler = StreamingResponseHandler(provider: provider, choices: 1, dialect: dialect)
            var chunks: [StreamedChunk] = []
            try? handler.receiveWhole(body, into: &chunks)
            let outcome = Result { () throws(LLMError) in try handler.completion() }
            let accumulator = handler.accumulator
            StreamEdge.settle(
                StreamResult(
                    outcome: (try? outcome.get()).map(StreamResult.Outcome.completed) ?? .failed(LLMError(.cut, "cut")),
                    partial: accumulator.partial, usage: accumulator.usage))
            _ = StoredPartial(attemptID: 1, answer: accumulator.partial, seams: []).json.text
        }
    }

    static let seeds = [
        #"0{"id":"c","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hi","refusal":null},"#
            + #""finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}"#,
        #"1{"id":"m","type":"message","content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn","#
            + #""usage":{"input_tokens":3,"output_tokens":1}}"#,
        #"2{"id":"r","status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"Hi"}]}],"#
            + #""usage":{"input_tokens":3,"output_tokens":1}}"#,
        #"6{"error":{"message":"Rate limit reached, try again in 6.2s","type":"tokens","code":"rate_limit_exceeded"}}"#,
        #"6[{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"Quota","details":[{"retryDelay":"34.07s"}]}}]"#,
        #"8{"error":{"message":"Provider returned error","code":429,"metadata":{"raw":"{\"error\":\"busy\"}"},"#
            + #""availability":{"retryable":true,"retry_after":12.5}}}"#,
        #"1{"detail":[{"loc":["body","messages",0],"msg":"field required","type":"value_error.missing"}]}"#,
        "7<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>",
        #"9{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"}"#,
    ]
}
