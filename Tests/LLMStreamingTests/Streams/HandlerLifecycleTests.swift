import LLMStreaming
import Testing

/// A handler begins, brings chunks, and ends exactly once, as `ended` or as `failed`; nothing changes it afterwards.
@Suite struct HandlerLifecycleTests {
    private static let begun = "data: \(ChatEvents.start)\n\ndata: \(ChatEvents.delta(#""content":"a""#))\n\n"
    private static let answered = begun + "data: \(ChatEvents.stop)\n\n"
    private static let done = "data: [DONE]\n\n"
    private static let error = #"data: {"error":{"message":"boom","type":"server_error"}}"# + "\n\n"
    private static let more = "data: \(ChatEvents.delta(#""content":"later""#))\n\n"

    /// Takes a text, tells what it threw, and how many chunks came of it.
    private static func feed(
        _ text: String, to handler: inout StreamingResponseHandler
    ) -> (error: LLMError?, chunks: [StreamedChunk]) {
        var chunks: [StreamedChunk] = []
        do { try handler.receive(Array(text.utf8).span, into: &chunks) } catch { return (error, chunks) }
        return (nil, chunks)
    }

    @Test func goesFromStreamingOverAnsweredToEnded() throws {
        var handler = StreamingResponseHandler(provider: .openAI, choices: 1)
        var phases = [handler.phase]
        for text in [Self.begun, "data: \(ChatEvents.stop)\n\n", Self.done] {
            #expect(Self.feed(text, to: &handler).error == nil)
            phases.append(handler.phase)
        }
        #expect(phases == [.streaming, .streaming, .answered, .ended])
        #expect(try handler.completion().content == "a")
    }

    @Test(arguments: [
        // The stream, whether its body ends behind it, how it ended.
        (answered + done, false, StreamingResponseHandler.Phase.ended), (answered, true, .ended),
        (begun + error, false, .failed), (answered + error, false, .failed), (begun, true, .failed),
        (begun + "data: {\"choices\":[{\n\n", false, .failed), ("", true, .failed),
        (begun + "data: \(String(repeating: "x", count: 5_000))\n\n", false, .failed),
    ])
    func nothingCountsAfterTheEnd(stream: String, isBodyEnded: Bool, end: StreamingResponseHandler.Phase) {
        var limits = StreamingResponseHandler.Limits()
        limits.maximumEventBytes = 4_000
        var handler = StreamingResponseHandler(provider: .openAI, choices: 1, limits: limits)
        var chunks: [StreamedChunk] = []
        var errors = Self.feed(stream, to: &handler).error == nil ? 0 : 1
        if isBodyEnded { do { try handler.receiveEnd(into: &chunks) } catch { errors += 1 } }
        #expect(handler.phase == end)
        #expect(errors == (end == .failed ? 1 : 0))
        let (content, usage) = (handler.accumulator.content, handler.accumulator.byteCount)
        // Whatever comes now, and however often: no chunk, no second error, no other answer.
        for text in [Self.more, Self.error, Self.answered + Self.done, "data: {{{\n\n"] {
            let (error, chunks) = Self.feed(text, to: &handler)
            #expect(error == nil && chunks.isEmpty)
        }
        let end = handler.phase
        #expect(throws: Never.self) { try handler.receiveWhole(Array("{}".utf8), into: &chunks) }
        if isBodyEnded || end == .failed {
            #expect(throws: Never.self) { try handler.receiveEnd(into: &chunks) }
        }
        #expect(handler.phase == end)
        #expect(handler.accumulator.content == content && handler.accumulator.byteCount == usage)
    }

    /// The beginning of a stream, what makes it whole, and an error, in a dialect.
    struct Speech: Sendable, CustomTestStringConvertible {
        var provider: Provider
        var begun: String
        var rest: String
        var error: String

        var testDescription: String { provider.dialect.rawValue }

        init(_ provider: Provider, begun: [String], rest: [String], error: String) {
            func text(_ events: [String]) -> String {
                events.map { data in
                    let type = (try? JSONParser.parse(data))?["type"]?.string ?? "message"
                    return "event: \(type)\ndata: \(data)\n\n"
                }.joined()
            }
            self.provider = provider
            self.begun = text(begun)
            self.rest = text(rest)
            self.error = text([error])
        }
    }

