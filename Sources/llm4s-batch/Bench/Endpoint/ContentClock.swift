import LLMStreaming
import Synchronization

/// Notes when each chunk of content of one stream came, and lets the text go.
final class ContentClock: ChunkReceiver {
    private let times = Mutex<[Int64]>([])
    private let chunks = Atomic<Int>(0)

    /// Microseconds from the attempt's start, in their order; chunks of one read have the same.
    var contentMicroseconds: [Int64] { times.withLock { $0 } }

    /// All chunks, of whatever kind.
    var chunkCount: Int { chunks.load(ordering: .relaxed) }

    func receive(_ chunks: [StreamedChunk], atMicroseconds microseconds: Int64) -> Bool {
        self.chunks.add(chunks.count, ordering: .relaxed)
        times.withLock { times in
            for chunk in chunks where Self.isContent(chunk) { times.append(microseconds) }
        }
        return true
    }

    func whenThereIsRoom(_ resume: @escaping @Sendable () -> Void) { resume() }

    /// What a reader would see: text, thinking, calls; not what is said about them.
    private static func isContent(_ chunk: StreamedChunk) -> Bool {
        switch chunk.kind {
        case .text, .reasoning, .refusal, .toolCall, .toolArguments: !chunk.text.isEmpty
        default: false
        }
    }
}
