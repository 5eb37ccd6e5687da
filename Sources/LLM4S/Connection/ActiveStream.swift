import LLMStreaming
import NIOCore

/// What carries streams: a connection of HTTP/1.1 has one, one of HTTP/2 many.
///
/// Bound to its event loop.
protocol StreamCarrier: AnyObject {
    /// The loop of the connection.
    var eventLoop: any EventLoop { get }
    /// Goes on with a stream whose receiver has room again, or for which there is memory again.
    func goOn(_ stream: ActiveStream, isReadHeld: Bool)
    /// Delivers the result of a stream whose chunks are all handed on.
    func finish(_ stream: ActiveStream)
}

/// A stream that a connection carries, bound to the connection's event loop.
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

    /// Hands chunks on; has the result delivered once nothing is left to hand on.
    func advance(on carrier: any StreamCarrier) {
        if handOn(), exchange.outcome == nil {
            pause(at: carrier.eventLoop.now)
            attempt.receiver.whenThereIsRoom(resumption(on: carrier))
        } else if exchange.outcome == nil, flow == .open, countsMemory,
            !hasMemory(at: carrier.eventLoop.now, resume: { resumption(on: carrier) })
        {
            pause(at: carrier.eventLoop.now)
            askForMemoryAgain(carrier)
        }
        if exchange.outcome != nil, !exchange.hasChunks { carrier.finish(self) }
    }

    private func pause(at now: NIODeadline) {
        flow = .waitingForRoom(isReadHeld: false)
        exchange.pause(at: now)
    }

    /// Asks again after a while whether there is memory: who has it may have fallen silent.
    private func askForMemoryAgain(_ carrier: any StreamCarrier) {
        _ = carrier.eventLoop.assumeIsolated().scheduleTask(in: MemoryBudget.turnTimeout) { [weak self] in
            if let self, self.isHeldBack, self.exchange.outcome == nil { self.resume(on: carrier) }
        }
    }

    /// What lets the stream go on, from any thread.
    ///
    /// Whoever has it keeps nothing of the stream, whose share of the memory is free with its end.
    private func resumption(on carrier: any StreamCarrier) -> @Sendable () -> Void {
        let bound = NIOLoopBound({ [weak self] in self?.resume(on: carrier) }, eventLoop: carrier.eventLoop)
        return { bound.eventLoop.execute { bound.value() } }
    }

    /// Lets the stream go on, unless it does or is over.
    private func resume(on carrier: any StreamCarrier) {
        guard case .waitingForRoom(let isReadHeld) = flow else { return }
        flow = .open
        exchange.resume(at: carrier.eventLoop.now)
        carrier.goOn(self, isReadHeld: isReadHeld)
    }

    /// Takes the end of it: what is left is handed on whether there is room or not.
    ///
    /// - Returns: how it ended; nil where it has not.
    func end(at now: NIODeadline) -> LeaseEnd? {
        guard let outcome = exchange.outcome else { return nil }
        flow = .open
        _ = handOn()
        return switch outcome {
        case .ended(let outcome): .result(result(outcome, at: now))
        case .redirected(let path): .redirected(path: path)
        }
    }

    /// Hands on what was decoded, unless the receiver has no room.
    ///
    /// - Returns: whether the receiver ran full by it.
    private func handOn() -> Bool {
        guard flow == .open, exchange.hasChunks else { return false }
        var (chunks, microseconds) = exchange.takeChunks()
        // One or two of a stream.
        for index in chunks.indices where !chunks[index].isWritten {
            chunks[index] = attempt.endpoint.redactor.redacted(chunks[index])
        }
        return !attempt.receiver.receive(chunks, atMicroseconds: microseconds)
    }

    /// Whether it holds so much that `hasMemory` must be asked; few streams ever do.
    private var countsMemory: Bool { exchange.heldByteCount >= nextCount || memory != nil || isHeldBack }

    /// Whether there is memory to read on; if not, the closure is called once there is, on any thread.
    private func hasMemory(at now: NIODeadline, resume: () -> @Sendable () -> Void) -> Bool {
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
    private func result(_ outcome: StreamResult.Outcome, at now: NIODeadline) -> StreamResult {
        memory?.end()
        var result = exchange.result(outcome, at: now)
        result.memory = memory
        return result
    }
}
