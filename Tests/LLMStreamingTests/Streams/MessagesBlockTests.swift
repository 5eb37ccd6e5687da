import LLMStreaming
import Testing

/// The content blocks of Anthropic's messages and what a next turn sends back of them
/// (Provider facts, "Messages streams").
@Suite struct MessagesBlockTests {
    @Test func aStartBlockMayHoldTextAlready() throws {
        let run = MessagesEvents.message(
            MessagesEvents.begin(0, #"{"type":"text","text":"He"}"#), MessagesEvents.text(0, "y"))
        #expect(run.completion?.content == "Hey")
    }

    @Test func aToolWithoutArgumentsHasTheInputItBeganWith() throws {
        let run = MessagesEvents.message(
            MessagesEvents.begin(0, #"{"type":"tool_use","id":"t1","name":"now","input":{}}"#),
            MessagesEvents.delta(0, #"{"type":"input_json_delta","partial_json":""}"#),
            MessagesEvents.begin(1, #"{"type":"tool_use","id":"t2","name":"roll","input":{"player":"one"}}"#),
            // A translating proxy's text in the place of the object.
            MessagesEvents.begin(2, #"{"type":"tool_use","id":"t3","name":"roll","input":"{\"player\":2}"}"#),
            reason: "tool_use")
        #expect(
            run.completion?.toolCalls == [
                ToolCall(id: "t1", name: "now", arguments: "{}"),
                ToolCall(id: "t2", name: "roll", arguments: #"{"player":"one"}"#),
                ToolCall(id: "t3", name: "roll", arguments: #"{"player":2}"#),
            ])
    }

    /// Some servers leave the index out, or say 0 for every block.
    @Test(arguments: [#""index":0,"#, ""])
    func blocksOfOneIndexAreKeptApart(_ index: String) throws {
        func begin(_ block: String) -> String { #"{"type":"content_block_start",\#(index)"content_block":\#(block)}"# }
        func delta(_ delta: String) -> String { #"{"type":"content_block_delta",\#(index)"delta":\#(delta)}"# }
        func input(_ text: String) -> String { delta(#"{"type":"input_json_delta","partial_json":"\#(text)"}"#) }
        let stop = #"{"type":"content_block_stop"\#(index.isEmpty ? "" : ",\"index\":0")}"#
        let run = MessagesEvents.message(
            begin(#"{"type":"text","text":""}"#), delta(#"{"type":"text_delta","text":"hi"}"#), stop,
            begin(#"{"type":"tool_use","id":"t","name":"f","input":{}}"#), input(#"{\"a\":"#),
            // Once more, of the same block.
            begin(#"{"type":"tool_use","id":"t","name":"f","input":{}}"#), input("1}"), stop,
            begin(#"{"type":"tool_use","id":"u","name":"f","input":{}}"#), input(#"{\"a\":2}"#),
            // The one before was never ended.
            begin(#"{"type":"tool_use","id":"v","name":"g","input":{}}"#), input(#"{\"a\":3}"#), stop,
            reason: "tool_use")
        let completion = try #require(run.completion)
        #expect(completion.content == "hi")
        #expect(
            completion.toolCalls == [
                ToolCall(id: "t", name: "f", arguments: #"{"a":1}"#),
                ToolCall(id: "u", name: "f", arguments: #"{"a":2}"#),
                ToolCall(id: "v", name: "g", arguments: #"{"a":3}"#),
            ])
        #expect(completion.choices[0].message["content"]?.array?.count == 4)
    }

    @Test func aBlockWithAnIndexThatAMovedOneHasTakenIsOneOfItsOwn() {
        let text = #"{"type":"text","text":"a"}"#
        let stop = #"{"type":"content_block_stop","index":0}"#
        let run = MessagesEvents.message(
            MessagesEvents.begin(0, text), stop, MessagesEvents.begin(0, text), stop, MessagesEvents.begin(1, text),
            MessagesEvents.text(1, "b"), MessagesEvents.text(0, "c"))
        let blocks = run.completion?.choices[0].message["content"]?.array
        #expect(blocks?.compactMap { $0["text"]?.string } == ["a", "ac", "ab"])
    }

    @Test func anInputThatComesAsAnObjectIsTaken() {
        let run = MessagesEvents.message(
            MessagesEvents.begin(0, #"{"type":"tool_use","id":"t","name":"f","input":{}}"#),
            MessagesEvents.delta(0, #"{"type":"input_json_delta","partial_json":{"a":[1]}}"#), reason: "tool_use")
        #expect(run.completion?.toolCalls.map(\.arguments) == [#"{"a":[1]}"#])
    }

    /// The interface takes only objects; the text stays as it came in the call.
    @Test(arguments: [#"{\"city\": \"Li"#, "[1]", #"\"a\""#, "null"])
    func anInputThatIsNoObjectIsSentBackInOne(_ input: String) throws {
        let run = MessagesEvents.message(
            MessagesEvents.begin(0, #"{"type":"tool_use","id":"t","name":"f","input":{}}"#),
            MessagesEvents.delta(0, #"{"type":"input_json_delta","partial_json":"\#(input)"}"#), reason: "max_tokens")
        let completion = try #require(run.completion)
        let arguments = try #require(JSONParser.parse("\"\(input)\"").string)
        #expect(completion.toolCalls.map(\.arguments) == [arguments])
        #expect(
            completion.choices[0].message["content"]?.array?[0]["input"] == ["INVALID_JSON": .string(arguments)])
    }

    @Test func aBlockMayBeginBeforeTheLastOneStoppedAndNeedNotStop() throws {
        let run = MessagesEvents.message(
            MessagesEvents.begin(0, #"{"type":"thinking","thinking":""}"#),
            MessagesEvents.delta(0, #"{"type":"thinking_delta","thinking":"hm"}"#),
            MessagesEvents.begin(1, #"{"type":"text","text":""}"#), MessagesEvents.text(1, "a"),
            MessagesEvents.delta(0, #"{"type":"thinking_delta","thinking":"!"}"#), MessagesEvents.text(1, "b"),
            #"{"type":"content_block_stop","index":0}"#,
            MessagesEvents.begin(2, #"{"type":"tool_use","id":"t","name":"f","input":{}}"#),
            MessagesEvents.delta(2, #"{"type":"input_json_delta","partial_json":"{\"a\": 1"}"#),
            MessagesEvents.delta(2, #"{"type":"input_json_delta","partial_json":"   }"}"#), reason: "max_tokens")
        let completion = try #require(run.completion)
        #expect(completion.thinking == "hm!")
        #expect(completion.content == "ab")
        #expect(completion.toolCalls.map(\.arguments) == [#"{"a": 1   }"#])
        #expect(
            completion.choices[0].message["content"] == [
                ["type": "thinking", "thinking": "hm!", "signature": ""], ["type": "text", "text": "ab"],
                ["type": "tool_use", "id": "t", "name": "f", "input": ["a": 1]],
            ])
    }

    @Test func thinkingIsSentBackWithItsLastSignatureAndRedactedThinkingAsItIs() throws {
        let run = MessagesEvents.message(
            MessagesEvents.begin(0, #"{"type":"thinking","thinking":"","signature":""}"#),
            MessagesEvents.delta(0, #"{"type":"thinking_delta","thinking":"let me see"}"#),
            MessagesEvents.delta(0, #"{"type":"signature_delta","signature":"old"}"#),
            MessagesEvents.delta(0, #"{"type":"signature_delta","signature":"sig"}"#),
            MessagesEvents.begin(1, #"{"type":"redacted_thinking","data":"xyz"}"#),
            MessagesEvents.begin(2, #"{"type":"text","text":""}"#), MessagesEvents.text(2, "four"))
        #expect(run.completion?.thinking == "let me see")
        #expect(
            run.completion?.choices[0].message["content"] == [
                ["type": "thinking", "thinking": "let me see", "signature": "sig"],
                ["type": "redacted_thinking", "data": "xyz"], ["type": "text", "text": "four"],
            ])
        let hidden = MessagesEvents.message(
            MessagesEvents.begin(0, #"{"type":"thinking","thinking":""}"#),
            MessagesEvents.delta(0, #"{"type":"signature_delta","signature":"only"}"#), MessagesEvents.text(1, "x"))
        #expect(hidden.completion?.thinking == nil)
        #expect(
            hidden.completion?.choices[0].message["content"]?.array?.first
                == ["type": "thinking", "thinking": "", "signature": "only"])
    }

    @Test func citationsStayWithTheirText() throws {
        let run = MessagesEvents.message(
            MessagesEvents.begin(0, #"{"type":"text","text":"","citations":[]}"#), MessagesEvents.text(0, "one"),
            MessagesEvents.delta(
                0, #"{"type":"citations_delta","citation":{"type":"char_location","cited_text":"1"}}"#),
            MessagesEvents.delta(
                0, #"{"type":"citations_delta","citation":{"type":"char_location","cited_text":"2"}}"#),
            MessagesEvents.text(1, " two"))
        #expect(run.completion?.content == "one two")
        #expect(
            run.completion?.choices[0].message["content"] == [
                [
                    "type": "text", "text": "one",
                    "citations": [
                        ["type": "char_location", "cited_text": "1"], ["type": "char_location", "cited_text": "2"],
                    ],
                ],
                ["type": "text", "text": " two"],
            ])
    }

    @Test func whatTheProviderRunsItselfIsSentBackButIsNoCallOfOurs() throws {
        let run = MessagesEvents.message(
            MessagesEvents.begin(0, #"{"type":"server_tool_use","id":"s","name":"web_search","input":{}}"#),
            MessagesEvents.delta(0, #"{"type":"input_json_delta","partial_json":"{\"query\":\"q\"}"}"#),
            MessagesEvents.begin(
                1, #"{"type":"web_search_tool_result","tool_use_id":"s","content":[{"type":"web_search_result"}]}"#),
            MessagesEvents.begin(2, #"{"type":"compaction","content":null}"#),
            MessagesEvents.delta(2, #"{"type":"compaction_delta","content":"short","encrypted_content":"e"}"#),
            MessagesEvents.text(3, "x"))
        let completion = try #require(run.completion)
        #expect(completion.toolCalls.isEmpty)
        #expect(
            completion.choices[0].message["content"] == [
                ["type": "server_tool_use", "id": "s", "name": "web_search", "input": ["query": "q"]],
                ["type": "web_search_tool_result", "tool_use_id": "s", "content": [["type": "web_search_result"]]],
                ["type": "compaction", "content": "short", "encrypted_content": "e"], ["type": "text", "text": "x"],
            ])
        #expect(run.handler.accumulator.partial.choices[0].hasToolCall)
    }

    @Test func unknownEventsBlocksAndDeltasAreIgnoredOrKept() throws {
        let run = MessagesEvents.message(
            #"{"type":"new_event","message":"hello","error":null}"#,
            MessagesEvents.begin(0, #"{"type":"hologram","data":[1,2]}"#),
            MessagesEvents.delta(0, #"{"type":"hologram_delta","data":3}"#),
            MessagesEvents.text(1, "x"))
        #expect(run.completion?.content == "x")
        #expect(
            run.completion?.choices[0].message["content"] == [
                ["type": "hologram", "data": [1, 2]], ["type": "text", "text": "x"],
            ])
    }
}
