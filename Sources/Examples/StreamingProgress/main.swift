// Progress with token counts: what a stream tells of itself while it goes on.
//
//     LLM_MODEL=mock/count-200+pace=10ms MOCK_BASE_URL=… swift run StreamingProgress
import Foundation
import LLM4S
import Synchronization

/// Counts tokens as they come and shows them on standard error.
final class Progress: Sendable {
    private let answer: Mutex<StreamingAccumulator>
    private let start = ContinuousClock.now

    init(_ answer: StreamingAccumulator) { self.answer = Mutex(answer) }

    func add(_ chunk: StreamedChunk) {
        let now = answer.withLock { answer in
            answer.add(chunk)
            return answer.snapshot
        }
        // Most providers count at the end; until then a piece is about a token.
        let tokens = now.usage?.completionTokens ?? now.contentDeltaCount
        let rate = Double(tokens) / max(0.001, (ContinuousClock.now - start) / .seconds(1))
        show("\r\(tokens) tokens, \(Int(rate)) a second")
    }

    func show(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}

let client = try LLM.client()
let progress = Progress(client.accumulator())
let streaming = StreamingOptions.builder()
    .withOnStart { progress.show("asking …") }
    .withOnChunk { chunk in progress.add(chunk) }
    .withOnError { error in progress.show("\nno answer: \(error)\n") }
    .withOnComplete { _ in progress.show("\n") }
    .withReadTimeout(.seconds(60))
    .build()

do {
    let answer = try await client.streamComplete([.user("Count from 1 to 200.")], streaming: streaming)
    print(answer.content)
    if let usage = answer.usage, let input = usage.promptTokens, let output = usage.completionTokens {
        print("\(input) tokens in, \(output) out")
    }
} catch {
    // It was told already.
    exit(1)
}
