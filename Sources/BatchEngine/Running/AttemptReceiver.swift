import LLMStreaming
import Synchronization

/// Passes an attempt's chunks from its stream to the store, numbered.
final class AttemptReceiver: ChunkReceiver {
    private let store: any JobStore
    private let attemptID: Int64
    private let chunks: Counter
    private let bytes: Counter
    private let answered: (@Sendable () -> Void)?
    /// The number of the next chunk, and the end of the answer as far as it came.
    ///
    /// A stream calls from one event loop, never twice at once: nobody waits for the lock.
    private let state = Mutex((sequence: 0, bytes: 0, tail: AnswerTail()))
    /// Whether the stream is not read, since the store has no room.
    private let isHeldBack = Atomic<Bool>(false)

    /// A receiver that also adds the chunks, and the bytes of what they hold of an answer, to the run's counts.
    ///
    /// - Parameter answered: called once, when the first of them comes.
    init(
        store: any JobStore, attemptID: Int64, chunks: Counter, bytes: Counter,
        answered: (@Sendable () -> Void)? = nil
    ) {
        self.answered = answered
        self.store = store
        self.attemptID = attemptID
        self.chunks = chunks
        self.bytes = bytes
    }

    func receive(_ chunks: [StreamedChunk], atMicroseconds microseconds: Int64) -> Bool {
        self.chunks.add(chunks.count)
        let size = chunks.reduce(0) { $0 + $1.modelBytes }
        bytes.add(size)
        var hasRoom = true
        let isFirst = state.withLock { state in
            let read = AnswerTail.Read(chunks, sequence: state.sequence, atMicroseconds: microseconds)
            state.sequence += chunks.count
            state.bytes += size
            state.tail.take(read) { read in
                hasRoom = store.storeChunks(
                    read.chunks, of: attemptID, from: read.sequence, atMicroseconds: read.atMicroseconds)
            }
            return read.sequence == 0
        }
        if isFirst, let answered { answered() }
        return hasRoom
    }

    /// What is kept back, to be stored with the attempt's end; to be called after the stream's end.
    var tail: AnswerTail { state.withLock { $0.tail } }

    /// The bytes of what the model wrote, as far as it came.
    var modelBytes: Int { state.withLock { $0.bytes } }

    /// What has come so far, asked from outside.
    var pulse: StreamPulse {
        StreamPulse(
            chunks: state.withLock { $0.sequence }, isHeldBack: isHeldBack.load(ordering: .relaxed))
    }

    func whenThereIsRoom(_ resume: @escaping @Sendable () -> Void) {
        isHeldBack.store(true, ordering: .relaxed)
        store.whenThereIsRoom { [self] in
            isHeldBack.store(false, ordering: .relaxed)
            resume()
        }
    }
}

extension StreamedChunk {
    /// The bytes that a model wrote of it: what its tokens are.
    fileprivate var modelBytes: Int {
        switch kind {
        case .text, .reasoning, .refusal, .toolCall, .toolArguments: text.utf8.count
        case .signature, .citation, .reasoningDetails, .logprobs, .block, .item, .response, .usage, .finish,
            .nativeFinish, .cursor:
            0
        }
    }
}
