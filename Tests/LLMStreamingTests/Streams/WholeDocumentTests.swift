import LLMStreaming
import Testing

/// A 200 with one JSON document instead of a stream.
@Suite struct WholeDocumentTests {
    private struct Outcome {
        var chunks: [StreamedChunk] = []
        var result: Result<Completion, LLMError>

        init(_ body: String, _ provider: Provider, choices: Int = 1) {
            var handler = StreamingResponseHandler(provider: provider, choices: choices)
            do {
                try handler.receiveWhole(Array(body.utf8), into: &chunks)
                result = .success(try handler.completion())
            } catch { result = .failure(error) }
        }

        var kind: ErrorKind? { if case .failure(let error) = result { error.kind } else { nil } }
    }

    @Test func aWholeChatCompletionIsTaken() throws {
        let outcome = Outcome(
            #"{"id":"c","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","#
                + #""content":"hi","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}},"#
                + #"{"id":"b","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}],"#
                + #""usage":{"prompt_tokens":1,"completion_tokens":2}}"#, .openAI, choices: 2)
        let completion = try outcome.result.get()
        #expect(completion.content == "hi")
        #expect(completion.toolCalls.map(\.id) == ["a", "b"])
        #expect(completion.usage?.totalTokens == 3)
        #expect(outcome.chunks.filter { $0.kind == .text }.map(\.text) == ["hi"])
    }

    @Test func aWholeMessageIsTaken() throws {
        let outcome = Outcome(
            #"{"type":"message","id":"m","model":"c","role":"assistant","content":[{"type":"text","text":"a"},"#
                + #"{"type":"text","text":"b"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":2},"#
                + #""error":null}"#, .anthropic)
        let completion = try outcome.result.get()
        #expect(completion.content == "ab")
        #expect(completion.finishReason == .stop)
        #expect(completion.usage?.completionTokens == 2)
    }

    /// As lines and as an array, in each dialect that has several objects.
    @Test func halvesOfCharactersInSeveralObjectsAreJoined() throws {
        let chat = [
            #"{"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"a\ud83d"}}]}"#,
            #"{"choices":[{"index":0,"delta":{"content":"\ude00b\ud83d"}}]}"#,
            #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
        ]
        for body in [chat.joined(separator: "\n"), "[" + chat.joined(separator: ",") + "]"] {
            #expect(try Outcome(body, .openAI).result.get().content == "a😀b\u{FFFD}")
        }
        let messages = [
            MessagesEvents.start, MessagesEvents.begin(0, #"{"type":"text","text":"a\ud83d"}"#),
            MessagesEvents.text(0, "\\ude00b"), MessagesEvents.end("end_turn"), MessagesEvents.stop,
        ]
        #expect(try Outcome(messages.joined(separator: "\n"), .anthropic).result.get().content == "a😀b")
        let responses = [
            ResponsesEvents.created, ResponsesEvents.text(0, "a\\ud83d"), ResponsesEvents.text(0, "\\ude00b"),
            ResponsesEvents.end(),
        ]
        #expect(try Outcome(responses.joined(separator: "\n"), .responses).result.get().content == "a😀b")
        let alone = #"{"choices":[{"message":{"content":"a\ud83d"},"finish_reason":"stop"}]}"#
        #expect(try Outcome(alone, .openAI).result.get().content == "a\u{FFFD}")
    }

    @Test func whatIsWholeOfAnArrayThatIsCutOffIsKept() {
        let piece = #"{"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"a"}}]}"#
        for body in ["[\(piece)", "[\(piece),\n", "[\(piece),\n{\"choices\":[{"] {
            let outcome = Outcome(body, .openAI)
            #expect(outcome.kind == .cut)
            #expect(outcome.chunks.filter { $0.kind == .text }.map(\.text) == ["a"])
        }
    }

    @Test func aDocumentThatIsNoWholeAnswerIsAnError() {
        #expect(Outcome(#"{"choices":[{"message":{"content":"hi"}}]}"#, .openAI).kind == .cut)
        #expect(Outcome(#"{"choices":[]}"#, .openAI).kind == .decode)
        #expect(Outcome(#"{"content":[{"type":"text","text":"a"}],"stop_reason":null}"#, .anthropic).kind == .cut)
        #expect(Outcome(#"{"id":"m"}"#, .anthropic).kind == .decode)
        #expect(Outcome("<html>", .openAI).kind == .decode)
        #expect(Outcome(#"{"content":[],"stop_reason":"pause_turn"}"#, .anthropic).kind == .cut)
        #expect(Outcome(#"{"error":{"message":"x","code":429}}"#, .openAI).kind == .rateLimit)
        #expect(
            Outcome(#"{"type":"error","error":{"type":"overloaded_error","message":"x"}}"#, .anthropic).kind
                == .overloaded)
    }
}
