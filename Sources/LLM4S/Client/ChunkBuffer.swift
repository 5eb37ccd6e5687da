import LLMStreaming
import NIOCore
import Synchronization

/// The bounded queue between a stream's event loop and the one task that reads its chunks.
final class ChunkBuffer: ChunkReceiver {
    private struct State {
        var chunks = CircularBuffer<StreamedChunk>()
        var end: Result<Void, LLMError>?
        /// The reader, while there is nothing to read.
        var reader: CheckedContinuation<Result<StreamedChunk?, LLMError>, Never>?
        /// Wakes the socket, while it waits for room.
        var resume: (@Sendable () -> Void)?
    }

    private let capacity: Int
    private let state = Mutex(State())

    /// - Parameter capacity: from how many chunks on the socket is not read. One read may bring more than there is
    ///   room for; these are kept too.
    init(capacity: Int) { self.capacity = capacity }

    func receive(_ chunks: [StreamedChunk], atMicroseconds microseconds: Int64) -> Bool {
        let (reader, first, hasRoom) = state.withLock { state in
            state.chunks.append(contentsOf: chunks)
            let reader = state.chunks.isEmpty ? nil : state.reader.take()
            let first = reader == nil ? nil : state.chunks.popFirst()
            return (reader, first, state.chunks.count < capacity)
        }
        reader?.resume(returning: .success(first))
        return hasRoom
    }

    func whenThereIsRoom(_ resume: @escaping @Sendable () -> Void) {
        let hasRoom = state.withLock { state in
            if state.chunks.count < capacity { return true }
            state.resume = resume
            return false
        }
        if hasRoom { resume() }
    }

    /// Ends the queue; the reader gets what is in it first.
    func finish(_ end: Result<Void, LLMError>) {
        let reader = state.withLock { state in
            state.end = end
            return state.reader.take()
        }
        reader?.resume(returning: end.map { nil })
    }

    /// The next chunk; nil after the last one of a whole answer.
    func next() async -> Result<StreamedChunk?, LLMError> {
        await withCheckedContinuation { continuation in
            let (result, resume) = state.withLock {
                state -> (Result<StreamedChunk?, LLMError>?, (@Sendable () -> Void)?) in
                if let chunk = state.chunks.popFirst() {
                    // At half, lest the socket be stopped and started with every chunk.
                    return (.success(chunk), state.chunks.count <= capacity / 2 ? state.resume.take() : nil)
                }
                if let end = state.end { return (end.map { nil }, nil) }
                state.reader = continuation
                return (nil, state.resume.take())
            }
            resume?()
            if let result { continuation.resume(returning: result) }
        }
    }
}
