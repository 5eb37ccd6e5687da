import LLMStreaming
import Testing

/// A piece of an answer costs what it brings, not what came before it.
///
/// The sizes are such that a look at all of it for each piece takes hours.
@Suite(.timeLimit(.minutes(10))) struct ManyPiecesTests {
    private static let members = (0..<200_000).map { "\"m\($0)\":\($0)" }.joined(separator: ",")
    private static let pieces = 6000

    private static func run(_ events: [String], _ provider: Provider) -> StreamRun {
        StreamRun(events.map { "data: \($0)\n\n" }.joined().utf8, provider)
    }

    @Test func reportsOfUsageBehindALargeOne() throws {
        let chat = { (usage: String) in #"{"choices":[{"index":0,"delta":{}}],"usage":{\#(usage)}}"# }
        let first = #""prompt_tokens":7,\#(Self.members)"#
        let run = Self.run(
            [ChatEvents.start, chat(first)] + (1...Self.pieces).map { chat(#""completion_tokens":\#($0)"#) }
                + [ChatEvents.delta(#""content":"a""#), ChatEvents.stop, "[DONE]"], .openAI)
        #expect(run.completion?.usage?.promptTokens == 7 && run.completion?.usage?.completionTokens == Self.pieces)
        let message = { (usage: String) in #"{"type":"message_delta","delta":{},"usage":{\#(usage)}}"# }
        let messages = Self.run(
            [MessagesEvents.start, message(Self.members)]
                + (1...Self.pieces).map { message(#""output_tokens":\#($0)"#) }
                + [MessagesEvents.text(0, "a"), MessagesEvents.end("end_turn"), MessagesEvents.stop], .anthropic)
        #expect(messages.completion?.usage?.promptTokens == 17 && messages.completion?.usage?.completionTokens == 25)
    }

    @Test func piecesOfALargeToolBlockOrDetail() throws {
        let block = { (rest: String) in MessagesEvents.begin(0, #"{"type":"tool_use","id":"t","name":"f",\#(rest)}"#) }
        let tool = Self.run(
            [MessagesEvents.start, block(Self.members)] + (0..<Self.pieces).map { block(#""x":\#($0)"#) }
                + [MessagesEvents.end("tool_use"), MessagesEvents.stop], .anthropic)
        #expect(tool.completion?.toolCalls == [ToolCall(id: "t", name: "f", arguments: "{}")])
        let detail = { (rest: String) in
            ChatEvents.delta(#""reasoning_details":[{"index":0,"type":"reasoning.text","text":"a",\#(rest)}]"#)
        }
        let details = Self.run(
            [ChatEvents.start, detail(Self.members)] + (0..<Self.pieces).map { detail(#""x":\#($0)"#) }
                + [ChatEvents.stop, "[DONE]"], .openAI)
        let joined = details.completion?.choices[0].message["reasoning_details"]?.array
        #expect(joined?.count == 1 && joined?[0]["text"]?.string?.utf8.count == Self.pieces + 1)
    }

    @Test func wholeMessagesBehindManyCalls() throws {
        let call = { (index: Int) in
            #"{"index":\#(index),"id":"c\#(index)","function":{"name":"f","arguments":"{\"x\":1}"}}"#
        }
        let calls = (0..<10_000).map(call).joined(separator: ",")
        let whole = #"{"object":"chat.completion","choices":[{"index":0,"message":{"content":"","tool_calls":[]}}]}"#
        let run = Self.run(
            [ChatEvents.start, ChatEvents.delta(#""tool_calls":[\#(calls)]"#)]
                + [String](repeating: whole, count: 40_000) + [ChatEvents.stop, "[DONE]"], .openAI)
        #expect(run.completion?.toolCalls.count == 10_000)
    }

    @Test func namesOfFieldsInOneLineOfADocument() throws {
        var handler = StreamingResponseHandler(provider: .openAI, choices: 1)
        var chunks: [StreamedChunk] = []
        let body = #"{"choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"}]}"#
        try handler.receiveWhole(
            Array((body + String(repeating: "data:", count: 300_000) + "\nevent: x\n[DONE]").utf8), into: &chunks)
        #expect(try handler.completion().content == "a")
    }
}
