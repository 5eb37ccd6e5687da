import LLMStreaming
import Testing

/// Anthropic's Messages streams, written out (Provider facts, "Messages streams").
@Suite struct MessagesStreamTests {
    @Test func textUsageAndNamesOfAMessage() throws {
        let run = MessagesEvents.message(
            MessagesEvents.begin(0, #"{"type":"text","text":""}"#), #"{"type":"ping"}"#, MessagesEvents.text(0, "Hel"),
            MessagesEvents.text(0, "lo"),
            #"{"type":"content_block_stop","index":0}"#)
        let completion = try #require(run.completion)
        #expect(completion.content == "Hello")
        #expect(completion.id == "m1")
        #expect(completion.model == "claude")
        #expect(completion.finishReason == .stop)
        #expect(completion.choices[0].nativeFinishReason == "end_turn")
        #expect(
            completion.choices[0].message == ["role": "assistant", "content": [["type": "text", "text": "Hello"]]])
        // What the message's start counted stands beside what its end did: cumulative, the later one wins.
        #expect(completion.usage?.promptTokens == 17)
        #expect(completion.usage?.cacheCreationTokens == 3)
        #expect(completion.usage?.cachedTokens == 4)
        #expect(completion.usage?.completionTokens == 25)
        #expect(completion.usage?.totalTokens == 42)
    }

    @Test(arguments: [
        ("end_turn", FinishReason.stop), ("stop_sequence", .stop), ("max_tokens", .length), ("tool_use", .toolCalls),
        ("model_context_window_exceeded", .length), ("refusal", .refusal), ("something_new", .unknown),
    ])
    func stopReasonsAreNormalised(_ native: String, _ reason: FinishReason) throws {
        let run = MessagesEvents.message(MessagesEvents.text(0, "x"), reason: native)
        #expect(run.completion?.finishReason == reason)
        #expect(run.completion?.choices[0].nativeFinishReason == native)
    }

    @Test func aStopReasonAndTheBodysOrderlyEndAreAWholeMessage() throws {
        let events = [MessagesEvents.start, MessagesEvents.text(0, "x"), MessagesEvents.end("end_turn")]
        let run = MessagesEvents.run(events)
        #expect(run.completion?.content == "x")
        #expect(run.completion?.finishReason == .stop)
        #expect(run.handler.accumulator.usage?.completionTokens == 25)
        // Nor do a last event that is cut, or chat's own end, take anything from it.
        let text = events.map { "data: \($0)\n\n" }.joined()
        for end in ["data: {\"type\":\"message_st", "event: message_stop\n", "data: [DONE]\n\n"] {
            #expect(Transcript(text: text + end).run(.anthropic).completion?.content == "x", "\(end)")
        }
        // What is lost with the connection may have been more.
        var cut = StreamRun(.anthropic)
        cut.receive(Array(text.utf8)[...])
        cut.end(isOrderly: false)
        #expect(cut.error?.kind == .cut)
    }

    @Test func contentBehindAStopReasonOpensTheMessageAgain() throws {
        let events = [
            MessagesEvents.start, MessagesEvents.text(0, "x"), MessagesEvents.end("end_turn"),
            MessagesEvents.text(0, "y"),
        ]
        #expect(MessagesEvents.run(events).error?.kind == .cut)
        #expect(MessagesEvents.run(events).text(.text) == "xy")
        let again = MessagesEvents.run(events + [MessagesEvents.end("max_tokens")])
        #expect(again.completion?.content == "xy")
        #expect(again.completion?.finishReason == .length)
        #expect(MessagesEvents.run(events + [MessagesEvents.stop]).completion?.finishReason == .unknown)
        for word in ["null", "none", ""] {
            let none = [MessagesEvents.start, MessagesEvents.text(0, "x"), MessagesEvents.end(word)]
            #expect(MessagesEvents.run(none).error?.kind == .cut, "\(word)")
        }
        let failed = [MessagesEvents.start, MessagesEvents.text(0, "x"), MessagesEvents.end("error")]
        #expect(MessagesEvents.run(failed + [MessagesEvents.stop]).error?.kind == .server)
    }

    @Test func aMessageThatStopsWithoutAReasonIsToldApart() throws {
        let run = MessagesEvents.run([MessagesEvents.start, MessagesEvents.text(0, "x"), MessagesEvents.stop])
        #expect(run.completion?.finishReason == .unknown)
        #expect(run.completion?.choices[0].nativeFinishReason == "message_stop")
    }

    @Test func aMessageWithoutItsStopIsACut() throws {
        #expect(MessagesEvents.run([MessagesEvents.start, MessagesEvents.text(0, "x")]).error?.kind == .cut)
        #expect(MessagesEvents.run([MessagesEvents.start, MessagesEvents.stop]).error?.kind == .cut)
        #expect(MessagesEvents.run([MessagesEvents.text(0, "x"), MessagesEvents.stop]).error?.kind == .cut)
        #expect(MessagesEvents.run([MessagesEvents.stop]).error?.kind == .cut)
    }

    @Test func aLastEventWithoutItsBlankLineCounts() throws {
        let whole =
            "data: \(MessagesEvents.start)\n\ndata: \(MessagesEvents.text(0, "x"))\n\ndata: \(MessagesEvents.end("end_turn"))\n\n"
        for end in ["", "\n", "\r\n"] {
            #expect(
                Transcript(text: whole + "data: \(MessagesEvents.stop)" + end).run(.anthropic).completion?.content
                    == "x")
        }
    }

