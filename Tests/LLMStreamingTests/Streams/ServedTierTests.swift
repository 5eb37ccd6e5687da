import Testing

@testable import LLMStreaming

/// The service tier that served, as each dialect tells it.
struct ServedTierTests {
    private func tier(_ run: StreamRun) -> String? {
        var accumulator = StreamingAccumulator()
        for chunk in run.chunks { accumulator.add(chunk) }
        return accumulator.serviceTier
    }

    private static let delta = #""choices":[{"index":0,"delta":{"content":"a"}}]"#
    private static let end = #""choices":[{"index":0,"delta":{},"finish_reason":"stop"}]"#

    @Test(
        arguments: [
            // On every chunk, which the hot path leaves alone; changed at the end; with the usage alone; never.
            ([#","service_tier":"flex""#, #","service_tier":"flex""#, #","service_tier":"flex""#], "flex"),
            ([#","service_tier":"auto""#, "", #","service_tier":"default""#], "default"),
            ([#","service_tier":null"#, "", #","service_tier":"priority""#], "priority"),
            (["", "", #","usage":{"prompt_tokens":1,"completion_tokens":1,"service_tier":"standard"}"#], "standard"),
            (["", "", ""], nil),
        ] as [([String], String?)])
    func aChatStreamTellsIt(members: [String], tier: String?) throws {
        let run = Transcript(
            chat: #"{"id":"c","model":"m",\#(Self.delta)\#(members[0])}"#, "{\(Self.delta)\(members[1])}",
            "{\(Self.end)\(members[2])}", "[DONE]"
        ).run(.openAI)
        #expect(self.tier(run) == tier)
        #expect(run.completion?.content == "aa")
    }

    @Test func itIsToldOnceWhileItIsTheSame() throws {
        let chunk = #"{"id":"c","model":"m","service_tier":"flex",\#(Self.delta)}"#
        let run = Transcript(chat: chunk, chunk, chunk, "{\(Self.end)}", "[DONE]").run(.openAI)
        #expect(
            run.chunks.filter { $0.kind == .response }.map(\.text)
                == [#"{"id":"c","model":"m","service_tier":"flex"}"#])
    }

    @Test func aMessageTellsItInItsUsage() {
        let start = MessagesEvents.start.replacing(
            #""output_tokens":1"#, with: #""output_tokens":1,"service_tier":"priority""#)
        let run = MessagesEvents.run([
            start, MessagesEvents.begin(0, #"{"type":"text","text":""}"#), MessagesEvents.text(0, "hi"),
            MessagesEvents.end("end_turn"), MessagesEvents.stop,
        ])
        #expect(tier(run) == "priority")
    }

    /// The one that was asked for stands in the first event, the one that served in the last.
    @Test func aResponseTellsItAtItsEnd() {
        let response = { (status: String, tier: String) in
            #"{"type":"response.\#(status)","response":{"id":"r","model":"m","status":"\#(status)","service_tier":"\#(tier)","#
                + #""output":[{"type":"message","id":"i","content":[{"type":"output_text","text":"hi"}]}]}}"#
        }
        let text = [response("created", "auto"), response("completed", "flex")].map { "data: \($0)\n\n" }.joined()
        let run = Transcript(text: text).run(.responses)
        #expect(tier(run) == "flex" && run.completion?.content == "hi", "\(String(describing: run.error))")
    }

    /// Gemini's and Bedrock's compatible interfaces tell it in a header only.
    @Test func aHeaderMayTellIt() {
        let head = ResponseHead(status: 200, headers: [HeaderField("X-Gemini-Service-Tier", "flex")])
        #expect(head.serviceTier == "flex")
        #expect(ResponseHead(status: 200, headers: []).serviceTier == nil)
    }
}
