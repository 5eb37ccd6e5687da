public import LLMStreaming
import NIOCore
import Synchronization

/// The chunks of an answer as an asynchronous sequence; made by `LLMClient.stream`.
///
/// ```swift
/// for try await chunk in client.stream(conversation) {
///     print(chunk.content ?? "", terminator: "")
///     if chunk.content == "\n" { break }  // Ends the stream.
/// }
/// ```
public struct ChunkStream: AsyncSequence, Sendable {
    /// A piece of the answer.
    public typealias Element = StreamedChunk
    /// Why the answer is not whole.
    public typealias Failure = LLMError

    /// How many chunks wait for the reader before the socket does.
    static let capacity = 256

    let client: LLMClient
    let conversation: Conversation
    let options: CompletionOptions
    let timeouts: StreamTimeouts

    /// Begins a new request.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(stream: self) }

    /// Reads the chunks of one request.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private enum State {
            case new(ChunkStream)
            case reading(Reading)
            case ended
        }

        private var state: State

        init(stream: ChunkStream) { state = .new(stream) }

        /// The next chunk, nil after the last one of a whole answer.
        ///
        /// - Throws: why the answer is not whole, after the chunks that came.
        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(LLMError) -> StreamedChunk? {
            let reading: Reading
            switch state {
            case .ended: return nil
            case .reading(let current): reading = current
            case .new(let stream):
                do { reading = try Reading(stream) } catch {
                    state = .ended
                    throw error
                }
                state = .reading(reading)
            }
            let next = await reading.next()
            if case .success(.some(let chunk)) = next { return chunk }
            state = .ended
            return try next.get()
        }
    }

    /// The request of an iterator; it is given up with it.
    final class Reading: Sendable {
        private let buffer = ChunkBuffer(capacity: ChunkStream.capacity)
        private let task: Task<Void, Never>

        init(_ stream: ChunkStream) throws(LLMError) {
            let request = try stream.client.request(stream.conversation, stream.options)
            task = Task { [buffer, client = stream.client, timeouts = stream.timeouts] in
                let result = await client.answer(request, receiver: buffer, timeouts: timeouts)
                switch result.outcome {
                case .completed: buffer.finish(.success(()))
                case .failed(let error): buffer.finish(.failure(error))
                }
            }
        }

        func next() async -> Result<StreamedChunk?, LLMError> {
            await withTaskCancellationHandler {
                await buffer.next()
            } onCancel: {
                task.cancel()
            }
        }

        deinit { task.cancel() }
    }
}

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
