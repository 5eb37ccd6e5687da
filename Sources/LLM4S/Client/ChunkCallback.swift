import LLMStreaming

/// Passes each chunk to a function that always has room.
struct ChunkCallback: ChunkReceiver {
    private let onChunk: @Sendable (StreamedChunk) -> Void

    init(_ onChunk: @escaping @Sendable (StreamedChunk) -> Void) { self.onChunk = onChunk }

    func receive(_ chunks: [StreamedChunk], atMicroseconds microseconds: Int64) -> Bool {
        for chunk in chunks { onChunk(chunk) }
        return true
    }

    func whenThereIsRoom(_ resume: @escaping @Sendable () -> Void) { resume() }
}
