import LLMStreaming
import NIOCore

/// A connection to an origin, from any thread; its handler stays on its event loop.
final class Connection: Sendable {
    /// Tells the connections of a pool apart.
    let id: UInt64
    let origin: Origin
    let channel: any Channel
    let handler: NIOLoopBound<ConnectionHandler>

    init(id: UInt64, origin: Origin, channel: any Channel, handler: NIOLoopBound<ConnectionHandler>) {
        self.id = id
        self.origin = origin
        self.channel = channel
        self.handler = handler
    }

    /// Begins an exchange; `onEnd` is called once, on the event loop.
    func begin(_ plan: ExchangePlan, onEnd: @escaping @Sendable (ExchangeEnd) -> Void) {
        handler.eventLoop.execute { [handler] in handler.value.begin(plan, onEnd: onEnd) }
    }

    /// Ends the exchange of that number at once, if it is on the connection.
    func cancel(_ id: UInt64) {
        handler.eventLoop.execute { [handler] in handler.value.cancel(id) }
    }
}
