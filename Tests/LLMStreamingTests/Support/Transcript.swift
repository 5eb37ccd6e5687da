import LLMStreaming
import Testing

/// A stream written out in a test.
struct Transcript {
    var bytes: [UInt8]

    /// The text as it is.
    init(text: String) { bytes = Array(text.utf8) }

    /// Chat events, each a line `data: X` and a blank line.
    init(chat data: String...) { self.init(text: data.map { "data: \($0)\n\n" }.joined()) }

    /// Messages events, each with its type as the event's name.
    init(messages data: String...) {
        self.init(
            text: data.map { data in
                let type = (try? JSONParser.parse(data))?["type"]?.string ?? "message"
                return "event: \(type)\ndata: \(data)\n\n"
            }.joined())
    }

    /// What the handler makes of it, which must be the same however the stream is cut into reads.
    func run(
        _ provider: Provider, choices: Int = 1, sourceLocation: SourceLocation = #_sourceLocation
    ) -> StreamRun {
        let whole = StreamRun(bytes, provider, choices: choices)
        var byByte = StreamRun(provider, choices: choices)
        for index in bytes.indices { byByte.receive(bytes[index...index]) }
        byByte.end()
        #expect(byByte.chunks == whole.chunks, sourceLocation: sourceLocation)
        #expect(byByte.completion == whole.completion, sourceLocation: sourceLocation)
        #expect(byByte.error == whole.error, sourceLocation: sourceLocation)
        return whole
    }
}
