import LLMStreaming
import Testing

/// Usage in all the places where servers put it: the last report that is not null wins.
@Suite struct ChatUsageTests {
    private static let start = #"{"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"a"}}],"usage":null}"#
    private static let usage = #""usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}"#
    private static let zeros = #""usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}"#
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
        // Inside of the choice (Moonshot), also beside a text, and inside of its delta.
        [#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop",\#(usage)}]}"#],
        [#"{"choices":[{"index":0,"delta":{"content":"b"},\#(usage)}]}"#, stop],
        [#"{"choices":[{"index":0,"delta":{"content":"b",\#(usage)}}]}"#, stop],
        [#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop",\#(usage)}],"usage":{}}"#],
        // Zeros in the place of figures: before, behind, and in another member; a negative one, an empty report.
        [#"{"choices":[],\#(zeros)}"#, stop, #"{"choices":[],\#(usage)}"#],
        [stop, #"{"choices":[],\#(usage)}"#, #"{"choices":[],\#(zeros)}"#],
        [#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],\#(usage),"x_groq":{\#(zeros)}}"#],
        [stop, #"{"choices":[],\#(usage)}"#, #"{"choices":[],"usage":{"prompt_tokens":-1,"completion_tokens":null}}"#],
        [stop, #"{"choices":[],\#(usage)}"#, #"{"choices":[],"usage":{}}"#],
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
        (#"{"promptTokens":9,"completionTokens":3,"totalTokens":12}"#, [9, 3, nil, nil, nil]),
        (#"{"prompt_eval_count":9,"eval_count":3}"#, [9, 3, nil, nil, nil]),
        (#"{"prompt_tokens":0,"completion_tokens":0,"input_tokens":9,"output_tokens":3}"#, [9, 3, nil, nil, nil]),
        (#"{"input_tokens":0,"cache_read_input_tokens":4}"#, [4, nil, 4, nil, nil]),
        (#"{"prompt_tokens":9,"completion_tokens":3,"prompt_cache_hit_tokens":4}"#, [9, 3, 4, nil, nil]),
        (#"{"prompt_tokens":9,"completion_tokens":3,"num_cached_tokens":4}"#, [9, 3, 4, nil, nil]),
        (#"{"completion_tokens":3,"completion_tokens_details":{"reasoning_tokens":2}}"#, [nil, 3, nil, nil, 2]),
        (#"{"prompt_tokens":9,"prompt_tokens_details":null,"cost":{"total_cost":0.1}}"#, [9, nil, nil, nil, nil]),
        (#"{"input_tokens":1,"cache_creation_input_tokens":2,"cache_read_input_tokens":4}"#, [7, nil, 4, 2, nil]),
        (#"{"output_tokens":3,"output_tokens_details":{"thinking_tokens":2}}"#, [nil, 3, nil, nil, 2]),
        (#"{"prompt_tokens":0,"completion_tokens":-1}"#, [nil, nil, nil, nil, nil]),
        (
            #"{"prompt_tokens":"9","completion_tokens":"3","prompt_tokens_details":{"cached_tokens":"4"}}"#,
            [9, 3, 4, nil, nil]
        ),
        (#"{"prompt_tokens":"nine","completion_tokens":"3.5"}"#, [nil, nil, nil, nil, nil]),
        // More thinking than output, and no total: it stands beside it.
        (
            #"{"prompt_tokens":9,"completion_tokens":3,"completion_tokens_details":{"reasoning_tokens":340}}"#,
            [9, 343, nil, nil, 340]
        ),
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

    /// Figures that a server tells beside the ones they belong to; the total that it names goes before the sum.
    @Test(
        arguments: [
            // xAI: reasoning outside of the output; inside of it, as everywhere else.
            (
                #"{"prompt_tokens":12,"completion_tokens":2,"total_tokens":354,"completion_tokens_details":{"reasoning_tokens":340}}"#,
                [12, 342, 354, 0]
            ),
            (
                #"{"prompt_tokens":12,"completion_tokens":342,"total_tokens":354,"completion_tokens_details":{"reasoning_tokens":340}}"#,
                [12, 342, 354, 0]
            ),
            // Mistral: the tokens of sound outside of the input, told by its seconds or by what a cache held.
            (
                #"{"prompt_audio_seconds":5,"prompt_tokens":5,"total_tokens":404,"completion_tokens":24}"#,
                [380, 24, 404, 0]
            ),
            (
                #"{"prompt_tokens":5,"total_tokens":404,"completion_tokens":24,"prompt_tokens_details":{"cached_tokens":368}}"#,
                [380, 24, 404, 0]
            ),
            // Gemini's compatible interface: nothing tells of what they are.
            (#"{"prompt_tokens":8,"completion_tokens":9,"total_tokens":517}"#, [8, 9, 517, 500]),
            (#"{"prompt_tokens":8,"completion_tokens":9,"total_tokens":0}"#, [8, 9, 17, 0]),
            (#"{"total_tokens":29}"#, [nil, nil, 29, 0]),
            // Anthropic: what it took to answer, the rewriting of a long conversation included.
            (
                #"{"input_tokens":612,"output_tokens":2819,"iterations":[{"input_tokens":60385,"output_tokens":522},{"input_tokens":612,"output_tokens":2819,"cache_read_input_tokens":10}]}"#,
                [61007, 3341, 64348, 0]
            ),
            (#"{"input_tokens":612,"output_tokens":2819,"iterations":[]}"#, [612, 2819, 3431, 0]),
            (#"{"input_tokens":612,"output_tokens":2819,"iterations":[{},null,7]}"#, [612, 2819, 3431, 0]),
        ] as [(String, [Int?])])
    func whatIsToldApartIsTaken(_ report: String, _ figures: [Int?]) throws {
        let usage = TokenUsage(raw: try #require(try JSONParser.parse(report).object))
        #expect([usage.promptTokens, usage.completionTokens, usage.totalTokens, usage.tokensApart] == figures)
    }

    @Test func usageInsideOfAMessageIsRead() {
        let usage = #""usage":{"prompt_tokens":7,"completion_tokens":3}"#
        let end = #"{"choices":[{"index":0,"message":{"content":"a",\#(usage)},"finish_reason":"stop"}]}"#
        let run = Transcript(chat: ChatEvents.start, ChatEvents.delta(#""content":"a""#), end, "[DONE]").run(.openAI)
        #expect(run.completion?.content == "a")
        #expect(run.completion?.usage?.completionTokens == 3)
    }

    @Test func aZeroAsATextTakesNoFiguresPlace() {
        let figures = #"{"choices":[],"usage":{"prompt_tokens":"7","completion_tokens":3}}"#
        let zeros = #"{"choices":[],"usage":{"prompt_tokens":"0","completion_tokens":"0"}}"#
        let run = Transcript(chat: ChatEvents.start, ChatEvents.stop, figures, zeros, "[DONE]").run(.openAI)
        #expect(run.completion?.usage?.promptTokens == 7 && run.completion?.usage?.completionTokens == 3)
    }

    @Test func zerosBesideATextAreNoFigures() throws {
        let event = { (usage: String) in
            #"{"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}],"usage":\#(usage)}"#
        }
        for zeros in [
            #"{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}"#,
            #"{"total_tokens":0,"total_characters":0}"#,
        ] {
            let usage = try #require(Transcript(chat: event(zeros), "[DONE]").run(.openAI).completion?.usage)
            #expect(usage.promptTokens == nil && usage.completionTokens == nil && usage.totalTokens == nil)
        }
        for delta in [
            #""refusal":"no""#, #""tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]"#,
        ] {
            let written = #"{"choices":[{"index":0,"delta":{\#(delta)},"finish_reason":"stop"}],"usage":"#
            let event = written + #"{"prompt_tokens":7,"completion_tokens":0,"total_tokens":7}}"#
            let usage = try #require(Transcript(chat: event, "[DONE]").run(.openAI).completion?.usage)
            #expect(usage.promptTokens == 7 && usage.completionTokens == nil && usage.totalTokens == nil)
        }
        let half = #"{"prompt_tokens":7,"completion_tokens":0,"total_tokens":7}"#
        let usage = try #require(Transcript(chat: event(half), "[DONE]").run(.openAI).completion?.usage)
        #expect(usage.promptTokens == 7 && usage.completionTokens == nil && usage.totalTokens == nil)
    }
}