    static let speeches = [
        Speech(
            .openAI, begun: [ChatEvents.start, ChatEvents.delta(#""content":"a""#)], rest: [ChatEvents.stop],
            error: #"{"error":{"message":"boom","type":"server_error"}}"#),
        Speech(
            .anthropic,
            begun: [
                MessagesEvents.start, MessagesEvents.begin(0, #"{"type":"text","text":""}"#),
                MessagesEvents.text(0, "a"),
            ],
            rest: [MessagesEvents.end("end_turn"), MessagesEvents.stop],
            error: #"{"type":"error","error":{"type":"overloaded_error","message":"boom"}}"#),
        Speech(
            .responses, begun: [ResponsesEvents.created, ResponsesEvents.text(0, "a")],
            rest: [ResponsesEvents.end()],
            error: #"{"type":"error","code":"server_error","message":"boom","param":null}"#),
    ]

    @Test(arguments: speeches, [true, false])
    func inEveryDialectAnErrorOrTheBodysEndIsTheEnd(speech: Speech, isWhole: Bool) {
        var chunks: [StreamedChunk] = []
        var ended = StreamingResponseHandler(provider: speech.provider, choices: 1)
        #expect(Self.feed(speech.begun + (isWhole ? speech.rest : ""), to: &ended).error == nil)
        do {
            try ended.receiveEnd(into: &chunks)
            #expect(isWhole && ended.phase == .ended)
        } catch {
            #expect(!isWhole && ended.phase == .failed && error.kind == .cut)
        }
        var failed = StreamingResponseHandler(provider: speech.provider, choices: 1)
        #expect(Self.feed(speech.begun, to: &failed).error == nil)
        #expect(Self.feed(speech.error, to: &failed).error != nil)
        #expect(failed.phase == .failed)
        for text in [speech.begun, speech.rest, speech.error] {
            for (error, chunks) in [Self.feed(text, to: &ended), Self.feed(text, to: &failed)] {
                #expect(error == nil && chunks.isEmpty)
            }
        }
        #expect((try? ended.completion()) != nil || !isWhole)
        #expect((try? failed.completion()) == nil)
        #expect(ended.accumulator.content == "a" && failed.accumulator.content == "a")
    }

    @Test func anErrorBehindTheFinishReasonLeavesNoCompletion() {
        var handler = StreamingResponseHandler(provider: .openAI, choices: 1)
        let (error, _) = Self.feed(Self.answered + Self.error, to: &handler)
        #expect(error?.kind == .server)
        #expect(!handler.isAnswered)
        #expect(throws: LLMError.self) { try handler.completion() }
        #expect(handler.accumulator.content == "a")
    }

    @Test func aStreamCutAtAnyByteEndsInACompletionOrAnErrorNeverInBoth() {
        let whole = Array((Self.answered + Self.done).utf8)
        var completions = 0
        for count in 0...whole.count {
            var handler = StreamingResponseHandler(provider: .openAI, choices: 1)
            var chunks: [StreamedChunk] = []
            var errors = 0
            let part = whole[..<count]
            do { try handler.receive(part.span, into: &chunks) } catch { errors += 1 }
            do { try handler.receiveEnd(into: &chunks) } catch { errors += 1 }
            let completion = try? handler.completion()
            #expect((completion == nil) == (errors == 1), "cut at \(count)")
            #expect(errors <= 1, "cut at \(count)")
            #expect(handler.phase == (errors == 0 ? .ended : .failed), "cut at \(count)")
            if completion != nil { completions += 1 }
        }
        #expect(completions > 1 && completions < whole.count)
    }

    @Test func aWholeDocumentEndsTheStreamToo() throws {
        let document = #"{"id":"c","choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"}]}"#
        var handler = StreamingResponseHandler(provider: .openAI, choices: 1)
        var chunks: [StreamedChunk] = []
        try handler.receiveWhole(Array(document.utf8), into: &chunks)
        #expect(handler.phase == .ended)
        let count = chunks.count
        try handler.receiveWhole(Array(document.utf8), into: &chunks)
        #expect(chunks.count == count)
        #expect(try handler.completion().content == "a")

        var broken = StreamingResponseHandler(provider: .openAI, choices: 1)
        #expect(throws: LLMError.self) { try broken.receiveWhole(Array("<html>".utf8), into: &chunks) }
        #expect(broken.phase == .failed)
    }
}
