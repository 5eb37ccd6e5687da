import LLMStreaming
import Testing

/// Events of a chat completion of one choice.
enum ChatEvents {
    static let start =
        #"{"id":"c1","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}"#
    static let stop = #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#

    /// A chunk of choice 0 with this delta.
    static func delta(_ members: String) -> String { #"{"choices":[{"index":0,"delta":{\#(members)}}]}"# }

    static func run(_ deltas: String...) -> StreamRun {
        Transcript(text: ([start] + deltas.map(delta) + [stop, "[DONE]"]).map { "data: \($0)\n\n" }.joined())
            .run(.openAI)
    }
}
