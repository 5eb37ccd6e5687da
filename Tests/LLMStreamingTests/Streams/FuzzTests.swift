import LLMStreaming
import SharedMaterial
import Testing

/// Random input: no crash, no hang, no completion out of nonsense.
///
/// LLM4S_TRIALS is the number of inputs of each kind times ten, LLM4S_SEED their seed.
@Suite struct FuzzTests {
    private static let pieces = [
        "data: ", "data:", "event: error\n", "event: content_block_delta\n", "error: ", ": ping\n", "\n", "\n\n",
        "\r\n", "\r",
        "[DONE]", "{", "}", "[", "]", "\"", ",", ":", "null", "1", "-0.5e9", "\\ud83d", "é", "\u{FEFF}",
        "\"choices\":[", "\"delta\":{", "\"content\":\"x\"", "\"index\":0,", "\"finish_reason\":null,", "\"error\":",
        "\"usage\":{\"prompt_tokens\":1}", "\"type\":\"message_start\",", "\"message\":{",
        "\"type\":\"content_block_delta\",",
        "\"tool_calls\":[{\"function\":{", "\"arguments\":\"{}\"",
        "data: {\"type\":\"response.output_text.delta\",\"output_index\":1,\"delta\":\"a\"}\n\n",
        "data: {\"type\":\"response.output_item.done\",\"item\":{\"type\":\"function_call\",\"name\":\"f\"}}\n\n",
        "\"type\":\"response.output_item.added\",", "\"item\":{", "\"output_index\":2,", "\"response\":{",
        "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n",
        "data: {\"type\":\"message_start\",\"message\":{\"id\":\"m\"}}\n\n",
        "data: {\"type\":\"content_block_delta\",\"index\":3,\"delta\":{\"type\":\"text_delta\",\"text\":\"a\"}}\n\n",
    ]

    private static func input(_ random: inout SplitMix64) -> [UInt8] {
        let count = Int.random(in: 0...60, using: &random)
        if Bool.random(using: &random) {
            return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        }
        return (0..<count).flatMap { _ in Array((pieces.randomElement(using: &random) ?? "").utf8) }
    }

    @Test(arguments: [Provider.openAI, .responses, .anthropic])
    func nonsenseNeverCompletes(_ provider: Provider) throws {
        let (trials, seed) = (10 * environment("LLM4S_TRIALS", default: 50), environment("LLM4S_SEED", default: 1))
        var random = SplitMix64(state: UInt64(truncatingIfNeeded: seed))
        for trial in 0..<trials {
            let bytes = Self.input(&random)
            var run = StreamRun(provider)
            var start = 0
            while start < bytes.count {
                let end = min(bytes.count, start + Int.random(in: 1...30, using: &random))
                run.receive(bytes[start..<end])
                start = end
            }
            run.end()
            // No piece holds a finish reason or a stop.
            let comment: Comment = "trial \(trial), seed \(seed): \(String(decoding: bytes, as: UTF8.self))"
            try #require(run.completion == nil && run.error != nil, comment)
            let whole = StreamRun(bytes, provider)
            try #require(whole.chunks == run.chunks && whole.error == run.error, comment)
            var rebuilt = StreamingAccumulator(dialect: provider.dialect)
            for chunk in run.chunks { rebuilt.add(chunk) }
            try #require(rebuilt.partial == run.handler.accumulator.partial, comment)
        }
    }

    /// LLM4S_TRIALS over 10 is the number of damaged copies of each stream.
    @Test(.enabled(if: RecordedStream.isHere, RecordedStream.absence))
    func damagedStreamsEndWithoutACrashAndTheSameHoweverTheyAreRead() throws {
        let (copies, seed) = (
            max(1, environment("LLM4S_TRIALS", default: 50) / 10), environment("LLM4S_SEED", default: 1)
        )
        var random = SplitMix64(state: UInt64(truncatingIfNeeded: seed))
        var (trials, completions) = (0, 0)
        for stream in RecordedStream.all where stream.bytes.count < 200_000 {
            for _ in 0..<copies {
                var mutation = EventMutation(random: random)
                var bytes = stream.bytes
                // In the middle of the stream, and sometimes nothing follows.
                let start = Int.random(in: 0..<bytes.count, using: &random)
                let end = min(bytes.count, start + Int.random(in: 1...2000, using: &random))
                let isLast = Int.random(in: 0..<4, using: &random) == 0
                bytes.replaceSubrange(start..<(isLast ? bytes.count : end), with: mutation.mutate(bytes[start..<end]))
                random = mutation.random
                let comment: Comment = "\(stream.name), seed \(seed), damaged from \(start) to \(end)"
                let whole = StreamRun(bytes, stream.provider)
                var inPieces = StreamRun(stream.provider)
                var place = 0
                while place < bytes.count {
                    let next = min(bytes.count, place + Int.random(in: 1...4000, using: &random))
                    inPieces.receive(bytes[place..<next])
                    place = next
                }
                inPieces.end()
                try #require(inPieces.chunks == whole.chunks && inPieces.error == whole.error, comment)
                try #require(inPieces.completion == whole.completion, comment)
                try #require((whole.completion == nil) == (whole.error != nil), comment)
                if whole.completion != nil {
                    completions += 1
                    let text = String(decoding: bytes, as: UTF8.self).replacing(" ", with: "")
                    let ends = ["message_stop", "\"finish_reason\":\"", "response.completed", "[DONE]"]
                    try #require(ends.contains { text.contains($0) }, comment)
                }
                trials += 1
            }
        }
        print("\(trials) damaged streams (seed \(seed)), \(completions) of them whole none the less")
    }

    @Test(arguments: [Provider.openAI, .responses, .anthropic])
    func nonsenseAsABodyOfAnErrorIsAnErrorWithWords(_ provider: Provider) throws {
        let (trials, seed) = (10 * environment("LLM4S_TRIALS", default: 50), environment("LLM4S_SEED", default: 1))
        var random = SplitMix64(state: UInt64(truncatingIfNeeded: seed))
        for _ in 0..<trials {
            let bytes = Self.input(&random)
            let error = ErrorClassifier.error(head: ResponseHead(status: 500), body: bytes, now: 0)
            try #require(!error.message.isEmpty && error.message.utf8.count <= 2048, "seed \(seed)")
            var handler = StreamingResponseHandler(provider: provider, choices: 1)
            var chunks: [StreamedChunk] = []
            #expect(throws: LLMError.self) { try handler.receiveWhole(bytes, into: &chunks) }
        }
    }
}
