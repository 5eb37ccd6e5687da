import LLMStreaming
import ServerSentEvents

/// A stream of a dialect as its provider sends it: an opening, many pieces of text, an end.
struct Recording {
    let dialect: Dialect
    let bytes: [UInt8]
    /// How many events it has.
    let events: Int

    /// A stream with a number of pieces of text.
    init(_ dialect: Dialect, pieces: Int) {
        self.dialect = dialect
        var events: [String] = Self.opening(dialect)
        for number in 0..<pieces { events.append(Self.piece(dialect, number)) }
        events += Self.end(dialect)
        self.events = events.count
        bytes = Array(events.joined().utf8)
    }

    /// The bytes as reads of a socket give them: a few events at a time, cut where it happens.
    var reads: [ArraySlice<UInt8>] {
        stride(from: 0, to: bytes.count, by: 2048).map { bytes[$0..<min(bytes.count, $0 + 2048)] }
    }

    /// Its events, parsed.
    func parsed() throws -> [ServerSentEvent] {
        var parser = SSEParser()
        parser.append(bytes)
        var events: [ServerSentEvent] = []
        while let event = try parser.nextEvent() { events.append(event) }
        return events
    }

    private static func opening(_ dialect: Dialect) -> [String] {
        switch dialect {
        case .openAIChat: [chat(#"{"role":"assistant","content":""}"#)]
        case .openAIResponses:
            [
                named(
                    "response.created", #""response":{"id":"resp_1","model":"m","status":"in_progress","output":[]}"#),
                named(
                    "response.output_item.added",
                    #""output_index":0,"item":{"id":"msg_1","type":"message","role":"assistant","content":[]}"#),
                named(
                    "response.content_part.added",
                    #""item_id":"msg_1","output_index":0,"content_index":0,"part":{"type":"output_text","text":""}"#),
            ]
        case .anthropicMessages:
            [
                named(
                    "message_start",
                    #""message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"usage":{"input_tokens":9}}"#
                ), named("content_block_start", #""index":0,"content_block":{"type":"text","text":""}"#),
            ]
        }
    }

    private static func piece(_ dialect: Dialect, _ number: Int) -> String {
        // Every tenth holds an escape and a letter beyond ASCII, as answers do.
        let text = number % 10 == 9 ? #" caf\u00e9\n"# : " stream"
        return switch dialect {
        case .openAIChat: chat(#"{"content":"\#(text)"}"#)
        case .openAIResponses:
            named(
                "response.output_text.delta",
                #""item_id":"msg_1","output_index":0,"content_index":0,"sequence_number":\#(number + 4),"delta":"\#(text)""#
            )
        case .anthropicMessages:
            named("content_block_delta", #""index":0,"delta":{"type":"text_delta","text":"\#(text)"}"#)
        }
    }

    private static func end(_ dialect: Dialect) -> [String] {
        switch dialect {
        case .openAIChat:
            [chat("{}", finish: #""stop""#), "data: [DONE]\n\n"]
        case .openAIResponses:
            [
                named(
                    "response.completed",
                    #""response":{"id":"resp_1","status":"completed","usage":{"output_tokens":9}}"#)
            ]
        case .anthropicMessages:
            [
                named("content_block_stop", #""index":0"#),
                named("message_delta", #""delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":9}"#),
                named("message_stop", #""ok":true"#),
            ]
        }
    }

    private static func chat(_ delta: String, finish: String = "null") -> String {
        #"data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-5-mini","system_fingerprint":"fp_1","choices":[{"index":0,"delta":\#(delta),"logprobs":null,"finish_reason":\#(finish)}]}"#
            + "\n\n"
    }

    private static func named(_ type: String, _ members: String) -> String {
        "event: \(type)\ndata: {\"type\":\"\(type)\",\(members)}\n\n"
    }
}
