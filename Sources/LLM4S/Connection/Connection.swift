import LLMStreaming
import NIOCore
import NIOHTTP1
import Synchronization

/// What carries exchanges over one socket; bound to its event loop.
protocol ExchangeCarrier: AnyObject {
    /// Sends an attempt's request; `onEnd` is called once, with its end.
    func begin(
        _ attempt: StreamAttempt, path: String, head: HTTPRequestHead,
        onEnd: @escaping @Sendable (LeaseEnd) -> Void)
    /// Ends an attempt's exchange at once, if it is not over.
    func cancel(_ attempt: ObjectIdentifier)
}

/// A connection to an origin, from any thread; its handler stays on its event loop.
final class Connection: Sendable {
    /// Distinguishes the connections of a pool.
    let id: UInt64
    let origin: Origin
    let channel: any Channel
    let handler: NIOLoopBound<any ExchangeCarrier>
    /// How many streams it carries at once, as the server said last; -1 by HTTP/1.1.
    private let places: Atomic<Int>

    init(
        id: UInt64, origin: Origin, channel: any Channel, handler: NIOLoopBound<any ExchangeCarrier>,
        streams: Int? = nil
    ) {
        self.id = id
        self.origin = origin
        self.channel = channel
        self.handler = handler
        places = Atomic(streams ?? -1)
    }

    /// How many streams it carries at once, as the server said last; nil by HTTP/1.1, which is one.
    ///
    /// Whoever changes it tells the pool afterwards, which may not have it yet.
    var streams: Int? {
        get {
            let count = places.load(ordering: .acquiring)
            return count < 0 ? nil : count
        }
        set { places.store(newValue ?? -1, ordering: .releasing) }
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
    /// One exchange less is on the connection: another may begin; with the time that it waited for its response.
    let onFree: @Sendable (_ connection: Connection, _ responseSeconds: Double?) -> Void
    /// Takes the connection out of reach; false where a stream has just got it.
    let retire: @Sendable (_ id: UInt64, _ origin: Origin) -> Bool
    /// The server takes another number of streams at once on the connection; 0 once it takes no new ones.
    var resize: @Sendable (_ connection: Connection, _ streams: Int) -> Void = { _, _ in }
    /// What lets the events of a loop gather, asked on it; nil for nothing.
    var gathering: @Sendable (_ loop: any EventLoop) -> ReadGathering? = { _ in nil }
    /// A new connection has waited for that long without a byte.
    var starve: @Sendable (_ id: UInt64, _ origin: Origin, _ seconds: Double) -> Void = { _, _, _ in }
    /// It waits no more.
    var endStarvation: @Sendable (_ id: UInt64, _ origin: Origin) -> Void = { _, _ in }
}
