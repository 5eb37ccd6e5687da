import LLMStreaming
import Testing

/// Content behind a finish reason opens its choice again: some servers put `stop` on every chunk.
@Suite struct ReopenedChoiceTests {
    private static func chunk(_ delta: String, _ reason: String = "null", choice: Int = 0) -> String {
        #"{"id":"c","model":"m","choices":[{"index":\#(choice),"delta":{\#(delta)},"finish_reason":\#(reason)}]}"#
    }
    private static let a = chunk(#""content":"a""#, #""stop""#)
    private static let b = chunk(#""content":"b""#)
    private static let end = chunk("", #""length""#)

    private static func text(_ data: [String]) -> String { data.map { "data: \($0)\n\n" }.joined() }

    /// The run of a stream whose connection is lost behind these events.
    private static func lost(_ data: [String], choices: Int = 1) -> StreamRun {
        var run = StreamRun(.openAI, choices: choices)
        run.receive(Array(text(data).utf8)[...])
        run.end(isOrderly: false)
        return run
    }

    @Test(arguments: [
        #""content":"b""#, #""reasoning_content":"b""#, #""refusal":"b""#,
        #""tool_calls":[{"index":0,"id":"t","function":{"name":"f","arguments":"{}"}}]"#,
    ])
    func whatTheModelWroteBehindAReasonOpensTheChoice(_ delta: String) {
        let events = [Self.a, Self.chunk(delta)]
        #expect(Transcript(text: Self.text(events)).run(.openAI).error?.kind == .cut)
        // [DONE] alone says that the stream is over, not that the answer is.
        #expect(Transcript(text: Self.text(events + ["[DONE]"])).run(.openAI).error?.code == "no_finish_reason")
        let whole = Transcript(text: Self.text(events + [Self.end, "[DONE]"])).run(.openAI)
        #expect(whole.completion?.finishReason == .length)
        #expect(whole.texts(.finish) == ["stop", "length"])
    }

    @Test(arguments: [
        #""content":"""#, #""content":null"#, "", #""role":"assistant""#, #""reasoning_content":"""#,
        #""tool_calls":[]"#,
    ])
    func emptyDeltasDoNot(_ delta: String) {
        let events = [Self.a, Self.chunk(delta)]
        #expect(Self.lost(events).completion?.content == "a")
        #expect(Transcript(text: Self.text(events)).run(.openAI).completion?.finishReason == .stop)
    }

    @Test func reasonsOfSuchAStreamCountOnlyWithItsOrderlyEnd() {
        let events = [Self.a, Self.a, Self.a]
        #expect(Self.lost(events).error?.kind == .cut)
        #expect(Self.lost(events).text(.text) == "aaa")
        #expect(Self.lost(events + ["[DONE]"]).completion?.content == "aaa")
        #expect(Transcript(text: Self.text(events)).run(.openAI).completion?.content == "aaa")
        // A body that ends in the middle of an event has not ended in order.
        let cut = Self.text(events) + #"data: {"choices":[{"index":0,"delta":{"content":"b"#
        #expect(Transcript(text: cut).run(.openAI).error?.kind == .cut)
        var run = StreamRun(.openAI)
        run.receive(Array(Self.text(events).utf8)[...])
        #expect(run.handler.phase == .streaming)
        #expect(!run.handler.awaitsOnlyItsEnd)
    }

    @Test func aRepeatedEventBehindAReasonIsSeen() {
        // The event that the hot path knows comes again behind the reason, which then is none.
        let events = [Self.b, Self.b, Self.b, Self.chunk("", #""stop""#), Self.b]
        let run = Self.lost(events)
        #expect(run.error?.kind == .cut)
        #expect(run.text(.text) == "bbbb")
        #expect(Self.lost(Array(events.dropLast())).completion?.content == "bbb")
    }

    @Test func oneOfSeveralChoicesMayGoOn() {
        let finished = [Self.a, Self.chunk(#""content":"x""#, #""stop""#, choice: 1)]
        #expect(Self.lost(finished, choices: 2).completion?.choices.count == 2)
        let reopened = finished + [Self.chunk(#""content":"y""#, choice: 1)]
        #expect(Self.lost(reopened, choices: 2).error?.kind == .cut)
        let end = [Self.chunk("", #""stop""#, choice: 1)]
        #expect(Self.lost(reopened + end, choices: 2).error?.kind == .cut)
        #expect(Self.lost(reopened + end + ["[DONE]"], choices: 2).completion?.choices[1].content == "xy")
    }

    @Test func aStopBehindNothingButThinkingCountsWithTheEnd() {
        let thinking = Self.chunk(#""reasoning_content":"hm""#, #""stop""#)
        #expect(Self.lost([thinking]).error?.kind == .cut)
        #expect(Self.lost([thinking, "[DONE]"]).completion?.choices[0].reasoning == "hm")
        #expect(Transcript(text: Self.text([thinking])).run(.openAI).completion != nil)
        // The bound of its tokens may well be reached in thinking.
        #expect(Self.lost([Self.chunk(#""reasoning_content":"hm""#, #""length""#)]).completion != nil)
    }

    @Test(arguments: [#""null""#, #""None""#, #""""#, "null", "false"])
    func wordsThatAreNoReasonEndNothing(_ word: String) {
        let events = [Self.chunk(#""content":"a""#, word), Self.chunk(#""content":"b""#, word)]
        #expect(Self.lost(events).error?.kind == .cut)
        #expect(Transcript(text: Self.text(events + [Self.end])).run(.openAI).completion?.content == "ab")
    }

    @Test func aReasonMayBeAnObject() {
        let run = Self.lost([Self.b, Self.chunk("", #"{"type":"length","length":3}"#)])
        #expect(run.completion?.finishReason == .length)
    }

    @Test func storedChunksOfAReopenedAnswerAreNotWhole() {
        var accumulator = StreamingAccumulator()
        for chunk in Self.lost([Self.a, Self.b]).chunks { accumulator.add(chunk) }
        #expect(!accumulator.isComplete)
    }
}
