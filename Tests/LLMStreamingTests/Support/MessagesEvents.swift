import LLMStreaming
import Testing

/// Events of an Anthropic message.
enum MessagesEvents {
    static let start =
        #"{"type":"message_start","message":{"id":"m1","type":"message","role":"assistant","model":"claude","content":[],"#
        + #""stop_reason":null,"usage":{"input_tokens":10,"cache_creation_input_tokens":3,"cache_read_input_tokens":4,"#
        + #""output_tokens":1}}}"#
    static let stop = #"{"type":"message_stop"}"#

    static func begin(_ index: Int, _ block: String) -> String {
        #"{"type":"content_block_start","index":\#(index),"content_block":\#(block)}"#
    }

    static func delta(_ index: Int, _ delta: String) -> String {
        #"{"type":"content_block_delta","index":\#(index),"delta":\#(delta)}"#
    }

    static func text(_ index: Int, _ text: String) -> String {
        delta(index, #"{"type":"text_delta","text":"\#(text)"}"#)
    }

    static func end(_ reason: String, _ rest: String = "") -> String {
        #"{"type":"message_delta","delta":{"stop_reason":"\#(reason)","stop_sequence":null\#(rest)},"#
            + #""usage":{"output_tokens":25}}"#
    }

    static func run(_ events: [String]) -> StreamRun {
        Transcript(
            text: events.map { data in
                let type = (try? JSONParser.parse(data))?["type"]?.string ?? "message"
                return "event: \(type)\ndata: \(data)\n\n"
            }.joined()
        ).run(.anthropic)
    }

    /// A whole message around these events.
    static func message(_ events: String..., reason: String = "end_turn") -> StreamRun {
        run([start] + events + [end(reason), stop])
    }
}
