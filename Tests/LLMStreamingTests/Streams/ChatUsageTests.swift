import LLMStreaming
import Testing

/// Usage in all the places where servers put it (WIRE.md 2): the last report that is not null wins.
@Suite struct ChatUsageTests {
    private static let start = #"{"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"a"}}],"usage":null}"#
    private static let usage = #""usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}"#
    private static let stop = #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#

    @Test(arguments: [
        // A chunk of its own (OpenAI), on the finish chunk (DeepSeek, Mistral), on a trailing delta chunk (LiteLLM).
        [stop, #"{"choices":[],\#(usage)}"#],
        [#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],\#(usage)}"#],
        [stop, #"{"choices":[{"index":0,"delta":{}}],\#(usage)}"#],
        // Without the member `choices`, and under Groq's name.
        [stop, #"{\#(usage)}"#],
        [#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"x_groq":{"id":"r",\#(usage)}}"#],
        // Before the finish reason, and null afterwards.
        [#"{"choices":[],\#(usage)}"#, #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}"#],
    ])
    func usageIsFoundWhereverItIs(_ events: [String]) throws {
        for end in ["data: [DONE]\n\n", ""] {
            let text = ([Self.start] + events).map { "data: \($0)\n\n" }.joined() + end
            let usage = try #require(Transcript(text: text).run(.openAI).completion?.usage)
            #expect(usage.promptTokens == 7)
            #expect(usage.completionTokens == 2)
            #expect(usage.totalTokens == 9)
            #expect(usage.cachedTokens == nil)
        }
    }

    @Test func cumulativeUsageOnEveryChunkIsReportedOnceAtTheEnd() throws {
        let chunk = { (count: Int, rest: String) in
            #"{"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"a"}\#(rest)}],"#
                + #""usage":{"prompt_tokens":5,"completion_tokens":\#(count)}}"#
        }
        let run = Transcript(
            chat: chunk(1, ""), chunk(2, ""), chunk(3, #","finish_reason":"stop""#), "[DONE]"
        ).run(.named("vllm"))
        #expect(run.texts(.usage) == [#"{"prompt_tokens":5,"completion_tokens":3}"#])
        #expect(run.completion?.usage?.totalTokens == 8)
        let cut = Transcript(chat: chunk(1, ""), chunk(2, "")).run(.named("vllm"))
        #expect(cut.error?.kind == .cut)
        #expect(cut.handler.accumulator.usage?.completionTokens == 2)
        let failed = Transcript(chat: chunk(1, ""), #"{"error":{"message":"x"}}"#).run(.named("vllm"))
        #expect(failed.handler.accumulator.usage?.completionTokens == 1)
    }

    @Test(arguments: [
        (
            #"{"prompt_tokens":9,"prompt_tokens_details":{"cached_tokens":4,"cache_write_tokens":2}}"#,
            [9, nil, 4, 2, nil]
        ),
        (#"{"prompt_tokens":9,"completion_tokens":3,"prompt_cache_hit_tokens":4}"#, [9, 3, 4, nil, nil]),
        (#"{"prompt_tokens":9,"completion_tokens":3,"num_cached_tokens":4}"#, [9, 3, 4, nil, nil]),
        (#"{"completion_tokens":3,"completion_tokens_details":{"reasoning_tokens":2}}"#, [nil, 3, nil, nil, 2]),
        (#"{"prompt_tokens":9,"prompt_tokens_details":null,"cost":{"total_cost":0.1}}"#, [9, nil, nil, nil, nil]),
        (#"{"input_tokens":1,"cache_creation_input_tokens":2,"cache_read_input_tokens":4}"#, [7, nil, 4, 2, nil]),
        (#"{"output_tokens":3,"output_tokens_details":{"thinking_tokens":2}}"#, [nil, 3, nil, nil, 2]),
        (#"{"prompt_tokens":0,"completion_tokens":-1}"#, [0, nil, nil, nil, nil]),
        (
            #"{"input_tokens":9223372036854775807,"cache_read_input_tokens":9223372036854775807}"#,
            [nil, nil, nil, nil, nil]
        ),
    ])
    func theFiguresOfEveryFormAreRead(_ report: String, _ figures: [Int?]) throws {
        let usage = TokenUsage(raw: try #require(try JSONParser.parse(report).object))
        #expect(
            [
                usage.promptTokens, usage.completionTokens, usage.cachedTokens, usage.cacheCreationTokens,
                usage.reasoningTokens,
            ] == figures)
        #expect(JSON.object(usage.raw).text == report)
    }
}
