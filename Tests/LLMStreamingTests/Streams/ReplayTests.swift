import LLMStreaming
import Testing

/// Streams that their server keeps, broken anywhere and read on from where they were read to
/// (Provider facts, "Resuming a stream").
@Suite struct ReplayTests {
    static let chat =
        ["1 2", " 3\u{1F642}", " 4"].map { text in
            "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\(text)\"}}]}\n\n"
        }.joined()
        + "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"length\"}]}\n\n"
        + "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\n\ndata: [DONE]\n\n"

    static let messages = [
        MessagesEvents.start, MessagesEvents.begin(0, #"{"type":"text","text":""}"#), MessagesEvents.text(0, "1 2"),
        MessagesEvents.text(0, " 3\u{1F642}"), MessagesEvents.text(0, " 4"),
        #"{"type":"content_block_stop","index":0}"#, MessagesEvents.end("max_tokens"), MessagesEvents.stop,
    ].map { "data: \($0)\n\n" }.joined()

    @Test(arguments: [(Provider.openAI, chat), (.anthropic, messages)], [1, 7, 10_000])
    func aStreamThatBreaksAnywhereIsReadOnToItsEnd(stream: (Provider, String), readSize: Int) throws {
        let bytes = Array(stream.1.utf8)
        for cut in 0...bytes.count {
            var first = Reading(stream.0, from: 0)
            first.read(bytes[..<cut], in: readSize)
            if first.completion != nil { continue }
            let position = try #require(first.cursor?.position ?? 0)
            #expect(position <= cut)
            var second = Reading(stream.0, from: position)
            second.read(bytes[position...], in: readSize)
            let completion = try #require(second.completion, "cut at \(cut), read on from \(position)")
            #expect(first.text + second.text == "1 2 3\u{1F642} 4", "cut at \(cut), read on from \(position)")
            #expect(completion.finishReason == .length)
        }
    }

    /// A stream as it is read from a position on, until it breaks or ends.
    private struct Reading {
        var handler: StreamingResponseHandler
        var chunks: [StreamedChunk] = []
        var completion: Completion?

        init(_ provider: Provider, from position: Int) {
            handler = StreamingResponseHandler(
                provider: provider, choices: 1, cursor: ReplayCursor(.conversation, id: "c", position: position))
        }

        mutating func read(_ bytes: ArraySlice<UInt8>, in size: Int) {
            var rest = bytes
            while !rest.isEmpty {
                let piece = rest.prefix(size)
                try? handler.receive(piece.span, into: &chunks)
                handler.takeCursor(into: &chunks)
                rest = rest.dropFirst(size)
            }
            try? handler.receiveEnd(into: &chunks)
            handler.takeCursor(into: &chunks)
            completion = try? handler.completion()
        }

        var text: String { chunks.filter { $0.kind == .text }.map(\.text).joined() }
        var cursor: ReplayCursor? { handler.accumulator.cursor }
    }
}
