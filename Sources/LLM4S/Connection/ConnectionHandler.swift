import LLMStreaming
import NIOCore
import NIOHTTP1

/// The end of a connection's pipeline: carries one exchange after the other, each decoded where its bytes are read.
///
/// What an exchange means is decided by `Exchange`, and what becomes of the connection by `ConnectionState`; this
/// handler moves bytes, chunks and time between them, the socket and the receiver. Bound to the channel's event loop.
final class ConnectionHandler {
    private let id: UInt64
    let origin: Origin
    let callbacks: ConnectionCallbacks
    let ready: EventLoopPromise<Void>
    var context: ChannelHandlerContext?
    /// What stands before this handler, while both are in the pipeline.
    var reader: ResponseReader?
    /// This connection as others know it.
    var connection: Connection?
    /// What looks at the deadline of the state, whichever it is.
    var alarm: Alarm?
    var state = ConnectionState()
    /// Whether the time in which a request must be acknowledged is bounded.
    private var isAcknowledgeBounded = true

    /// - Parameter ready: fulfilled when the connection stands, TLS included.
    init(id: UInt64, origin: Origin, callbacks: ConnectionCallbacks, ready: EventLoopPromise<Void>) {
        self.id = id
        self.origin = origin
        self.callbacks = callbacks
        self.ready = ready
    }

    /// The connection, once it stands.
    func connection(on channel: any Channel) -> EventLoopFuture<Connection> {
        let connection = Connection(
            id: id, origin: origin, channel: channel, handler: NIOLoopBound(self, eventLoop: channel.eventLoop))
        self.connection = connection
        return ready.futureResult.map { connection }
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
        case .advance(let stream): advance(stream)
        case .giveBack: if let connection { callbacks.onFree(connection, state.responseSeconds) }
        case .retire:
            // Who has just got the connection is about to begin.
            guard callbacks.retire(id, origin) else { return }
            perform(state.close())
        case .close: context?.close(promise: nil)
        }
        alarm?.set(deadline)
    }

    var now: NIODeadline { context?.eventLoop.now ?? .now() }

    /// Hands chunks on; delivers the result once nothing is left to hand on.
    private func advance(_ stream: ActiveStream) {
        if stream.handOn(), stream.exchange.outcome == nil {
            guard context != nil else { return }
            pause(stream)
            stream.attempt.receiver.whenThereIsRoom(resumption())
        } else if stream.exchange.outcome == nil, stream.flow == .open, stream.countsMemory,
            !stream.hasMemory(at: now, resume: resumption)
        {
            pause(stream)
            askForMemoryAgain()
        }
        if stream.exchange.outcome != nil, !stream.exchange.hasChunks { finish(stream) }
    }

    private func pause(_ stream: ActiveStream) {
        stream.flow = .waitingForRoom(isReadHeld: false)
        stream.exchange.pause(at: now)
    }

    /// Asks again after a while whether there is memory: who has it may have fallen silent.
    private func askForMemoryAgain() {
        let number = state.exchangeCount
        _ = context?.eventLoop.assumeIsolated().scheduleTask(in: MemoryBudget.turnTimeout) {
            if case .streaming(let stream) = self.state.phase, stream.isHeldBack { self.resume(number) }
        }
    }

    /// What lets the stream go on, from any thread.
    private func resumption() -> @Sendable () -> Void {
        guard let context else { return {} }
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        let number = state.exchangeCount
        return { handler.eventLoop.execute { handler.value.resume(number) } }
    }

    /// Lets the stream of an exchange go on, unless that is over.
    private func resume(_ number: Int) {
        guard number == state.exchangeCount, let stream = state.stream,
            case .waitingForRoom(let isReadHeld) = stream.flow
        else { return }
        stream.flow = .open
        stream.exchange.resume(at: now)
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
    private func finish(_ stream: ActiveStream) {
        guard let outcome = stream.exchange.outcome else { return }
        let isReadHeld = stream.flow == .waitingForRoom(isReadHeld: true)
        stream.flow = .open
        _ = stream.handOn()
        endWait()
        let end: LeaseEnd =
            switch outcome {
            case .ended(let outcome): .result(stream.result(outcome, at: now))
            case .redirected(let path): .redirected(path: path)
            }
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
