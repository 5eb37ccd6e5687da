import LLMStreaming
import NIOCore
import NIOHTTP1

/// The end of a connection's pipeline: carries one exchange after the other, each decoded where its bytes are read.
///
/// What an exchange means is decided by `Exchange`, and what becomes of the connection by `ConnectionState`; this
/// handler moves bytes, chunks and time between them, the socket and the receiver. Bound to the channel's event loop.
final class ConnectionHandler: StreamCarrier, ExchangeCarrier {
    private let id: UInt64
    let origin: Origin
    let callbacks: ConnectionCallbacks
    let eventLoop: any EventLoop
    var context: ChannelHandlerContext?
    /// What stands before this handler, while both are in the pipeline.
    var reader: ResponseReader?
    /// This connection as others know it.
    var connection: Connection?
    /// What looks at the deadline of the state, whichever it is.
    var alarm: Alarm?
    var state: ConnectionState
    /// Whether the time in which a request must be acknowledged is bounded.
    private var isAcknowledgeBounded = true

    /// Carries what is sent over a connection that stands, TLS included.
    init(id: UInt64, origin: Origin, callbacks: ConnectionCallbacks, on eventLoop: any EventLoop) {
        self.id = id
        self.origin = origin
        self.callbacks = callbacks
        self.eventLoop = eventLoop
        state = ConnectionState(at: eventLoop.now)
    }

    /// The connection as others know it.
    func connection(on channel: any Channel) -> Connection {
        let connection = Connection(
            id: id, origin: origin, channel: channel,
            handler: NIOLoopBound(self as any ExchangeCarrier, eventLoop: eventLoop))
        self.connection = connection
        return connection
    }

    // MARK: Exchanges

    /// Sends an attempt's request; `onEnd` is called once, with its end.
    func begin(
        _ attempt: StreamAttempt, path: String, head: HTTPRequestHead,
        onEnd: @escaping @Sendable (LeaseEnd) -> Void
    ) {
        let exchange = attempt.exchange(path: path, isConnectionReused: state.hasServed, at: now)
        let stream = ActiveStream(attempt, exchange, onEnd: onEnd)
        guard let context, context.channel.isActive, state.begin(stream, at: now) else {
            // A server that closes each new connection at once would be connected to forever.
            if state.hasServed { onEnd(.unusable) } else { refuse(stream) }
            return
        }
        let body = attempt.body
        boundAcknowledgement(body.count <= VanishedPeer.safeRequestBytes, context)
        perform(.wait)
        reader?.expectResponse(to: head)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !body.isEmpty {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
        }
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.assumeIsolated().whenSuccess {
            stream.isRequestSent = true
            stream.exchange.requestSent(at: context.eventLoop.now)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: sent)
    }

    /// Waits for a while, or for as long as it takes, until the peer has taken what is sent.
    private func boundAcknowledgement(_ isBounded: Bool, _ context: ChannelHandlerContext) {
        guard isBounded != isAcknowledgeBounded, let option = VanishedPeer.userTimeout else { return }
        isAcknowledgeBounded = isBounded
        try? context.channel.syncOptions?.setOption(
            option, value: isBounded ? VanishedPeer.acknowledgeMilliseconds : 0)
    }

    private func refuse(_ stream: ActiveStream) {
        stream.exchange.connectionLost(state.loss, at: now)
        _ = state.close()
        finish(stream)
    }

    /// Ends an attempt's exchange at once, if it is not over.
    func cancel(_ attempt: ObjectIdentifier) {
        guard let stream = state.stream, ObjectIdentifier(stream.attempt) == attempt else { return }
        // One whose connection is gone has its outcome already.
        stream.exchange.cancel(at: now)
        stream.isKeptAlive = false
        finish(stream)
    }

    /// Carries out what the state asks for; then sets the alarm, here and nowhere else.
    func perform(_ action: ConnectionState.Action) {
        switch action {
        case .wait: break
        case .advance(let stream): stream.advance(on: self)
        case .giveBack: if let connection { callbacks.onFree(connection, state.responseSeconds) }
        case .retire:
            // Who has just got the connection is about to begin.
            guard callbacks.retire(id, origin) else { return }
            perform(state.close())
        case .close: context?.close(promise: nil)
        }
        alarm?.set(deadline)
    }

    var now: NIODeadline { eventLoop.now }

    func goOn(_ stream: ActiveStream, isReadHeld: Bool) {
        perform(.advance(stream))
        guard isReadHeld else { return }
        // Ran full again: the read stays held back.
        if case .waitingForRoom = stream.flow {
            stream.flow = .waitingForRoom(isReadHeld: true)
        } else {
            context?.read()
        }
    }

    /// Delivers the result, chunks that are left first, and frees or closes the connection.
    func finish(_ stream: ActiveStream) {
        let isReadHeld = stream.flow == .waitingForRoom(isReadHeld: true)
        guard let end = stream.end(at: now) else { return }
        endWait()
        perform(state.finish(stream, at: now))
        if isReadHeld { context?.read() }
        // Only now, so that who starts the next request finds the connection free.
        stream.onEnd(end)
    }

    /// The first byte of a response is there, or none will come.
    func endWait() {
        if state.endWait(at: now) { callbacks.endStarvation(id, origin) }
    }

    private var deadline: NIODeadline? { state.deadline(idleLifetime: callbacks.idleLifetime) }

    func alarmRang() {
        // It may ring early: deadlines move on with every read, the alarm does not.
        guard let deadline, deadline <= now else { return perform(.wait) }
        if let seconds = state.waitToReport(at: now) { callbacks.starve(id, origin, seconds) }
        perform(state.expire(at: now))
    }
}