    @Test func aRefusalComesWithItsDetails() throws {
        let details = #"{"type":"refusal","category":"cyber","explanation":"Not this."}"#
        let run = MessagesEvents.run([
            MessagesEvents.start, MessagesEvents.end("refusal", #","stop_details":\#(details)"#), MessagesEvents.stop,
        ])
        let choice = try #require(run.completion?.choices.first)
        #expect(choice.finishReason == .refusal)
        #expect(choice.nativeFinishReason == details)
        #expect(choice.refusal == "Not this.")
        #expect(choice.content == "")
    }

    @Test func aPausedTurnIsNoCompleteAnswer() throws {
        let run = MessagesEvents.message(MessagesEvents.text(0, "searching"), reason: "pause_turn")
        let error = try #require(run.error)
        #expect(error.kind == .cut)
        #expect(error.isRetryable == false)
        #expect(error.message.contains("pause_turn"))
        #expect(run.handler.accumulator.partial.text == "searching")
    }

    @Test func aPausedTurnIsKeptToBeSentBackAsItIs() throws {
        let run = MessagesEvents.message(
            MessagesEvents.begin(0, #"{"type":"thinking","thinking":"hm","signature":"s"}"#),
            MessagesEvents.text(1, "searching"),
            MessagesEvents.begin(2, #"{"type":"server_tool_use","id":"t","name":"web_search","input":{"q":"x"}}"#),
            reason: "pause_turn")
        let partial = run.handler.accumulator.partial
        let turn = try #require(partial.choices[0].pausedTurn)
        #expect(
            turn.text
                == #"{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"s"},"#
                + #"{"type":"text","text":"searching"},"#
                + #"{"type":"server_tool_use","id":"t","name":"web_search","input":{"q":"x"}}]}"#)
        #expect(PartialAnswer(json: partial.json) == partial)
        let content = RequestContent.conversation([.user("hi")], CompletionOptions(), extraBody: JSONObject())
        let next = try RequestEncoder.encode(content, model: "m", provider: .anthropic, continuation: .turn(turn))
        #expect(try JSONParser.parse(next.body)["messages"] == [["role": "user", "content": "hi"], turn])
        // Whatever else ends an answer leaves no turn to go on with.
        let cut = MessagesEvents.run([MessagesEvents.start, MessagesEvents.text(0, "x")])
        #expect(cut.handler.accumulator.partial.choices[0].pausedTurn == nil)
    }

    /// The number where a message begins is none of its answer's.
    @Test func onlyTheEndTellsHowMuchWasWritten() throws {
        let block = MessagesEvents.begin(0, #"{"type":"text","text":"many words"}"#)
        let end = #"{"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#
        let untold = try #require(
            MessagesEvents.run([MessagesEvents.start, block, end, MessagesEvents.stop]).completion)
        #expect(untold.usage?.promptTokens == 17 && untold.usage?.completionTokens == nil)
        for late in [
            [
                #"{"type":"message_delta","delta":{"stop_reason":"end_turn","usage":{"output_tokens":5}}}"#,
                MessagesEvents.stop,
            ],
            [end, #"{"type":"message_stop","usage":{"output_tokens":5}}"#],
        ] {
            let told = try #require(MessagesEvents.run([MessagesEvents.start, block] + late).completion)
            #expect(told.usage?.promptTokens == 17 && told.usage?.completionTokens == 5)
        }
    }

    @Test func usageIsCumulativeAndCountsWhatIsSpecial() throws {
        let usage =
            #"{"input_tokens":12,"output_tokens":40,"output_tokens_details":{"thinking_tokens":30},"#
            + #""server_tool_use":{"web_search_requests":2},"iterations":[{"input_tokens":5}],"service_tier":"standard"}"#
        let run = MessagesEvents.run([
            MessagesEvents.start, MessagesEvents.text(0, "x"),
            #"{"type":"message_delta","delta":{},"usage":{"output_tokens":9}}"#,
            #"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":\#(usage)}"#, MessagesEvents.stop,
        ])
        let report = try #require(run.completion?.usage)
        #expect(report.promptTokens == 12 + 3 + 4)
        #expect(report.completionTokens == 40 && report.reasoningTokens == 30)
        #expect(report.raw["server_tool_use"] == ["web_search_requests": 2])
        #expect(report.raw["iterations"] == [["input_tokens": 5]])
    }

    @Test func theModelThatAnsweredInstead() throws {
        let run = MessagesEvents.message(
            MessagesEvents.begin(0, #"{"type":"fallback","from":{"model":"claude"},"to":{"model":"claude-2"}}"#),
            MessagesEvents.text(1, "x"))
        #expect(run.completion?.model == "claude-2")
        #expect(run.completion?.id == "m1")
        // The block is to be sent back, and keeps nobody from going on from the text.
        #expect(run.completion?.choices[0].message["content"]?.array?.map { $0["type"] } == ["fallback", "text"])
        #expect(!run.handler.accumulator.partial.choices[0].hasToolCall)
    }

    @Test func aRepeatedStartOfTheSameMessageIsIgnored() throws {
        let run = MessagesEvents.message(
            MessagesEvents.start, MessagesEvents.text(0, "a"), MessagesEvents.start, MessagesEvents.text(0, "b"))
        #expect(run.completion?.content == "ab")
        #expect(run.completion?.choices[0].message["content"]?.array?.count == 1)
    }

    @Test func anotherMessageWhileOneIsOpenIsNoAnswer() throws {
        let other = MessagesEvents.start.replacing("\"m1\"", with: "\"m2\"")
        let run = MessagesEvents.run([
            MessagesEvents.start, MessagesEvents.text(0, "a"), other, MessagesEvents.text(0, "b"),
            MessagesEvents.end("end_turn"), MessagesEvents.stop,
        ])
        #expect(run.error?.kind == .decode)
        #expect(run.error?.isRetryable == true)
        #expect(run.text(.text) == "a")
    }

    @Test func messagesOneAfterTheOtherAreOneAnswer() throws {
        let second =
            #"{"type":"message_start","message":{"id":"m2","model":"claude","content":[{"type":"tool_use","id":"t","#
            + #""name":"f","input":{"a":1}}],"stop_reason":"tool_use","usage":{"input_tokens":0,"output_tokens":0}}}"#
        let third = MessagesEvents.start.replacing("\"m1\"", with: "\"m3\"")
        let events = [
            MessagesEvents.start, MessagesEvents.text(0, "a"), MessagesEvents.end("tool_use"), MessagesEvents.stop,
            second, MessagesEvents.stop, third,
        ]
        let run = MessagesEvents.run(
            events + [MessagesEvents.text(0, "b"), MessagesEvents.end("end_turn"), MessagesEvents.stop])
        let completion = try #require(run.completion)
        #expect(completion.content == "ab")
        #expect(completion.toolCalls == [ToolCall(id: "t", name: "f", arguments: #"{"a":1}"#)])
        #expect(completion.finishReason == .stop)
        #expect(completion.id == "m1")
        #expect(completion.choices[0].message["content"]?.array?.count == 3)
        // The last one has not stopped.
        #expect(MessagesEvents.run(events).error?.kind == .cut)
    }

    @Test func afterItsStopNothingButAnotherMessageCounts() throws {
        let events = [
            MessagesEvents.start, MessagesEvents.text(0, "a"), MessagesEvents.end("end_turn"), MessagesEvents.stop,
        ]
        let late = [
            #"{"type":"ping"}"#, MessagesEvents.text(0, "b"), #"{"type":"error","error":{"type":"api_error"}}"#,
            "[DONE]",
        ]
        let run = MessagesEvents.run(events + late)
        #expect(run.completion?.content == "a")
    }

    @Test func streamsWithoutEventNamesAreReadByTheirTypes() throws {
        let text = [
            MessagesEvents.start, MessagesEvents.text(0, "x"), MessagesEvents.end("end_turn"), MessagesEvents.stop,
        ].map { "data: \($0)\n\n" }.joined()
        #expect(Transcript(text: text).run(.anthropic).completion?.content == "x")
    }

    @Test(arguments: ["not JSON", #"{"type":"content_block_delta","index":-1,"delta":{}}"#, "[{"])
    func nonsenseInTheStreamIsAnErrorAndKeepsWhatCameBefore(_ data: String) throws {
        let run = MessagesEvents.message(MessagesEvents.text(0, "a"), data)
        #expect(run.error?.kind == .decode)
        #expect(run.handler.accumulator.partial.text == "a")
    }
}
