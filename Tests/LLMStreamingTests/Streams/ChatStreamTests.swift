import LLMStreaming
import Testing

/// Chat completion streams, written out (Provider facts, "Chat streams").
@Suite struct ChatStreamTests {
    @Test func azuresFirstChunkHasNoIDAndNoModelSoTheNextOnesCount() throws {
        let run = Transcript(
            chat: #"{"id":"","model":"","created":0,"choices":[],"prompt_filter_results":[{"prompt_index":0}]}"#,
            #"{"id":"c1","model":"","choices":[{"index":0,"delta":{"content":"a"}}]}"#,
            #"{"id":"c1","model":"gpt","choices":[{"index":0,"delta":{"content":"b"},"finish_reason":"stop"}]}"#,
            "[DONE]"
        ).run(.named("azure"))
        let completion = try #require(run.completion)
        #expect(completion.id == "c1")
        #expect(completion.model == "gpt")
        #expect(completion.content == "ab")
    }

    /// A server of the older interface, and one that says the same in both places.
    @Test(arguments: ["", #","delta":{"content":"a"}"#])
    func aTextOutsideOfADeltaIsTakenOnce(_ delta: String) {
        let piece = #"{"id":"c","model":"m","choices":[{"index":0,"text":"a"\#(delta)}]}"#
        let last = #"{"choices":[{"index":0,"text":"","finish_reason":"stop"}]}"#
        #expect(Transcript(chat: piece, piece, last, "[DONE]").run(.openAI).completion?.content == "aa")
    }

    @Test func annotationsOfAzuresFilterHaveNoDelta() throws {
        let run = Transcript(
            chat: ChatEvents.start, ChatEvents.delta(#""content":"a""#),
            #"{"choices":[{"index":0,"finish_reason":null,"content_filter_offsets":{"start_offset":0}}]}"#,
            #"{"choices":[{"index":0,"delta":{},"finish_reason":"content_filter"}]}"#,
            #"{"choices":[{"index":0,"finish_reason":null,"content_filter_results":{"hate":{"filtered":true}}}]}"#,
            "[DONE]"
        ).run(.named("azure"))
        #expect(run.completion?.content == "a")
        #expect(run.completion?.finishReason == .contentFilter)
    }

    @Test func reasoningUnderBothNamesIsOneText() throws {
        let run = ChatEvents.run(
            #""reasoning_content":"one ","reasoning":"one ""#, #""reasoning":"two ","reasoning_content":"""#,
            #""reasoning":"three","reasoning_content":null"#, #""content":"x""#)
        #expect(run.completion?.thinking == "one two three")
        #expect(run.completion?.content == "x")
    }

    /// Gemini refuses the next turn without the signature of the thought that led to a call.
    @Test(arguments: [
        [#"{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":EXTRA}"#],
        [
            #"{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}"#,
            #"{"index":0,"function":{"arguments":"{}"},"extra_content":EXTRA}"#,
        ],
    ])
    func whatIsExtraOfACallStandsInTheNextTurn(entries: [String]) throws {
        let extra: JSON = ["google": ["thought_signature": "s=="]]
        let deltas = entries.map { #""tool_calls":[\#($0.replacing("EXTRA", with: extra.text))]"# }
        let events = [ChatEvents.start] + deltas.map(ChatEvents.delta) + [ChatEvents.stop, "[DONE]"]
        let run = Transcript(text: events.map { "data: \($0)\n\n" }.joined()).run(.named("gemini"))
        let completion = try #require(run.completion)
        #expect(completion.choices[0].message["tool_calls"]?.array?.first?["extra_content"] == extra)
        let provider = try #require(ProviderCatalog()["gemini"])
        let next = Conversation([.user("x"), completion.message, .tool("4", answering: "a")])
        let request = try RequestEncoder.encode(
            .conversation(next, CompletionOptions(), extraBody: JSONObject()), model: "m", provider: provider)
        let sent = try JSONParser.parse(request.body)
        #expect(sent["messages"]?.array?[1]["tool_calls"]?.array?.first?["extra_content"] == extra, "\(sent.text)")
    }

    /// The input of a custom tool is a text: neither what looks whole nor what repeats ends it.
    @Test(arguments: [
        [
            #"{"index":0,"id":"a","type":"custom","custom":{"name":"sql","input":""}}"#,
            #"{"index":0,"custom":{"input":"1 "}}"#, #"{"index":0,"custom":{"input":"+ "}}"#,
            #"{"index":0,"custom":{"input":"1"}}"#,
        ],
        [#"{"index":0,"id":"a","type":"custom","custom":{"name":"sql","input":"1 + 1"}}"#],
    ])
    func theInputOfACustomToolIsKeptAsAText(entries: [String]) throws {
        let deltas = entries.map { ChatEvents.delta(#""tool_calls":[\#($0)]"#) }
        let events = [ChatEvents.start] + deltas + [ChatEvents.stop, "[DONE]"]
        let run = Transcript(text: events.map { "data: \($0)\n\n" }.joined()).run(.named("openai"))
        let completion = try #require(run.completion)
        #expect(completion.toolCalls.map { [$0.id, $0.name, $0.arguments] } == [["a", "sql", "1 + 1"]])
        #expect(completion.toolCalls.allSatisfy { $0.isCustom })
        #expect(
            completion.choices[0].message["tool_calls"] == [
                ["id": "a", "type": "custom", "custom": ["name": "sql", "input": "1 + 1"]]
            ])
    }

    @Test func reasoningDetailsAreMergedByIndexForTheNextTurn() throws {
        let run = ChatEvents.run(
            #""reasoning":"a","reasoning_details":[{"type":"reasoning.text","text":"a","format":"f","index":0}]"#,
            #""reasoning":"b","reasoning_details":[{"type":"reasoning.text","text":"b","index":0,"signature":null}]"#,
            #""reasoning_details":[{"type":"reasoning.text","text":"","signature":"s","index":0}]"#,
            #""reasoning_details":[{"type":"reasoning.encrypted","data":"xy","id":"r1","index":1}]"#,
            #""content":"done""#)
        let completion = try #require(run.completion)
        #expect(completion.thinking == "ab")
        #expect(
            completion.choices[0].message["reasoning_details"] == [
                ["type": "reasoning.text", "text": "ab", "format": "f", "index": 0, "signature": "s"],
                ["type": "reasoning.encrypted", "data": "xy", "id": "r1", "index": 1],
            ])
    }

    @Test func contentMayBeAnArrayOfThinkingAndText() throws {
        let run = ChatEvents.run(
            #""content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]}]"#,
            #""content":[{"type":"thinking","thinking":"!"},{"type":"text","text":"four"}]"#)
        #expect(run.completion?.thinking == "hm!")
        #expect(run.completion?.content == "four")
    }

    @Test func aRefusalIsKeptApart() throws {
        let run = ChatEvents.run(#""refusal":"I can""#, #""refusal":"not""#)
        let choice = try #require(run.completion?.choices.first)
        #expect(choice.refusal == "I cannot")
        #expect(choice.content == "")
        #expect(choice.message == ["role": "assistant", "content": nil, "refusal": "I cannot"])
    }

    @Test func annotationsAreCitations() throws {
        let run = ChatEvents.run(
            #""content":"a""#, #""annotations":[{"type":"url_citation","url_citation":{"url":"u"}}]"#,
            #""content":"b","annotations":[]"#)
        #expect(run.texts(.citation) == [#"{"type":"url_citation","url_citation":{"url":"u"}}"#])
        #expect(run.completion?.content == "ab")
    }

    @Test func aPartThatIsNeitherTextNorThinkingIsPassedOver() throws {
        let run = ChatEvents.run(
            #""content":[{"type":"text","text":"a"},{"type":"reference","reference_ids":[1]},{"type":"text","text":"b"}]"#,
            #""content":["c",null,7]"#)
        #expect(run.completion?.content == "abc")
    }

    @Test func logprobsOfARefusalAreKeptToo() throws {
        let run = Transcript(
            chat: ChatEvents.start,
            #"{"choices":[{"index":0,"delta":{"refusal":"no"},"logprobs":{"content":null,"refusal":[{"token":"no"}]}}]}"#,
            ChatEvents.stop
        ).run(.openAI)
        #expect(run.texts(.logprobs) == [#"{"content":null,"refusal":[{"token":"no"}]}"#])
        #expect(run.completion?.choices[0].refusal == "no")
    }

    @Test func logprobsAreKeptAsTheyCome() throws {
        let run = Transcript(
            chat: ChatEvents.start,
            #"{"choices":[{"index":0,"delta":{"content":"a"},"logprobs":{"content":[{"token":"a","logprob":-0.50}]}}]}"#,
            ChatEvents.stop, "[DONE]"
        ).run(.openAI)
        #expect(run.texts(.logprobs) == [#"{"content":[{"token":"a","logprob":-0.50}]}"#])
        #expect(run.completion?.content == "a")
    }

    @Test func severalAnswersInterleaveAndEachEndsAlone() throws {
        let transcript = Transcript(
            chat: #"{"id":"c","model":"m","choices":[{"index":1,"delta":{"content":"b"}}]}"#,
            #"{"choices":[{"index":0,"delta":{"content":"a"}}]}"#,
            #"{"choices":[{"index":1,"delta":{"content":"B"},"finish_reason":"length"}]}"#,
            #"{"choices":[{"index":0,"delta":{"content":"A"}},{"index":1,"delta":{}}]}"#,
            #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#)
        let completion = try #require(transcript.run(.openAI, choices: 2).completion)
        #expect(completion.choices.map(\.content) == ["aA", "bB"])
        #expect(completion.choices.map(\.finishReason) == [.stop, .length])
        #expect(completion.choices.map(\.index) == [0, 1])
    }

    @Test func commentsUnknownKeysAndEventNamesMeanNothing() throws {
        let text =
            ": OPENROUTER PROCESSING\n\n: keep-alive\n\ndata: \(ChatEvents.start)\n\n"
            + "event: chunk\ndata: {\"obfuscation\":\"xY\",\"p\":\"ab\",\"timings\":{\"a\":[1,2]},\"provider\":\"P\","
            + "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\",\"channel\":\"final\"},\"token_ids\":[1]}]}\n\n"
            + "data: {\"latency_checkpoint\":{\"ms\":3}}\n\ndata: \(ChatEvents.stop)\n\ndata: [DONE]\n\n"
        #expect(Transcript(text: text).run(.openAI).completion?.content == "a")
    }

    @Test func textCutInsideACharacterIsWholeOverReadsAndReplacedOverEvents() throws {
        // `Transcript.run` feeds byte by byte too.
        #expect(ChatEvents.run(#""content":"naïve 日本 👩‍👩‍👧""#).completion?.content == "naïve 日本 👩‍👩‍👧")
        #expect(ChatEvents.run(#""content":"\ud83d\ude00 \u00e9""#).completion?.content == "😀 é")
        #expect(ChatEvents.run(#""content":"e""#, "\"content\":\"\u{301}\"").completion?.content == "e\u{301}")
        // Half a character in each of two events: neither JSON text has it.
        let emoji = Array("😀".utf8)
        let event = { (half: ArraySlice<UInt8>) in
            Array(#"data: {"choices":[{"index":0,"delta":{"content":""#.utf8) + half + Array("\"}}]}\n\n".utf8)
        }
        let bytes =
            Array("data: \(ChatEvents.start)\n\n".utf8) + event(emoji[..<2]) + event(emoji[2...])
            + Array("data: \(ChatEvents.stop)\n\n".utf8)
        let run = StreamRun(bytes, .openAI)
        let content = try #require(run.completion?.content)
        #expect(!content.isEmpty && content.unicodeScalars.allSatisfy { $0 == "\u{FFFD}" })
        #expect(run.text(.text) == content)
    }

    @Test func anAnswerOverTheBoundIsAnErrorOfItsOwn() throws {
        var limits = StreamingResponseHandler.Limits()
        limits.maximumCompletionBytes = 100
        var run = StreamRun(.openAI, limits: limits)
        let text = "data: " + ChatEvents.delta("\"content\":\"\(String(repeating: "x", count: 60))\"") + "\n\n"
        run.receive(Array(text.utf8)[...])
        #expect(run.error == nil)
        run.receive(Array(text.utf8)[...])
        #expect(run.error?.kind == .oversizedCompletion)
        limits.maximumEventBytes = 50
        run = StreamRun(.openAI, limits: limits)
        run.receive(Array(text.utf8)[...])
        #expect(run.error?.kind == .oversizedEvent)
    }

    @Test(arguments: ["not JSON", "{\"choices\":[", "[1,", "7x", #"{"choices":[{"index":-1,"delta":{}}]}"#])
    func nonsenseInTheStreamIsAnErrorAndKeepsWhatCameBefore(_ data: String) throws {
        let run = Transcript(
            chat: ChatEvents.start, ChatEvents.delta(#""content":"a""#), data, ChatEvents.stop, "[DONE]"
        ).run(.openAI)
        #expect(run.error?.kind == .decode)
        #expect(run.text(.text) == "a")
        #expect(run.handler.accumulator.partial.text == "a")
    }
}
