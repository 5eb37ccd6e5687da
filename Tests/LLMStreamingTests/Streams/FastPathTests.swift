import ServerSentEvents
import Testing

@testable import LLMStreaming

/// The hot paths take no event that the full decoders would take otherwise.
@Suite struct FastPathTests {
    @Test func chatEventsAndDamagedOnesMeanTheSameOnBothPaths() throws {
        var comparison = PathComparison { event in
            OpenAIChatFastPath.chunk(of: event.data.span, isOpen: { _ in true }) != nil
        }
        for (name, events) in try Self.streams(.openAIChat, Self.chat) {
            try comparison.compare(
                OpenAIChatDecoder(choices: 1, omitsFinishReason: false),
                events.filter { !$0.data.starts(with: "[DONE]".utf8) }, name)
        }
        comparison.report("chat")
    }

    @Test func messagesEventsAndDamagedOnesMeanTheSameOnBothPaths() throws {
        var comparison = PathComparison { AnthropicFastPath.delta(in: $0.data.span) != nil }
        for (name, events) in try Self.streams(.anthropicMessages, Self.messages) {
            // What follows a message's end is not for either path.
            try comparison.compare(AnthropicMessagesDecoder(), Array(events.prefix { $0.type != "message_stop" }), name)
        }
        comparison.report("Messages")
    }

    @Test func responsesEventsAndDamagedOnesMeanTheSameOnBothPaths() throws {
        var comparison = PathComparison { OpenAIResponsesFastPath.delta(of: $0.data.span) != nil }
        for (name, events) in try Self.streams(.openAIResponses, Self.responses) {
            try comparison.compare(
                OpenAIResponsesDecoder(), events.filter { !$0.data.starts(with: "[DONE]".utf8) }, name)
        }
        comparison.report("Responses")
    }

    private static func streams(
        _ dialect: Dialect, _ transcript: Transcript
    ) throws -> [(name: String, events: [ServerSentEvent])] {
        try [("the test's own", transcript.bytes)].map { ($0, try events($1)) }
            + RecordedStream.all.filter { $0.provider.dialect == dialect }.map { ($0.name, try events($0.bytes)) }
    }

    private static func events(_ bytes: [UInt8]) throws -> [ServerSentEvent] {
        var parser = SSEParser()
        parser.append(bytes)
        var events: [ServerSentEvent] = []
        while let event = try parser.unfinishedEvent() { events.append(event) }
        return events
    }

    private static let chat = Transcript(
        chat: #"{"id":"a","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}"#,
        #"{"id":"a","model":"m","choices":[{"index":0,"delta":{"content":"one"},"finish_reason":null}],"usage":null}"#,
        #"{"choices":[{"content_filter_results":{"hate":{"filtered":false}},"delta":{"content":" \"\u00e9\ud83d\ude00"},"#
            + #""index":0,"logprobs":null}],"p":"abc","created":1.5e3,"list":[1,-2,true,{"a":[]}]}"#,
        #"{"choices":[{"index":0,"delta":{"reasoning":"why","content":null,"tool_calls":[]}}]}"#,
        #"{"choices":[{"index":0,"delta":{"reasoning_content":"why","reasoning":""}}],"error":null}"#)

    private static let messages = Transcript(
        messages: #"{"type":"message_start","message":{"id":"a","model":"m","content":[]}}"#,
        #"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}"#,
        #"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}"#,
        #"{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}"#,
        #"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"a\n\u00e9\ud83d\ude00"}      }"#,
        #"{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}}"#,
        #"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}}"#,
        #"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":" and"}}"#,
        #"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":" so"}}"#,
        #"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":" on,"}}"#,
        #"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":" and on"}}"#,
        #"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":" well"}}"#,
        #"{"type":"content_block_delta","index":1,"delta":{"text":"","type":"text_delta"}}"#,
        #"{"index":1,"type":"content_block_delta","delta":{"type":"text_delta","text":"\u0007 \"so\" on"}}"#,
        #"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":" 東京"}}"#,
        #"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"1}"}}"#)

    private static let responses = Transcript(
        messages: #"{"type":"response.created","sequence_number":0,"response":{"id":"a","model":"m"}}"#,
        #"{"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":"i"},"sequence_number":1}"#,
        #"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"one","sequence_number":2}"#,
        #"{"delta":" \"\u00e9\ud83d\ude00","output_index":0,"obfuscation":"x","type":"response.output_text.delta","#
            + #""logprobs":[],"item_id":"j"}"#,
        #"{"type":"response.output_text.delta","output_index":0,"delta":"","sequence_number":9}"#,
        #"{"type":"response.output_text.delta","output_index":0,"delta":"x","logprobs":[{"token":"x"}]}"#,
        #"{"type":"response.reasoning_text.delta","output_index":1,"content_index":0,"delta":"why"}"#,
        #"{"type":"response.output_text.delta","output_index":1,"delta":"in an item of reasoning","sequence_number":11}"#,
        #"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":" two","sequence_number":12}"#,
        #"{"type":"response.output_text.delta","item_id":"i","output_index":0,"content_index":0,"delta":"\u6771","#
            + #""sequence_number":13,"obfuscation":"xyz"}"#,
        #"{"delta":"three\n","type":"response.output_text.delta","output_index":0,"sequence_number":14}"#,
        #"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"4","sequence_number":15}"#)
}
