import LLMStreaming
import NIOCore

/// The stream that a connection carries, bound to the connection's event loop.
final class ActiveStream {
    /// Whether chunks flow.
    enum Flow: Equatable {
        case open
        /// The receiver has no room; the socket's next read may be held back.
        case waitingForRoom(isReadHeld: Bool)
    }

    let attempt: StreamAttempt
    let onEnd: @Sendable (LeaseEnd) -> Void
    var exchange: Exchange
    var flow = Flow.open
    /// What it holds of the memory for all answers, once that is enough to be counted.
    private(set) var memory: MemoryShare?
    /// From how many bytes on it is counted again.
    private var nextCount: Int
    /// Whether it was not read on for want of memory, and has not been since.
    private(set) var isHeldBack = false
    /// Whether the request has left in full.
    var isRequestSent = false
    /// Whether the server will take another request on the connection.
    var isKeptAlive = false
    /// Whether the response's body has ended.
    var isBodyEnded = false

    init(_ attempt: StreamAttempt, _ exchange: Exchange, onEnd: @escaping @Sendable (LeaseEnd) -> Void) {
        self.attempt = attempt
        self.exchange = exchange
        self.onEnd = onEnd
        nextCount = attempt.memory.step
    }

    /// Hands on what was decoded, unless the receiver has no room.
    ///
    /// - Returns: whether the receiver ran full by it.
    func handOn() -> Bool {
        guard flow == .open, exchange.hasChunks else { return false }
        var (chunks, microseconds) = exchange.takeChunks()
        // One or two of a stream.
        for index in chunks.indices where !chunks[index].isWritten {
            chunks[index] = attempt.endpoint.redactor.redacted(chunks[index])
        }
        return !attempt.receiver.receive(chunks, atMicroseconds: microseconds)
    }

    /// Whether it holds so much that `hasMemory` must be asked; few streams ever do.
    var countsMemory: Bool { exchange.heldByteCount >= nextCount || memory != nil || isHeldBack }

    /// Whether there is memory to read on; if not, the closure is called once there is, on any thread.
    func hasMemory(at now: NIODeadline, resume: () -> @Sendable () -> Void) -> Bool {
        let held = exchange.heldByteCount
        let hasShrunk = memory != nil && held < nextCount - 2 * attempt.memory.step
        guard held >= nextCount || hasShrunk else { return !isHeldBack || grows(now, resume()) }
        let share = memory ?? MemoryShare(attempt.memory)
        memory = share
        nextCount = share.count(held)
        return grows(now, resume())
    }

    private func grows(_ now: NIODeadline, _ resume: @escaping @Sendable () -> Void) -> Bool {
        isHeldBack = !(memory?.mayGrow(at: now, resume: resume) ?? true)
        return !isHeldBack
    }

    /// Everything known of it after its end, with its share of the memory, which is free once nobody has the result.
    func result(_ outcome: StreamResult.Outcome, at now: NIODeadline) -> StreamResult {
        memory?.end()
        var result = exchange.result(outcome, at: now)
        result.memory = memory
        return result
    }
}
