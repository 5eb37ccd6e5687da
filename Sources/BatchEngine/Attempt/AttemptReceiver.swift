import AnswerChecks
package import LLMStreaming
import Synchronization

/// Passes an attempt's chunks from its stream to the store, numbered.
final class AttemptReceiver: ChunkReceiver {
    private let store: any JobStore
    private let attemptID: Int64
    private let chunks: Counter
    private let bytes: Counter
    private let tally: EndpointTally?
    private let answered: (@Sendable () -> Void)?
    /// What may close the stream before its end; nil where nothing does.
    let watch: StreamWatch?
    /// The number of the next chunk, and the end of the answer as far as it came.
    ///
    /// A stream calls from one event loop, never twice at once: nobody waits for the lock.
    private let state = Mutex((sequence: 0, bytes: 0, tail: AnswerTail()))
    /// Whether the stream is not read, since the store has no room.
    private let isHeldBack = Atomic<Bool>(false)

    /// A receiver that also adds the chunks, and the bytes that the model wrote, to the run's counts.
    ///
    /// - Parameters:
    ///   - tally: what the streams of its endpoint are counted by; nil where nothing is made of that.
    ///   - answered: called once, when the first of them comes.
    init(
        store: any JobStore, attemptID: Int64, chunks: Counter, bytes: Counter, tally: EndpointTally? = nil,
        answered: (@Sendable () -> Void)? = nil, watch: StreamWatch? = nil
    ) {
        self.answered = answered
        self.tally = tally
        self.watch = watch
        self.store = store
        self.attemptID = attemptID
        self.chunks = chunks
        self.bytes = bytes
    }

    func receive(_ chunks: [StreamedChunk], atMicroseconds microseconds: Int64) -> Bool {
        self.chunks.add(chunks.count)
        let size = chunks.reduce(0) { $0 + $1.modelBytes }
        bytes.add(size)
        tally?.bytes.add(size)
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
        watch?.receive(chunks)
        return hasRoom
    }

    /// What is kept back, to be stored with the attempt's end; to be called after the stream's end.
    var tail: AnswerTail { state.withLock { $0.tail } }

    /// The bytes of what the model wrote, as far as it came.
    var modelBytes: Int { state.withLock { $0.bytes } }

    /// What has come so far; may be asked from any thread.
    var activity: StreamActivity {
        StreamActivity(
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
    /// How many of its bytes a model wrote: those that are paid as tokens.
    fileprivate var modelBytes: Int {
        switch kind {
        case .text, .reasoning, .refusal, .toolCall, .toolArguments: text.utf8.count
        case .signature, .citation, .reasoningDetails, .logprobs, .block, .item, .response, .usage, .finish,
            .nativeFinish, .cursor:
            0
        }
    }
}

/// The end of an answer, kept back until its completion is stored with it (The database, "Writing").
///
/// If the chunk that ends an answer were stored earlier, and the process died in between, there would be a whole answer
/// without a completion: its stream would be asked for more, and have nothing.
package struct AnswerTail: Sendable {
    /// The chunks of one read from a socket.
    package struct Read: Sendable {
        package var chunks: [StreamedChunk]
        /// The number of the first one within its attempt.
        package var sequence: Int
        package var atMicroseconds: Int64

        /// A read.
        package init(_ chunks: [StreamedChunk], sequence: Int, atMicroseconds: Int64) {
            self.chunks = chunks
            self.sequence = sequence
            self.atMicroseconds = atMicroseconds
        }
    }

    /// The most reads after the end of an answer that are kept back.
    private static let maximumReads = 16

    /// What is kept back, in order.
    package private(set) var reads: [Read] = []

    package init() {}

    /// Adds the next read and passes on, in order, the reads that are to be stored now.
    ///
    /// A read that ends a choice is kept back with all that follow it, until one of them brings more of an answer: then
    /// it was the end of one choice of several.
    package mutating func take(_ read: Read, pass: (Read) -> Void) {
        let isEnd = read.chunks.contains { $0.kind == .finish }
        if !reads.isEmpty, reads.count > Self.maximumReads || read.chunks.contains(where: \.isContent) {
            for read in reads { pass(read) }
            reads = []
        }
        if isEnd || !reads.isEmpty { reads.append(read) } else { pass(read) }
    }
}

/// A number that many threads add to.
final class Counter: Sendable {
    private let storage = Atomic<Int>(0)

    var value: Int { storage.load(ordering: .relaxed) }

    func add(_ amount: Int) { storage.add(amount, ordering: .relaxed) }
}
