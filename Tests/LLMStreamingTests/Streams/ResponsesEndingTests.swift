import LLMStreaming
import ServerSentEvents
import Testing

/// How responses end, and what a server says of that (Provider facts, "Responses streams").
@Suite struct ResponsesEndingTests {
    private typealias Events = ResponsesEvents

    @Test(
        arguments: [
            ("completed", #","status":"completed""#, FinishReason.stop, "completed"),
            ("incomplete", #","incomplete_details":{"reason":"max_output_tokens"}"#, .length, "max_output_tokens"),
            ("incomplete", #","incomplete_details":{"reason":"content_filter"}"#, .contentFilter, "content_filter"),
            ("incomplete", #","incomplete_details":{"reason":"steered"}"#, .unknown, "steered"),
            ("incomplete", "", .unknown, "incomplete"),
            // vLLM: the status inside is believed.
            (
                "completed", #","status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}"#, .length,
                "max_output_tokens"
            ),
            // llama.cpp says so of an answer that its bound cut.
            ("completed", #","status":"completed","incomplete_details":null"#, .stop, "completed"),
            // A status that is no end leaves the word to the event.
            ("completed", #","status":"in_progress""#, .stop, "completed"),
        ])
    func theStatusInsideTheTerminalEventIsBelieved(
        _ name: String, _ members: String, _ reason: FinishReason, _ native: String
    ) {
        let run = Events.run([Events.created, Events.text(0, "x"), Events.end(name, members)])
        #expect(run.completion?.finishReason == reason)
        #expect(run.completion?.choices[0].nativeFinishReason == native)
        #expect(run.completion?.content == "x")
    }

    @Test(
        arguments: [
            (#"{"code":"rate_limit_exceeded","message":"slow down"}"#, ErrorKind.rateLimit),
            (#"{"code":"server_error","message":"oops"}"#, .server),
            (#"{"code":"insufficient_quota","message":"pay"}"#, .quota),
            (#"{"code":"bio_policy","message":"no"}"#, .contentPolicy),
            (#"{"code":"context_length_exceeded","message":"long"}"#, .contextLength),
            ("null", .server),
        ])
    func aFailedResponseIsItsError(_ error: String, _ kind: ErrorKind) {
        let usage = #","usage":{"input_tokens":3}"#
        let run = Events.run([
            Events.created, Events.text(0, "x"), Events.end("failed", #","error":\#(error)\#(usage)"#),
        ])
        #expect(run.error?.kind == kind)
        #expect(run.text(.text) == "x")
        #expect(run.handler.accumulator.usage?.promptTokens == 3)
        // By its status alone.
        let inside = Events.run([Events.created, Events.end("completed", #","status":"failed","error":\#(error)"#)])
        #expect(inside.error?.kind == kind)
    }

    @Test(
        arguments: [
            #"{"type":"error","code":"rate_limit_exceeded","message":"slow down","param":null,"sequence_number":3}"#,
            #"{"type":"error","sequence_number":3,"error":{"type":"tokens","code":"rate_limit_exceeded","message":"slow down","param":null}}"#,
            #"{"error":{"code":"rate_limit_exceeded","message":"slow down"}}"#,
        ])
    func bothShapesOfAnErrorEventEndTheStream(_ event: String) {
        let run = Events.run([Events.created, Events.text(0, "x"), event, Events.end()])
        #expect(run.error?.kind == .rateLimit)
        #expect(run.error?.message == "slow down")
        #expect(run.text(.text) == "x" && run.completion == nil)
    }

    @Test func anErrorBesideTheFailedResponseIsItsError() {
        for response in [#""response":{"id":"r","status":"failed","error":null},"#, ""] {
            let run = Events.run([
                Events.created,
                #"{"type":"response.failed",\#(response)"error":{"code":"rate_limit_exceeded","message":"slow down"}}"#,
            ])
            #expect(run.error?.kind == .rateLimit && run.error?.message == "slow down")
        }
    }

    @Test func aCancelledResponseIsCut() {
        let run = Events.run([Events.created, Events.text(0, "x"), Events.end("cancelled")])
        #expect(run.error?.kind == .cut && run.completion == nil)
    }

    @Test func aStreamWithoutItsTerminalEventIsCut() {
        let events = [Events.created, Events.text(0, "x"), Events.event("output_text.done", 0, #""text":"x""#)]
        #expect(Events.run(events).error?.kind == .cut)
        #expect(Events.run(events + ["[DONE]"]).error?.kind == .cut)
    }

    @Test func doneAfterTheTerminalEventChangesNothing() {
        let run = Events.run([Events.created, Events.text(0, "x"), Events.end(), "[DONE]"])
        #expect(run.completion?.content == "x")
    }

    @Test func textThatOnlyTheEndHasIsTaken() throws {
        let output =
            #","output":[{"type":"reasoning","summary":[{"type":"summary_text","text":"why"}]},"#
            + #"{"type":"message","content":[{"type":"output_text","text":"all","annotations":[]}]},"#
            + #"{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}]"#
        let run = Events.run([Events.created, Events.end("completed", output)])
        let completion = try #require(run.completion)
        #expect(completion.content == "all" && completion.thinking == "why")
        #expect(completion.toolCalls == [ToolCall(id: "c", name: "f", arguments: "{}")])
        #expect(completion.finishReason == .toolCalls)
        let twice = Events.run([
            Events.created, Events.event("reasoning_summary_text.delta", 0, #""delta":"why""#), Events.text(1, "all"),
            Events.event("function_call_arguments.delta", 2, #""delta":"{}""#), Events.end("completed", output),
        ])
        #expect(twice.completion?.content == "all" && twice.completion?.thinking == "why")
        #expect(twice.completion?.toolCalls == completion.toolCalls)
    }

    @Test func whatAWholeTextHasBeyondItsPiecesIsTaken() {
        let whole = Events.event("output_text.done", 0, #""content_index":0,"text":"Hello""#)
        #expect(Events.response(Events.text(0, "He"), whole).completion?.content == "Hello")
        // One that contradicts what came alters nothing.
        #expect(Events.response(Events.text(0, "Ho"), whole).completion?.content == "Ho")
        #expect(Events.response(whole).completion?.content == "Hello")
        let item = Events.done(0, #"{"type":"message","content":[{"type":"output_text","text":"Hello"}]}"#)
        #expect(Events.response(Events.text(0, "He"), item).completion?.content == "Hello")
    }

    @Test func aStreamThatBeginsInTheMiddleTakesNoTextTwice() {
        let item =
            #"{"type":"message","content":[{"type":"output_text","text":"one two","annotations":[{"type":"x"}]}]}"#
        let run = Events.run([
            #"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":" two","sequence_number":7}"#,
            Events.event("output_text.done", 0, #""content_index":0,"text":"one two","sequence_number":8"#),
            Events.done(0, item), Events.end("completed", #","model":"m","output":[\#(item)]"#),
        ])
        #expect(run.completion?.content == " two")
        #expect(run.completion?.id == "r1" && run.completion?.model == "m")
        let late = Events.run([
            Events.event("output_text.done", 0, #""content_index":0,"text":"one two","sequence_number":8"#),
            Events.added(1, #"{"type":"message"}"#),
            Events.event("output_text.done", 1, #""content_index":0,"text":" three""#),
            Events.end("completed", #","output":[\#(item)]"#),
        ])
        #expect(late.completion?.content == " three")
    }

    @Test func theLastSequenceNumberIsKept() throws {
        var decoder = StreamDecoder(.openAIResponses, choices: 1, omitsFinishReason: false)
        var chunks: [StreamedChunk] = []
        var numbers: [Int?] = []
        for data in [
            Events.created, #"{"type":"response.output_text.delta","output_index":0,"delta":"a","sequence_number":1}"#,
            #"{"type":"response.output_text.delta","output_index":0,"delta":"b","sequence_number":2}"#,
            #"{"type":"response.output_text.delta","output_index":0,"delta":"c"}"#,
            #"{"type":"response.unheard_of","sequence_number":5}"#,
        ] {
            var parser = SSEParser()
            parser.append(Array("data: \(data)\n\n".utf8))
            while let event = try parser.nextEvent() { try decoder.decode(event, into: &chunks) }
            numbers.append(decoder.sequenceNumber)
        }
        #expect(numbers == [nil, 1, 2, 2, 5])
        #expect(StreamDecoder(.openAIChat, choices: 1, omitsFinishReason: false).sequenceNumber == nil)
    }

    @Test func aWholeDocumentIsAResponse() throws {
        var handler = StreamingResponseHandler(provider: .responses, choices: 1)
        var chunks: [StreamedChunk] = []
        let document =
            #"{"id":"r","object":"response","model":"m","status":"incomplete","error":null,"#
            + #""incomplete_details":{"reason":"max_output_tokens"},"usage":{"input_tokens":1,"output_tokens":2},"#
            + #""output":[{"type":"message","id":"i","content":[{"type":"output_text","text":"Hello"}]}]}"#
        try handler.receiveWhole(Array(document.utf8), into: &chunks)
        let completion = try handler.completion()
        #expect(completion.content == "Hello" && completion.finishReason == .length && completion.id == "r")
        #expect(completion.usage?.completionTokens == 2)
    }

    @Test(
        arguments: [
            (#"{"id":"r","status":"in_progress","output":[]}"#, ErrorKind.cut),
            (#"{"id":"r","status":"queued"}"#, .cut),
            (#"{"id":"r","status":"failed","error":{"code":"rate_limit_exceeded","message":"x"}}"#, .rateLimit),
            (#"{"error":{"code":"invalid_api_key","message":"x"}}"#, .auth), (#"{"detail":"x"}"#, .server),
            ("[]", .decode), ("{}", .decode),
        ])
    func aDocumentThatIsNoAnswerIsAnError(_ document: String, _ kind: ErrorKind) {
        var handler = StreamingResponseHandler(provider: .responses, choices: 1)
        var chunks: [StreamedChunk] = []
        let error = #expect(throws: LLMError.self) {
            try handler.receiveWhole(Array(document.utf8), into: &chunks)
        }
        #expect(error?.kind == kind)
    }

    @Test func aPlaceBeyondReasonIsRefused() {
        let run = Events.run([Events.created, Events.text(10_000, "x")])
        #expect(run.error?.kind == .decode)
    }

    @Test func anEndThatContradictsTheDeltasIsToldApart() throws {
        func run(_ end: String, _ name: String = "completed", _ rest: String = "") -> StreamRun {
            let output = #","output":[{"type":"message","id":"i","content":[\#(end)]}]\#(rest)"#
            return ResponsesEvents.run([
                ResponsesEvents.created, ResponsesEvents.text(0, "Hello"), ResponsesEvents.end(name, output),
            ])
        }
        func part(_ text: String) -> String { #"{"type":"output_text","text":"\#(text)"}"# }
        for (end, text) in [(part("Hello"), "Hello"), (part("Hello there"), "Hello there"), (part(""), "Hello")] {
            let choice = try #require(run(end).completion?.choices[0])
            #expect(choice.content == text)
            #expect(choice.nativeFinishReason == "completed")
        }
        let choice = try #require(run(part("Goodbye")).completion?.choices[0])
        #expect(choice.content == "Hello")
        #expect(choice.finishReason == .stop)
        #expect(choice.nativeFinishReason == "completed, with another text than its deltas")
        let reason = #","incomplete_details":{"reason":"max_output_tokens"}"#
        let cut = try #require(run(part("Goodbye"), "incomplete", reason).completion?.choices[0])
        #expect(cut.finishReason == .length)
        #expect(cut.nativeFinishReason == "max_output_tokens, with another text than its deltas")
        // Pieces without an index belong to the whole, be it in several parts.
        let parts = try #require(run(part("Hel") + "," + part("lo you")).completion?.choices[0])
        #expect(parts.content == "Hello you")
        #expect(parts.nativeFinishReason == "completed")
    }

    @Test(arguments: ["error", "timeout", "cancelled", "server_error"])
    func aResponseThatIsIncompleteByAFailureIsNoAnswer(reason: String) {
        let run = ResponsesEvents.run([
            ResponsesEvents.created, ResponsesEvents.text(0, "Hello"),
            ResponsesEvents.end("incomplete", #","incomplete_details":{"reason":"\#(reason)"}"#),
        ])
        #expect(run.error?.kind == .server)
        #expect(run.text(.text) == "Hello")
    }
}
