import LLMStreaming
import Testing

/// The items of OpenAI's Responses (Provider facts, "Responses streams").
@Suite struct ResponsesStreamTests {
    private typealias Events = ResponsesEvents

    @Test func aMessageIsItsTextWithNamesUsageAndTheItemForTheNextTurn() throws {
        let run = Events.run([
            Events.created, Events.added(0, #"{"type":"message","id":"i1","role":"assistant","content":[]}"#),
            Events.text(0, "Hel"), Events.text(0, "lo"),
            Events.event("output_text.done", 0, #""content_index":0,"text":"Hello""#),
            Events.done(
                0,
                #"{"type":"message","id":"i1","status":"completed","role":"assistant","phase":"final_answer","#
                    + #""content":[{"type":"output_text","text":"Hello","annotations":[]}]}"#),
            Events.end("completed", #","usage":{"input_tokens":5,"output_tokens":2,"total_tokens":7}"#),
        ])
        let completion = try #require(run.completion)
        #expect(completion.content == "Hello")
        #expect((completion.id, completion.model) == ("r1", "m"))
        #expect(completion.finishReason == .stop)
        #expect(completion.choices[0].nativeFinishReason == "completed")
        #expect(completion.usage?.promptTokens == 5 && completion.usage?.completionTokens == 2)
        #expect(
            completion.choices[0].message.text
                == #"[{"type":"message","id":"i1","status":"completed","role":"assistant","phase":"final_answer","#
                + #""content":[{"type":"output_text","text":"Hello","annotations":[]}]}]"#)
        #expect(run.handler.phase == .ended)
    }

    @Test func itemsAreToldByTheirPlaceThoughIdsChange() throws {
        let run = Events.response(
            #"{"type":"response.output_text.delta","item_id":"a","output_index":1,"content_index":0,"delta":"one"}"#,
            #"{"type":"response.output_text.delta","item_id":"b","output_index":0,"content_index":0,"delta":"two"}"#,
            #"{"type":"response.output_text.delta","item_id":"c","output_index":1,"content_index":0,"delta":"three"}"#)
        #expect(run.chunks.filter { $0.kind == .text }.map(\.item) == [1, 0, 1])
        #expect(run.completion?.content == "onetwothree")
    }

    @Test func aFurtherItemInThePlaceOfOneThatIsDoneIsAnItemOfItsOwn() throws {
        let run = Events.response(
            Events.added(0, #"{"type":"reasoning","id":"r","summary":[]}"#),
            Events.event("reasoning_text.delta", 0, #""content_index":0,"delta":"because""#),
            Events.done(0, #"{"type":"reasoning","id":"r","summary":[]}"#),
            Events.added(0, #"{"type":"message","id":"m","role":"assistant"}"#), Events.text(0, "x"),
            Events.done(0, #"{"type":"message","id":"m","content":[{"type":"output_text","text":"x"}]}"#))
        #expect((run.completion?.content, run.completion?.thinking) == ("x", "because"))
        let items = run.completion?.choices[0].message.array ?? []
        #expect(items.compactMap { $0["type"]?.string } == ["reasoning", "message"])
        #expect(items.last?["content"]?.array?.first?["text"] == "x")
    }

    @Test func itemsWithoutAPlaceAreToldByIdOrOrder() throws {
        let run = Events.response(
            #"{"type":"response.output_item.added","item":{"type":"message","id":"m1"}}"#,
            #"{"type":"response.output_text.delta","item_id":"m1","delta":"x"}"#,
            #"{"type":"response.output_item.added","item":{"type":"function_call","call_id":"fc_1","name":"f"}}"#,
            #"{"type":"response.function_call_arguments.delta","item_id":"fc_1","delta":"{}"}"#,
            #"{"type":"response.output_text.delta","item_id":"m1","delta":"y"}"#,
            #"{"type":"response.output_item.done","item":{"type":"message","id":"m1","content":[{"type":"output_text","text":"xy"}]}}"#,
            #"{"type":"response.output_item.done","item":{"type":"function_call","call_id":"fc_1","name":"f","arguments":"{}"}}"#
        )
        #expect(run.completion?.content == "xy")
        #expect(run.completion?.toolCalls == [ToolCall(id: "fc_1", name: "f", arguments: "{}")])
        #expect(run.completion?.finishReason == .toolCalls)
    }

    @Test func llamaCppsStreamHasNeitherPlacesNorNumbers() throws {
        // As its server b11549 sends it, shortened.
        let run = Events.run([
            #"{"type":"response.created","response":{"id":"resp_1","object":"response","status":"in_progress"}}"#,
            #"{"type":"response.output_item.added","item":{"id":"rs_1","summary":[],"type":"reasoning","content":[],"encrypted_content":"","status":"in_progress"}}"#,
            #"{"type":"response.reasoning_text.delta","delta":" let me","item_id":"rs_1"}"#,
            #"{"type":"response.output_item.added","item":{"content":[],"id":"msg_1","role":"assistant","status":"in_progress","type":"message"}}"#,
            #"{"type":"response.content_part.added","item_id":"msg_1","part":{"type":"output_text","text":""}}"#,
            #"{"type":"response.output_text.delta","item_id":"msg_1","delta":" 1"}"#,
            #"{"type":"response.output_text.delta","item_id":"msg_1","delta":" 2"}"#,
            #"{"type":"response.output_item.done","item":{"id":"rs_1","summary":[],"type":"reasoning","content":[{"text":" let me","type":"reasoning_text"}],"encrypted_content":""}}"#,
            #"{"type":"response.output_text.done","item_id":"msg_1","text":" 1 2"}"#,
            #"{"type":"response.output_item.done","item":{"type":"message","status":"completed","id":"msg_1","content":[{"type":"output_text","annotations":[],"logprobs":[],"text":" 1 2"}],"role":"assistant"}}"#,
            #"{"type":"response.completed","response":{"id":"resp_1","object":"response","status":"completed","model":"tiny","output":[{"id":"rs_1","summary":[],"type":"reasoning","content":[{"text":" let me","type":"reasoning_text"}],"encrypted_content":""},{"type":"message","status":"completed","id":"msg_1","content":[{"type":"output_text","annotations":[],"logprobs":[],"text":" 1 2"}],"role":"assistant"}],"usage":{"input_tokens":65,"output_tokens":5,"total_tokens":70,"input_tokens_details":{"cached_tokens":0}}}}"#,
        ])
        let completion = try #require(run.completion)
        #expect((completion.content, completion.thinking) == (" 1 2", " let me"))
        #expect((completion.id, completion.model) == ("resp_1", "tiny"))
        #expect(completion.usage?.promptTokens == 65)
        #expect(completion.choices[0].message.array?.compactMap { $0["type"] } == ["reasoning", "message"])
    }

    @Test func refusalsStandApartFromText() throws {
        let run = Events.response(
            Events.added(0, #"{"type":"message","id":"i","role":"assistant"}"#),
            Events.event("refusal.delta", 0, #""content_index":0,"delta":"I can""#),
            Events.event("refusal.delta", 0, #""content_index":0,"delta":"not""#),
            Events.event("refusal.done", 0, #""content_index":0,"refusal":"I cannot""#),
            Events.done(
                0,
                #"{"type":"message","id":"i","role":"assistant","content":[{"type":"refusal","refusal":"I cannot"}]}"#))
        #expect(run.completion?.choices[0].refusal == "I cannot")
        #expect(run.completion?.content == "")
        #expect(
            run.completion?.choices[0].message
                == [
                    [
                        "type": "message", "id": "i", "role": "assistant",
                        "content": [["type": "refusal", "refusal": "I cannot"]],
                    ]
                ])
    }

    @Test(arguments: [("reasoning_summary_text", "summary_index"), ("reasoning_text", "content_index")])
    func reasoningIsNeverAddedTwice(_ type: String, _ index: String) throws {
        let other = type == "reasoning_text" ? "reasoning_summary_text" : "reasoning_text"
        let run = Events.response(
            Events.added(0, #"{"type":"reasoning","id":"r","summary":[]}"#),
            Events.event("\(type).delta", 0, #""\#(index)":0,"delta":"be""#),
            Events.event("\(other).delta", 0, #""content_index":0,"delta":"be""#),
            Events.event("\(type).delta", 0, #""\#(index)":0,"delta":"cause""#),
            Events.event("\(other).done", 0, #""text":"because""#),
            Events.event("\(type).done", 0, #""text":"because""#),
            Events.done(
                0,
                #"{"type":"reasoning","id":"r","encrypted_content":"E","summary":[{"type":"summary_text","text":"because"}],"#
                    + #""content":[{"type":"reasoning_text","text":"because"}]}"#),
            Events.text(1, "x"))
        #expect(run.completion?.thinking == "because")
        let item = run.completion?.choices[0].message.array?.first
        #expect(item?["encrypted_content"] == "E" && item?["summary"]?.array?.count == 1)
    }

    @Test func reasoningTextOfAnOpenModelIsSentBackAsContent() throws {
        let run = Events.response(
            Events.added(0, #"{"type":"reasoning","id":"r","summary":[]}"#),
            Events.event("reasoning_text.delta", 0, #""content_index":0,"delta":"because""#),
            Events.done(
                0, #"{"type":"reasoning","id":"r","summary":[],"content":[{"type":"reasoning_text","text":"because"}]}"#
            ))
        #expect(run.chunks.filter { $0.text.contains("because") }.count == 1)
        #expect(
            run.completion?.choices[0].message.array?.first
                == [
                    "type": "reasoning", "id": "r", "summary": [],
                    "content": [["type": "reasoning_text", "text": "because"]],
                ])
    }

    @Test func functionAndCustomCallsAreToolCalls() throws {
        let run = Events.response(
            Events.added(0, #"{"type":"function_call","id":"fc","call_id":"c1","name":"f","arguments":""}"#),
            Events.event("function_call_arguments.delta", 0, #""delta":"{\"a\"""#),
            Events.event("function_call_arguments.delta", 0, #""delta":":1}""#),
            Events.event("function_call_arguments.done", 0, #""arguments":"{\"a\":1}""#),
            Events.done(0, #"{"type":"function_call","id":"fc","call_id":"c1","name":"f","arguments":"{\"a\":1}"}"#),
            Events.added(1, #"{"type":"custom_tool_call","id":"ct","call_id":"c2","name":"sql","input":""}"#),
            Events.event("custom_tool_call_input.delta", 1, #""delta":"SELECT 1""#),
            Events.done(1, #"{"type":"custom_tool_call","id":"ct","call_id":"c2","name":"sql","input":"SELECT 1"}"#))
        #expect(
            run.completion?.toolCalls
                == [
                    ToolCall(id: "c1", name: "f", arguments: #"{"a":1}"#),
                    ToolCall(id: "c2", name: "sql", arguments: "SELECT 1"),
                ])
        #expect(run.completion?.finishReason == .toolCalls)
        #expect(run.completion?.choices[0].nativeFinishReason == "completed")
        #expect(
            run.completion?.choices[0].message
                == [
                    ["type": "function_call", "id": "fc", "call_id": "c1", "name": "f", "arguments": #"{"a":1}"#],
                    ["type": "custom_tool_call", "id": "ct", "call_id": "c2", "name": "sql", "input": "SELECT 1"],
                ])
    }

    @Test func argumentsThatComeWholeAreTakenOnce() throws {
        let run = Events.response(
            Events.added(0, #"{"type":"function_call","call_id":"c1","name":"f","arguments":"{\"a\":1}"}"#),
            Events.event("function_call_arguments.done", 0, #""arguments":"{\"a\":1}""#),
            Events.done(0, #"{"type":"function_call","call_id":"c1","name":"f","arguments":"{\"a\":1}"}"#))
        #expect(run.completion?.toolCalls == [ToolCall(id: "c1", name: "f", arguments: #"{"a":1}"#)])
    }

    /// In a piece, in the event of their end, in the item's, and only in the response's.
    @Test func argumentsThatAreAnObjectAreTaken() {
        let item = #""type":"function_call","id":"f","call_id":"c","name":"f""#
        let empty = ResponsesEvents.added(0, "{\(item),\"arguments\":\"\"}")
        for event in [
            ResponsesEvents.event("function_call_arguments.delta", 0, #""delta":{"a":1}"#),
            ResponsesEvents.event("function_call_arguments.done", 0, #""arguments":{"a":1}"#),
            ResponsesEvents.done(0, "{\(item),\"arguments\":{\"a\":1}}"),
        ] {
            let calls = ResponsesEvents.response(empty, event).completion?.toolCalls
            #expect(calls == [ToolCall(id: "c", name: "f", arguments: #"{"a":1}"#)])
        }
    }

    @Test func usageBesideTheResponseIsRead() {
        let end = #"{"type":"response.completed","response":{"id":"r1","status":"completed","usage":null},"#
        let usage = #""usage":{"input_tokens":7,"output_tokens":3}}"#
        let run = ResponsesEvents.run([ResponsesEvents.created, ResponsesEvents.text(0, "a"), end + usage])
        #expect(run.completion?.usage?.completionTokens == 3)
    }

    @Test func annotationsAreCitationsOfTheirItem() throws {
        let annotation = #"{"type":"url_citation","url":"u"}"#
        let run = Events.response(
            Events.text(0, "x"), Events.event("output_text.annotation.added", 0, #""annotation":\#(annotation)"#),
            Events.done(
                0, #"{"type":"message","content":[{"type":"output_text","text":"x","annotations":[\#(annotation)]}]}"#))
        #expect(run.texts(.citation) == [annotation])
        #expect(
            run.completion?.choices[0].message.array?[0]["content"]?.array?[0]["annotations"] == [
                ["type": "url_citation", "url": "u"]
            ])
        let late = Events.response(
            Events.text(0, "x"),
            Events.done(
                0, #"{"type":"message","content":[{"type":"output_text","text":"x","annotations":[\#(annotation)]}]}"#))
        #expect(late.texts(.citation) == [annotation])
    }

    @Test func toolsOfTheProviderAreKeptAsTheyAre() throws {
        let done = #"{"type":"web_search_call","id":"w","status":"completed","action":{"type":"search","query":"q"}}"#
        let run = Events.response(
            Events.added(0, #"{"type":"web_search_call","id":"w","status":"in_progress"}"#),
            Events.event("web_search_call.searching", 0, #""item_id":"w""#), Events.done(0, done), Events.text(1, "x"))
        #expect(run.completion?.toolCalls == [])
        #expect(run.completion?.finishReason == .stop)
        #expect(run.completion?.choices[0].message.array?.first?.text == done)
    }

    @Test func logprobsAreKept() {
        let run = Events.response(
            Events.event("output_text.delta", 0, #""delta":"x","logprobs":[{"token":"x","logprob":-0.5}]"#))
        #expect(run.texts(.logprobs) == [#"[{"token":"x","logprob":-0.5}]"#])
    }
}
