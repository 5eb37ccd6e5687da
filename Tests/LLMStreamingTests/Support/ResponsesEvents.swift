import LLMStreaming
import Testing

/// Events of a response.
enum ResponsesEvents {
    static let created =
        #"{"type":"response.created","response":{"id":"r1","model":"m","status":"in_progress","output":[]}}"#

    static func added(_ index: Int, _ item: String) -> String {
        #"{"type":"response.output_item.added","output_index":\#(index),"item":\#(item)}"#
    }

    static func done(_ index: Int, _ item: String) -> String {
        #"{"type":"response.output_item.done","output_index":\#(index),"item":\#(item)}"#
    }

    static func text(_ index: Int, _ text: String) -> String {
        #"{"type":"response.output_text.delta","output_index":\#(index),"content_index":0,"delta":"\#(text)"}"#
    }

    /// A text event of another kind.
    static func event(_ type: String, _ index: Int, _ members: String) -> String {
        #"{"type":"response.\#(type)","output_index":\#(index),\#(members)}"#
    }

    static func end(_ name: String = "completed", _ members: String = "") -> String {
        #"{"type":"response.\#(name)","response":{"id":"r1","status":"\#(name)"\#(members)}}"#
    }

    /// The run of these events with their types as the events' names, and without.
    static func run(_ events: [String], sourceLocation: SourceLocation = #_sourceLocation) -> StreamRun {
        let named = Transcript(
            text: events.map { data in
                let type = (try? JSONParser.parse(data))?["type"]?.string ?? "message"
                return "event: \(type)\ndata: \(data)\n\n"
            }.joined()
        ).run(.responses, sourceLocation: sourceLocation)
        let nameless = Transcript(text: events.map { "data: \($0)\n\n" }.joined())
            .run(.responses, sourceLocation: sourceLocation)
        #expect(named.chunks == nameless.chunks, sourceLocation: sourceLocation)
        #expect(named.completion == nameless.completion, sourceLocation: sourceLocation)
        #expect(named.error == nameless.error, sourceLocation: sourceLocation)
        return named
    }

    /// A whole response around these events.
    static func response(_ events: String..., sourceLocation: SourceLocation = #_sourceLocation) -> StreamRun {
        run([created] + events + [end()], sourceLocation: sourceLocation)
    }
}
