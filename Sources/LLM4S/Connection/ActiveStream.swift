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

    let id: UInt64
    let receiver: any ChunkReceiver
    let answerBegan: @Sendable () -> Void
    let onEnd: @Sendable (ExchangeEnd) -> Void
    var exchange: Exchange
    var flow = Flow.open
    /// Whether the request has left in full.
    var isRequestSent = false
    /// Whether the server will take another request on the connection.
    var isKeptAlive = false
    /// Whether the answer's body has ended.
    var isBodyEnded = false

    init(
        _ plan: ExchangePlan, isConnectionReused: Bool, onEnd: @escaping @Sendable (ExchangeEnd) -> Void,
        at now: NIODeadline
    ) {
        id = plan.id
        receiver = plan.receiver
        answerBegan = plan.answerBegan
        self.onEnd = onEnd
        exchange = Exchange(plan, isConnectionReused: isConnectionReused, at: now)
    }

    /// Hands on what was decoded, unless the receiver has no room.
    ///
    /// - Returns: whether the receiver ran full by it.
    func handOn() -> Bool {
        guard flow == .open, exchange.hasChunks else { return false }
        let (chunks, microseconds) = exchange.takeChunks()
        return !receiver.receive(chunks, atMicroseconds: microseconds)
    }
}
