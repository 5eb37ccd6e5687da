import LLMStreaming
import Testing

/// What only keeps the line open, in all the forms that servers give it.
@Suite struct HeartbeatTests {
    static let signs = [
        "data:\n\n", "data:  \n\n", "data: \t\n\n", "data: " + String(repeating: " ", count: 2048) + "\n\n",
        "data: \"\"\n\n", "data: null\n\n", "data: {}\n\n", "data: []\n\n",
        "data: 1700000000\n\n", "data: true\n\n", "event: ping\ndata: ping\n\n", "event: ping\ndata: \"\"\n\n",
        "event: keepalive\n\n", "event: keepalive\ndata: null\n\n", "data: ping\n\n", "data: keep-alive\n\n",
        "data: : OPENROUTER PROCESSING\n\n".replacing(": : ", with: ": "), "event: heartbeat\ndata: 12:30:01\n\n",
        "data: {\"type\":\"heartbeat\",\"timestamp\":\"2026-01-01T00:00:00Z\"}\n\n", "event: status\ndata: queued\n\n",
        "data: {\"type\":\"ping\"}\n\n", ": ping\n\n", "id: 5\n\n", "retry: 3000\n\n",
        "data: {\"code\":0,\"message\":\"ok\"}\n\n", "data: \"ping\"\n\n",
    ]

    @Test(arguments: signs)
    func signsOfLifeAreNothingInEveryDialect(sign: String) {
        for speech in HandlerLifecycleTests.speeches {
            let text = sign + speech.begun + sign + speech.rest + sign
            let run = Transcript(text: text).run(speech.provider)
            #expect(run.completion?.content == "a", "\(speech): \(String(describing: run.error))")
        }
    }

    @Test(arguments: [
        "data: UPSTREAM-TIMEOUT\n\n", "data: \"the model is gone\"\n\n", "event: upstream_error\ndata: gone\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"b\n\n", "event: chunk\ndata: {\"choices\":[{\n\n",
        "event: error\ndata: boom\n\n", "event: error\ndata: null\n\n",
    ])
    func whatSaysSomethingElseIsAFault(event: String) {
        let run = Transcript(text: HandlerLifecycleTests.speeches[0].begun + event).run(.openAI)
        #expect(run.error != nil && run.error?.kind != .cut)
    }

    @Test(arguments: ["[DONE]", " [DONE]", "[DONE] ", "[done]", "\"[DONE]\"", "DONE"])
    func theEndHasManySpellings(end: String) {
        let speech = HandlerLifecycleTests.speeches[0]
        let run = Transcript(text: speech.begun + speech.rest + "data: \(end)\n\n" + "data: {{{\n\n").run(.openAI)
        #expect(run.completion?.content == "a")
    }

    @Test func numbersThatAreNoneStandInMembersThatNobodyNeeds() throws {
        let run = Transcript(
            chat: ChatEvents.start,
            #"{"timings":{"a":Infinity,"b":[NaN,-Infinity]},"choices":[{"index":0,"delta":"#
                + #"{"content":"a"},"logprobs":{"content":[{"token":"a","logprob":-Infinity}]}}]}"#,
            ChatEvents.stop, #"{"choices":[],"usage":{"prompt_tokens":NaN,"completion_tokens":3}}"#, "[DONE]"
        ).run(.openAI)
        #expect(run.completion?.content == "a")
        #expect(run.completion?.usage?.completionTokens == 3)
        // What is stored is JSON.
        for chunk in run.chunks where chunk.kind == .logprobs || chunk.kind == .usage {
            #expect(throws: Never.self) { try JSONParser.parse(chunk.text) }
        }
        // Job lines and configurations are JSON as it is written.
        for text in ["NaN", "[Infinity]", "-Infinity"] {
            #expect(throws: JSONParser.Failure.self) { try JSONParser.parse(text) }
        }
    }
}
