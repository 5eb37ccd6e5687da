import LLMStreaming
import Testing

/// When a chat completion stream is whole (Provider facts, "Chat streams").
@Suite struct ChatEndingTests {
    @Test func anAnswerThatHasNotBegunIsAwaitedUntilDone() throws {
        let one = Transcript(chat: ChatEvents.start, ChatEvents.delta(#""content":"a""#), ChatEvents.stop)
        #expect(one.run(.openAI, choices: 2).error?.kind == .cut)
        #expect(one.run(.openAI, choices: 1).completion?.content == "a")
        let done = Transcript(chat: ChatEvents.start, ChatEvents.delta(#""content":"a""#), ChatEvents.stop, "[DONE]")
        #expect(done.run(.openAI, choices: 2).completion?.choices.count == 1)
    }

    @Test(arguments: [
        "data: [DONE]\n\n", "data: [DONE]", "data: [DONE] \n", "data:[DONE]\r\n\r\n", "", ": ping - 2026\n\n",
        "data: \n\n", "event: done\n\n",
    ])
    func anAnsweredStreamMayEndInAnyOfTheseWays(_ end: String) throws {
        let text =
            [ChatEvents.start, ChatEvents.delta(#""content":"a""#), ChatEvents.stop].map { "data: \($0)\n\n" }.joined()
            + end
        let run = Transcript(text: text).run(.openAI)
        #expect(run.completion?.content == "a")
        #expect(run.handler.phase == .ended)
    }

    @Test func aLastEventWithoutItsBlankLineCounts() throws {
        let text =
            "data: \(ChatEvents.start)\n\ndata: \(ChatEvents.delta(#""content":"a""#))\n\ndata: \(ChatEvents.stop)"
        #expect(Transcript(text: text).run(.openAI).completion?.content == "a")
        let cut = StreamRun(text.utf8.dropLast(), .openAI)
        #expect(cut.error?.kind == .cut)
        #expect(cut.text(.text) == "a")
    }

    @Test func doneWithoutAFinishReasonIsACutUnlessTheProviderSendsNone() throws {
        let transcript = Transcript(chat: ChatEvents.start, ChatEvents.delta(#""content":"a""#), "[DONE]")
        #expect(transcript.run(.openAI).error?.kind == .cut)
        #expect(transcript.run(.openAI).error?.code == "no_finish_reason")
        #expect(transcript.run(.openAI).error?.message.contains("omits_finish_reason") == true)
        #expect(transcript.run(.openAI).handler.accumulator.partial.text == "a")
        var provider = Provider.openAI
        provider.omitsFinishReason = true
        let completion = try #require(transcript.run(provider).completion)
        #expect(completion.content == "a")
        #expect(completion.finishReason == .unknown)
        #expect(
            Transcript(chat: ChatEvents.start, ChatEvents.delta(#""content":"a""#)).run(provider).error?.kind == .cut)
        #expect(Transcript(chat: ChatEvents.start, "[DONE]").run(provider).error?.kind == .cut)
    }

    @Test func anEmptyDeltaAloneIsACut() throws {
        let run = Transcript(chat: ChatEvents.start).run(.openAI)
        #expect(run.error?.kind == .cut)
        #expect(run.handler.accumulator.partial.isEmpty)
    }

    @Test func aFinishReasonMayComeTwiceAndTheLastOneCounts() throws {
        let twice = Transcript(
            chat: ChatEvents.start, ChatEvents.delta(#""content":"a""#), ChatEvents.stop, ChatEvents.stop, "[DONE]"
        )
        .run(.openAI)
        #expect(twice.texts(.finish) == ["stop"])
        let other = Transcript(
            chat: ChatEvents.start, ChatEvents.stop,
            #"{"choices":[{"index":0,"delta":{},"finish_reason":"content_filter"}]}"#
        ).run(.openAI)
        #expect(other.completion?.finishReason == .contentFilter)
    }

    @Test(arguments: [
        ("error", ErrorKind.server), ("insufficient_system_resource", .overloaded), ("abort", .server),
        ("network_error", .server),
    ])
    func aFinishReasonThatSaysFailureIsNone(_ reason: String, _ kind: ErrorKind) throws {
        let run = Transcript(
            chat: ChatEvents.start,
            #"{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"\#(reason)"}],"usage":{"total_tokens":3}}"#,
            "[DONE]"
        ).run(.openAI)
        #expect(run.error?.kind == kind)
        #expect(run.error?.message.contains(reason) == true)
        #expect(run.text(.text) == "a")
        #expect(run.handler.accumulator.usage?.totalTokens == 3)
    }

    @Test(arguments: [
        ("stop", FinishReason.stop), ("STOP", .stop), ("length", .length), ("model_length", .length),
        ("tool_calls", .toolCalls), ("function_call", .toolCalls), ("content_filter", .contentFilter),
        ("sensitive", .contentFilter), ("something new", .unknown),
    ])
    func finishReasonsAreNormalisedAndTheNativeWordIsKept(_ native: String, _ reason: FinishReason) throws {
        let run = Transcript(
            chat: ChatEvents.start, #"{"choices":[{"index":0,"delta":{},"finish_reason":"\#(native)"}]}"#
        ).run(.openAI)
        #expect(run.completion?.finishReason == reason)
        #expect(run.completion?.choices[0].nativeFinishReason == native)
    }

    @Test func theRoutedModelsFinishReasonIsTheNativeOne() throws {
        let run = Transcript(
            chat: ChatEvents.start,
            #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop","native_finish_reason":"STOP"}]}"#, "[DONE]"
        ).run(.named("openrouter"))
        #expect(run.completion?.finishReason == .stop)
        #expect(run.completion?.choices[0].nativeFinishReason == "STOP")
    }

    @Test func whatFollowsDoneIsIgnored() throws {
        let run = Transcript(
            chat: ChatEvents.start, ChatEvents.delta(#""content":"a""#), ChatEvents.stop, "[DONE]",
            ChatEvents.delta(#""content":"b""#),
            #"{"error":{"message":"late"}}"#
        ).run(.openAI)
        #expect(run.completion?.content == "a")
    }
}
