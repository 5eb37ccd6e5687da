import LLMStreaming
import Testing

/// What an answer takes in memory is counted as it is, and what is kept besides its text has bounds.
struct HeldMemoryTests {
    private static func run(_ events: [String], _ provider: Provider, _ bytes: Int = 64 << 20) -> StreamRun {
        var limits = StreamingResponseHandler.Limits()
        limits.maximumCompletionBytes = bytes
        var run = StreamRun(provider, limits: limits)
        run.receive(Array(events.map { "data: \($0)\n\n" }.joined().utf8)[...])
        return run
    }

    /// A byte of a text that is not the newest takes as much as a hundred that follow each other.
    @Test func piecesThatTakeMoreThanTheirTextHaveABound() {
        let pieces = (0..<10_000).map { MessagesEvents.text($0 % 2, "a") }
        let run = Self.run([MessagesEvents.start] + pieces, .anthropic, 20_000)
        #expect(run.error?.kind == .oversizedCompletion)
        let alone = Self.run(
            [MessagesEvents.start] + pieces.map { _ in MessagesEvents.text(0, "a") }, .anthropic, 20_000)
        #expect(alone.error == nil && alone.handler.heldByteCount < 11_000)
    }

    /// A list of digits takes many times as much as its text.
    @Test func valuesCountAsWhatTheyTake() {
        let list = [String](repeating: "0", count: 10_000).joined(separator: ",")
        let run = Self.run(
            [MessagesEvents.start, MessagesEvents.begin(0, #"{"type":"x","list":[\#(list)]}"#)], .anthropic)
        #expect(run.error == nil && run.handler.heldByteCount > 100_000)
    }

    @Test func namesOfEventsAreCounted() {
        var run = StreamRun(.openAI)
        let name = String(repeating: "n", count: 100_000)
        run.receive(Array("id: \(name)\nevent: \(name)\ndata: {}\n\n".utf8)[...])
        #expect(run.error == nil && run.handler.heldByteCount >= 200_000)
    }

    /// Beyond the bound a half that waits for its other one is at once what it becomes where none comes.
    @Test func textsThatWaitForTheRestOfACharacterHaveABound() {
        let half = { (index: Int) in
            ResponsesEvents.event("output_text.delta", 0, #""content_index":\#(index),"delta":"\ud83d""#)
        }
        let run = Self.run([ResponsesEvents.created] + (0..<3000).map(half), .responses)
        #expect(run.error == nil && run.text(.text).count == 3000 - 1024)
        let other = ResponsesEvents.event("output_text.delta", 0, #""content_index":7,"delta":"\ude00""#)
        var joined = run
        joined.receive(Array("data: \(other)\n\n".utf8)[...])
        #expect(joined.text(.text).hasSuffix("😀"))
    }

    /// Events that call an item by a name that is not kept are of the newest one, as those without a name.
    @Test func namesOfItemsHaveABound() {
        let long = String(repeating: "i", count: 2 << 20)
        let added = { (place: Int, name: String) in ResponsesEvents.added(place, #"{"type":"message","id":"\#(name)"}"#)
        }
        let delta = { (name: String) in #"{"type":"response.output_text.delta","item_id":"\#(name)","delta":"a"}"# }
        let run = Self.run(
            [
                ResponsesEvents.created, added(0, long), added(1, "short"), added(2, "other"), delta(long),
                delta("short"),
            ],
            .responses)
        #expect(run.chunks.filter { $0.kind == .text }.map(\.item) == [2, 1])
    }

    @Test func textsOfAllItemsHaveABound() {
        let pieces = (0..<11).flatMap { item in
            (0..<9500).map { ResponsesEvents.event("output_text.delta", item, #""content_index":\#($0),"delta":"a""#) }
        }
        #expect(Self.run([ResponsesEvents.created] + pieces, .responses).error?.kind == .decode)
    }
}
