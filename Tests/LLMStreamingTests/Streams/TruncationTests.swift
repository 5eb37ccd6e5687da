import LLMStreaming
import SharedMaterial
import Testing

/// A stream that ends too early is never a complete answer, and what came before stays.
@Suite(.enabled(if: RecordedStream.isHere, RecordedStream.absence))
struct TruncationTests {
    /// What is known at the end of an event.
    private struct Mark {
        /// Where the event's data is whole, so that the end of the stream may stand for its blank line.
        var dataEnd: Int
        /// The text and reasoning up to there.
        var text: String
        var isAnswered: Bool
    }

    /// LLM4S_TRIALS is the number of random cuts in each stream, LLM4S_SEED the seed of their places.
    @Test func aCutStreamKeepsTheTextOfItsWholeEventsAndIsNotComplete() throws {
        let (trials, seed) = (environment("LLM4S_TRIALS", default: 50), environment("LLM4S_SEED", default: 1))
        var random = SplitMix64(state: UInt64(truncatingIfNeeded: seed))
        var (cutCount, completeCount) = (0, 0)
        for stream in RecordedStream.all where RecordedStream.incomplete[stream.name] == nil {
            let bytes = stream.bytes
            let marks = self.marks(stream)
            let cuts = (stream.eventEnds + (0..<trials).map { _ in Int.random(in: 0...bytes.count, using: &random) })
                .sorted()
            var run = StreamRun(stream.provider)
            for (start, end) in zip([0] + cuts, cuts) {
                run.receive(bytes[start..<end])
                let cut = run.ended
                let mark = marks.last { $0.dataEnd <= end }
                let comment: Comment = "\(stream.name) cut at \(end), seed \(seed)"
                try #require(cut.text(.text) + cut.text(.reasoning) == mark?.text ?? "", comment)
                try #require((cut.completion != nil) == (mark?.isAnswered ?? false), comment)
                if cut.completion != nil {
                    // Not only by the handler's own word.
                    try #require(Self.hasEnd(bytes[..<end]), comment)
                    completeCount += 1
                } else {
                    try #require(cut.error?.kind == .cut, comment)
                    let partial = cut.handler.accumulator.partial
                    try #require(partial.choices.map(\.text).joined() == cut.text(.text), comment)
                }
                cutCount += 1
            }
        }
        #expect(completeCount > 0 && completeCount < cutCount)
        print("\(cutCount) cuts (seed \(seed)), \(completeCount) of them behind the end of the answer")
    }

    private func marks(_ stream: RecordedStream) -> [Mark] {
        var run = StreamRun(stream.provider)
        return zip([0] + stream.eventEnds, stream.eventEnds).map { start, end in
            let event = stream.bytes[start..<end]
            run.receive(event)
            // The last one has no blank line in some recordings.
            let known = end == stream.bytes.count ? run.ended : run
            let brace = event.lastIndex { $0 == UInt8(ascii: "}") || $0 == UInt8(ascii: "]") }
            return Mark(
                dataEnd: brace.map { $0 + 1 } ?? end, text: known.text(.text) + known.text(.reasoning),
                isAnswered: run.ended.completion != nil)
        }
    }

    private static func hasEnd(_ bytes: ArraySlice<UInt8>) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self)
        return text.contains("message_stop") || text.contains("[DONE]") || text.contains("response.completed")
            || text.replacing(" ", with: "").contains("\"stop_reason\":\"")
            || text.replacing(" ", with: "").contains("\"finish_reason\":\"")
    }
}
