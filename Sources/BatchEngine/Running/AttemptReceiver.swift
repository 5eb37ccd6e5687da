import LLMStreaming
import Synchronization

/// Passes an attempt's chunks from its stream to the store, numbered.
final class AttemptReceiver: ChunkReceiver {
    private let store: any JobStore
    private let attemptID: Int64
    private let chunks: Counter
    private let answered: (@Sendable () -> Void)?
    private let sequence = Atomic<Int>(0)
    /// Taken by one thread at a time, without waiting.
    private let held = Mutex(AnswerTail())

    /// A receiver that also adds the chunks to the run's count.
    ///
    /// - Parameter answered: called once, when the first of them comes.
    init(store: any JobStore, attemptID: Int64, chunks: Counter, answered: (@Sendable () -> Void)? = nil) {
        self.answered = answered
        self.store = store
        self.attemptID = attemptID
        self.chunks = chunks
    }

    func receive(_ chunks: [StreamedChunk], atMicroseconds microseconds: Int64) -> Bool {
        // A stream calls from one event loop, never twice at once; the atomic only hands the number from call to call.
        let first = sequence.load(ordering: .relaxed)
        sequence.store(first + chunks.count, ordering: .relaxed)
        self.chunks.add(chunks.count)
        if first == 0, let answered { answered() }
        let read = AnswerTail.Read(chunks, sequence: first, atMicroseconds: microseconds)
        return held.withLock { tail in
            var hasRoom = true
            tail.take(read) { read in
                hasRoom = store.storeChunks(
                    read.chunks, of: attemptID, from: read.sequence, atMicroseconds: read.atMicroseconds)
            }
            return hasRoom
        }
    }

    /// What is kept back, to be stored with the attempt's end; to be called after the stream's end.
    var tail: AnswerTail { held.withLock { $0 } }

    func whenThereIsRoom(_ resume: @escaping @Sendable () -> Void) { store.whenThereIsRoom(resume) }
}
