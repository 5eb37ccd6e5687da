import LLMStreaming
import NIOCore
import NIOHTTP1

/// A connection to an origin, from any thread; its handler stays on its event loop.
final class Connection: Sendable {
    /// Distinguishes the connections of a pool.
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

    /// Begins an attempt's exchange; `onEnd` is called once, on the event loop.
    func begin(
        _ attempt: StreamAttempt, path: String, head: HTTPRequestHead,
        onEnd: @escaping @Sendable (LeaseEnd) -> Void
    ) {
        handler.eventLoop.execute { [handler] in
            handler.value.begin(attempt, path: path, head: head, onEnd: onEnd)
        }
    }

    /// Ends an attempt's exchange at once, if it is on the connection.
    func cancel(_ attempt: ObjectIdentifier) {
        handler.eventLoop.execute { [handler] in handler.value.cancel(attempt) }
    }
}

/// What a connection tells the pool that it belongs to; called on the connection's event loop.
struct ConnectionCallbacks: Sendable {
    /// How long a connection is kept without a stream.
    let idleLifetime: TimeAmount
    /// Whether we show servers a certificate of our own.
    var hasCertificate = false
    /// Another exchange may begin; with the time that the last one waited for its response.
    let onFree: @Sendable (_ connection: Connection, _ responseSeconds: Double?) -> Void
    /// Takes the connection out of reach; false where a stream has just got it.
    let retire: @Sendable (_ id: UInt64, _ origin: Origin) -> Bool
    /// What lets the events of a loop gather, asked on it; nil for nothing.
    var gathering: @Sendable (_ loop: any EventLoop) -> ReadGathering? = { _ in nil }
    /// A new connection has waited for that long without a byte.
    var starve: @Sendable (_ id: UInt64, _ origin: Origin, _ seconds: Double) -> Void = { _, _, _ in }
    /// It waits no more.
    var endStarvation: @Sendable (_ id: UInt64, _ origin: Origin) -> Void = { _, _ in }
}
