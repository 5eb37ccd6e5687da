import LLMStreaming
import Testing

/// Characters that a server cut into the halves of UTF-16, in two deltas.
@Suite struct SplitCharacterTests {
    private static func chat(_ deltas: [String], end: String = "stop") -> StreamRun {
        let last = #"{"choices":[{"index":0,"delta":{},"finish_reason":"\#(end)"}]}"#
        let events = [ChatEvents.start] + deltas.map(ChatEvents.delta) + [last, "[DONE]"]
        return Transcript(text: events.map { "data: \($0)\n\n" }.joined()).run(.openAI)
    }

    private static func content(_ pieces: String...) -> String? {
        chat(pieces.map { #""content":"\#($0)""# }).completion?.content
    }

    @Test func theHalvesOfATextAreJoined() {
        #expect(Self.content("Hi ", "you \\ud83d", "\\ude00 there") == "Hi you 😀 there")
        #expect(Self.content("\\uD83D", "\\uDE00\\ud83d", "\\ude00") == "😀😀")
        // A null or an empty piece between them.
        #expect(Self.content("a\\ud83d", "", "\\ude00", "b") == "a😀b")
    }

    @Test func halvesThatNothingCompletesAreReplaced() {
        #expect(Self.content("a \\ud83d", "b") == "a \u{FFFD}b")
        #expect(Self.content("a \\ud83d") == "a \u{FFFD}")
        #expect(Self.content("\\ude00", "\\ud83d") == "\u{FFFD}\u{FFFD}")
        #expect(Self.content("\\ud83d", "\\ud83d", "\\ude00") == "\u{FFFD}😀")
        #expect(Self.content("a\\ud83dq\\ude00 b") == "a\u{FFFD}q\u{FFFD} b")
    }

    /// What stands for a half while an event is decoded is not mistaken for what a text may hold itself.
    @Test func noncharactersAndPrivateOnesStayAsTheyAre() {
        let odd = "\u{FFFF}\u{E03D}\u{FFFF}\u{FFFF}\u{FFFD}"
        #expect(
            Self.content(odd, "\(odd)\\uffff\\ue03d \\ud83d", "\\ude00\(odd)") == odd + odd + "\u{FFFF}\u{E03D} 😀" + odd
        )
    }

    @Test func textThinkingAndArgumentsWaitApart() throws {
        let run = Self.chat(
            [
                #""reasoning_content":"a \ud83d""#, #""content":"b \ud83d""#,
                #""tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{\"q\":\"\ud83d"}}]"#,
                #""tool_calls":[{"index":1,"id":"d","function":{"name":"g","arguments":"{\"q\":\"\ud83d"}}]"#,
                #""content":"\ude01 b""#, #""reasoning_content":"\ude00 a""#,
                #""tool_calls":[{"index":1,"function":{"arguments":"\ude81\"}"}}]"#,
                #""tool_calls":[{"index":0,"function":{"arguments":"\ude80\"}"}}]"#,
            ], end: "tool_calls")
        let completion = try #require(run.completion)
        #expect(completion.thinking == "a 😀 a" && completion.content == "b 😁 b")
        #expect(completion.toolCalls.map(\.arguments) == [#"{"q":"🚀"}"#, #"{"q":"🚁"}"#])
        #expect(run.chunks.allSatisfy { !$0.text.contains("\u{FFFD}") && !$0.text.contains("\u{FFFF}") })
    }

    @Test func choicesWaitApart() throws {
        let events = [
            #"{"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"\ud83d"}}]}"#,
            #"{"choices":[{"index":1,"delta":{"content":"\ud83d"}}]}"#,
            #"{"choices":[{"index":1,"delta":{"content":"\ude01"},"finish_reason":"stop"}]}"#,
            #"{"choices":[{"index":0,"delta":{"content":"\ude00"},"finish_reason":"stop"}]}"#, "[DONE]",
        ]
        let run = Transcript(text: events.map { "data: \($0)\n\n" }.joined()).run(.openAI, choices: 2)
        #expect(run.completion?.choices.map(\.content) == ["😀", "😁"])
    }

    @Test func reasoningDetailsAreJoined() throws {
        let run = Self.chat([
            #""reasoning_details":[{"type":"reasoning.text","index":0,"text":"a \ud83d"}]"#,
            #""content":"x""#, #""reasoning_details":[{"type":"reasoning.text","index":0,"text":"\ude00 b"}]"#,
        ])
        #expect(run.completion?.choices[0].message["reasoning_details"]?.array?.first?["text"] == "a 😀 b")
    }

    /// A name with half a character is no text that comes in pieces: nothing of the mark is left in it.
    @Test func otherStringsHaveNoMarks() throws {
        let run = Self.chat([
            #""content":"a \ud83d","annotations":[{"title":"\ud83d x"}]"#, #""content":"\ude00""#,
            #""tool_calls":[{"index":0,"id":"\ude00","function":{"name":"f\ud83d","arguments":"{}"}}]"#,
        ])
        let completion = try #require(run.completion)
        #expect(completion.content == "a 😀")
        #expect(completion.toolCalls.map(\.name) == ["f\u{FFFD}"] && completion.toolCalls.map(\.id) == ["\u{FFFD}"])
        #expect(run.chunks.allSatisfy { !$0.text.contains("\u{FFFF}") })
    }

    @Test func aTextThatBreaksOffEndsBeforeItsHalf() {
        let events = [ChatEvents.start, ChatEvents.delta(#""content":"Hello \ud83d""#)]
        let run = Transcript(text: events.map { "data: \($0)\n\n" }.joined()).run(.openAI)
        #expect(run.error?.kind == .cut)
        #expect(run.handler.accumulator.content == "Hello ")
    }

    /// A stream that its server keeps is not asked for its rest from within a character.
    @Test func noCursorStandsWithinACharacter() throws {
        var handler = StreamingResponseHandler(
            provider: .openAI, choices: 1, cursor: ReplayCursor(.conversation, id: "k", position: 0))
        var chunks: [StreamedChunk] = []
        for (event, isWhole) in [
            (ChatEvents.start, true), (ChatEvents.delta(#""content":"a""#), true),
            (ChatEvents.delta(#""content":"b\ud83d""#), false), (ChatEvents.delta(#""content":"\ude00""#), true),
        ] {
            try handler.receive(Array("data: \(event)\n\n".utf8).span, into: &chunks)
            handler.takeCursor(into: &chunks)
            #expect((handler.accumulator.cursor != nil) == isWhole)
        }
        #expect(handler.accumulator.content == "ab😀")
    }

    @Test func messagesAreJoined() throws {
        let text = { (piece: String) in MessagesEvents.text(0, piece) }
        let input = { (piece: String) in
            MessagesEvents.delta(1, #"{"type":"input_json_delta","partial_json":"\#(piece)"}"#)
        }
        let thought = { (piece: String) in MessagesEvents.delta(2, #"{"type":"thinking_delta","thinking":"\#(piece)"}"#)
        }
        let run = MessagesEvents.message(
            MessagesEvents.begin(0, #"{"type":"text","text":""}"#), text("a \\ud83d"), text("\\ude00 b"),
            MessagesEvents.begin(1, #"{"type":"tool_use","id":"t","name":"f","input":{}}"#),
            input(#"{\"q\":\"\ud83d"#), MessagesEvents.begin(2, #"{"type":"thinking","thinking":""}"#),
            thought("\\ud83d"), input(#"\ude80\"}"#), thought("\\ude01"), text("\\ud83d"),
            #"{"type":"content_block_stop","index":0}"#)
        let completion = try #require(run.completion)
        #expect(completion.content == "a 😀 b\u{FFFD}" && completion.thinking == "😁")
        #expect(completion.toolCalls.map(\.arguments) == [#"{"q":"🚀"}"#])
    }

    @Test func responsesAreJoined() throws {
        let delta = { (form: String, piece: String, item: Int) in
            #"{"type":"\#(form).delta","output_index":\#(item),"content_index":0,"delta":"\#(piece)"}"#
        }
        let whole = #"{"type":"message","content":[{"type":"output_text","text":"a 😀 b"}]}"#
        for output in ["[]", "[\(whole)]"] {
            let run = ResponsesEvents.run([
                #"{"type":"response.created","response":{"id":"r","status":"in_progress"}}"#,
                delta("response.output_text", "a ", 0), delta("response.output_text", "\\ud83d", 0),
                delta("response.function_call_arguments", #"{\"q\":\"\ud83d"#, 1),
                delta("response.output_text", "\\ude00 b", 0),
                delta("response.function_call_arguments", #"\ude80\"}"#, 1),
                #"{"type":"response.output_text.done","output_index":0,"content_index":0,"text":"a 😀 b"}"#,
                #"{"type":"response.completed","response":{"id":"r","status":"completed","output":\#(output)}}"#,
            ])
            #expect(run.completion?.content == "a 😀 b")
            #expect(run.completion?.toolCalls.map(\.arguments) == [#"{"q":"🚀"}"#])
        }
    }
}
