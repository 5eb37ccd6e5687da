import LLMStreaming
import Testing

/// Sound and images in chat streams, which are kept for the next turn.
@Suite struct ChatMediaTests {
    private static func message(_ run: StreamRun) -> JSON? { run.completion?.choices[0].message }

    private static let pieces = [
        #""audio":{"id":"audio_1","transcript":"One "}"#, #""audio":{"transcript":"two"}"#,
        #""audio":{"data":"QUJD"}"#, #""audio":{"data":"REVG","expires_at":9}"#,
    ]

    private static func run(_ deltas: [String], _ rest: String...) -> StreamRun {
        let events = [ChatEvents.start] + deltas.map(ChatEvents.delta) + [ChatEvents.stop] + rest + ["[DONE]"]
        return Transcript(text: events.map { "data: \($0)\n\n" }.joined()).run(.openAI)
    }

    private static let sound: JSON = [
        "id": "audio_1", "expires_at": 9, "transcript": "One two", "data": "QUJDREVG",
    ]

    @Test func soundIsPutTogetherFromItsPieces() {
        let message = Self.message(Self.run(Self.pieces))
        #expect(message?["audio"] == Self.sound && message?["content"] == .null)
    }

    @Test func imagesAreKeptBesideTheText() {
        let image = #"{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}"#
        let run = Self.run([
            #""content":"see","images":[]"#, #""images":[\#(image)]"#, #""content":"it","images":[\#(image)]"#,
        ])
        #expect(run.completion?.content == "seeit")
        let url: JSON = ["type": "image_url", "image_url": ["url": "data:image/png;base64,AA=="]]
        #expect(Self.message(run)?["images"] == [url, url])
        #expect(run.handler.accumulator.partial.choices[0].hasToolCall)
    }

    @Test func aWholeMessageDoesNotDoubleThem() {
        let whole =
            #"{"object":"chat.completion","choices":[{"index":0,"finish_reason":"stop","message":{"content":null,"#
        let audio = #""audio":{"id":"audio_1","transcript":"One two","data":"QUJDREVG"}}}]}"#
        #expect(Self.message(Self.run(Self.pieces, whole + audio))?["audio"] == Self.sound)
        // What came in no pieces is taken from there.
        #expect(Self.message(Self.run([], whole + audio))?["audio"]?["transcript"] == "One two")
    }

    @Test func nothingIsKeptOfMembersThatAreEmpty() {
        let run = Self.run([#""content":"a","audio":null,"images":null"#, #""content":"b","audio":{},"images":[{}]"#])
        #expect(run.completion?.content == "ab")
        #expect(Self.message(run) == ["role": "assistant", "content": "ab"])
    }
}
