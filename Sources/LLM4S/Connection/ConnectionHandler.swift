import LLMStreaming
import NIOCore
import NIOHTTP1
import NIOTLS

/// The end of a connection's pipeline: carries one exchange after the other, each decoded where its bytes are read.
///
/// What an exchange means is decided by `Exchange`; this handler moves bytes, chunks and time between it, the socket
/// and the receiver, and says when the connection is free again. Bound to the channel's event loop.
final class ConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    private enum State {
        /// TCP or TLS is not through yet.
        case settingUp
        /// No exchange; one may begin.
        case ready(since: NIODeadline)
        case streaming(ActiveStream)
        /// The connection is gone; the last chunks wait for room.
        case lost(ActiveStream)
        /// The result is out; the rest of the body is read away so that the connection can serve again.
        case draining(since: NIODeadline, remainingBytes: Int)
        case closed
    }

    /// How long, and how far, the rest of a body is read away.
    static let drainTime = TimeAmount.seconds(1)
    private static let maximumDrainBytes = 64 << 10

    private let id: UInt64
    private let origin: Origin
    private let care: ConnectionCare
    private let ready: EventLoopPromise<Void>
    private var context: ChannelHandlerContext?
    /// What stands before this handler, while both are in the pipeline.
    var reader: AnswerReader?
    /// This connection as others know it.
    private var connection: Connection?
    /// What looks at the deadline of the state, whichever it is.
    private var alarm: Alarm?
    private var state = State.settingUp {
        didSet { alarm?.set(deadline) }
    }
    private var loss = ConnectionLoss.closed
    /// Whether the time in which a request must be acknowledged is bounded.
    private var isAcknowledgeBounded = true
    private var hasServed = false
    /// The wait for the first byte of an answer.
    private var patience: AnswerPatience?

    /// - Parameter ready: fulfilled when the connection stands, TLS included.
    init(id: UInt64, origin: Origin, care: ConnectionCare, ready: EventLoopPromise<Void>) {
        self.id = id
        self.origin = origin
        self.care = care
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

    /// Sends a request; `onEnd` is called once, with its end.
    func begin(_ plan: ExchangePlan, onEnd: @escaping @Sendable (ExchangeEnd) -> Void) {
        let stream = ActiveStream(plan, isConnectionReused: hasServed, onEnd: onEnd, at: now)
        guard case .ready = state, let context, context.channel.isActive else {
            // A server that closes each new connection at once would be connected to for ever.
            if hasServed { onEnd(.unusable) } else { refuse(stream) }
            return
        }
        patience = AnswerPatience(isFirst: !hasServed, at: now)
        hasServed = true
        boundAcknowledgement(plan.body.count <= VanishedPeer.safeRequestBytes, context)
        state = .streaming(stream)
        reader?.expectAnswer(to: plan.head)
        context.write(wrapOutboundOut(.head(plan.head)), promise: nil)
        if !plan.body.isEmpty {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: plan.body)))), promise: nil)
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
        stream.exchange.connectionLost(loss, at: now)
        state = .closed
        finish(stream)
    }

    /// Ends the exchange of that number at once, if it is not over.
    func cancel(_ id: UInt64) {
        switch state {
        case .streaming(let stream) where stream.id == id:
            stream.exchange.cancel(at: now)
            stream.isKeptAlive = false
            finish(stream)
        case .lost(let stream) where stream.id == id: finish(stream)
        default: break
        }
    }

    private var now: NIODeadline { context?.eventLoop.now ?? .now() }

    /// Hands chunks on; delivers the result once nothing is left to hand on.
    private func advance(_ stream: ActiveStream) {
        if stream.handOn(), stream.exchange.verdict == nil {
            pause(stream)
        } else if stream.exchange.verdict == nil, stream.flow == .open,
            !stream.hasMemory(at: now, resume: { resumption(stream) })
        {
            stream.flow = .waitingForRoom(isReadHeld: false)
            stream.exchange.pause(at: now)
            askForMemoryAgain(stream.id)
        }
        if stream.exchange.verdict != nil, !stream.exchange.hasChunks {
            finish(stream)
        } else {
            alarm?.set(deadline)
        }
    }

    /// Asks again after a while whether there is memory: who has it may have fallen silent.
    private func askForMemoryAgain(_ id: UInt64) {
        _ = context?.eventLoop.assumeIsolated().scheduleTask(in: MemoryBudget.patience) {
            if case .streaming(let stream) = self.state, stream.id == id, stream.isHeldBack { self.resume(id) }
        }
    }

    private func pause(_ stream: ActiveStream) {
        guard context != nil else { return }
        stream.flow = .waitingForRoom(isReadHeld: false)
        stream.exchange.pause(at: now)
        stream.receiver.whenThereIsRoom(resumption(stream))
    }

    /// What lets a stream go on, from any thread.
    private func resumption(_ stream: ActiveStream) -> @Sendable () -> Void {
        guard let context else { return {} }
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        let id = stream.id
        return { handler.eventLoop.execute { handler.value.resume(id) } }
    }

    private func resume(_ id: UInt64) {
        let stream: ActiveStream
        switch state {
        case .streaming(let current), .lost(let current): stream = current
        default: return
        }
        guard stream.id == id, case .waitingForRoom(let isReadHeld) = stream.flow else { return }
        stream.flow = .open
        stream.exchange.resume(at: now)
        advance(stream)
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
        guard let verdict = stream.exchange.verdict else { return }
        let isReadHeld = stream.flow == .waitingForRoom(isReadHeld: true)
        stream.flow = .open
        _ = stream.handOn()
        answerCame()
        let end: ExchangeEnd =
            switch verdict {
            case .completed(let completion): .result(stream.result(.completed(completion), at: now))
            case .failed(let error): .result(stream.result(.failed(error), at: now))
            case .redirected(let path): .redirected(path: path)
            }
        if case .streaming = state { release(stream, verdict) } else { state = .closed }
        if isReadHeld { context?.read() }
        // Only now, so that who starts the next request finds the connection free.
        stream.onEnd(end)
    }

    /// The first byte of an answer is there, or none will come.
    private func answerCame() {
        if patience?.answered(at: now) == true { care.fed(id, origin) }
    }

    /// Decides what becomes of the connection of an exchange that ended.
    private func release(_ stream: ActiveStream, _ verdict: Verdict) {
        guard stream.isRequestSent, stream.isKeptAlive, verdict.leavesConnectionInOrder else {
            close()
            return
        }
        if stream.isBodyEnded {
            becomeReady()
        } else {
            state = .draining(since: now, remainingBytes: Self.maximumDrainBytes)
        }
    }

    private func becomeReady() {
        state = .ready(since: now)
        if let connection { care.onFree(connection, patience?.answerSeconds) }
    }

    private func close() {
        state = .closed
        context?.close(promise: nil)
    }

    // MARK: Clocks

    /// When the state has lasted too long.
    private var deadline: NIODeadline? {
        switch state {
        case .streaming(let stream):
            // Looked at with each read; nobody pleads once an answer comes.
            if let plea = patience?.nextPlea {
                min(plea, stream.exchange.clock.deadline ?? plea)
            } else {
                stream.exchange.clock.deadline
            }
        case .draining(let since, _): since + Self.drainTime
        case .ready(let since): since + care.idleLifetime
        case .settingUp, .lost, .closed: nil
        }
    }

    private func alarmRang() {
        // It may ring early: deadlines move on with every read, the alarm does not.
        guard let deadline else { return }
        if deadline <= now { deadlineCame() } else { alarm?.set(deadline) }
    }

    private func deadlineCame() {
        switch state {
        case .streaming(let stream):
            if let seconds = patience?.plead(at: now) { care.starve(id, origin, seconds) }
            if stream.exchange.clock.isExpired(at: now) { stream.exchange.expire(at: now) }
            advance(stream)
        case .draining: close()
        case .ready: if care.retire(id, origin) { close() }
        case .settingUp, .lost, .closed: break
        }
    }

    // MARK: Channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        alarm = Alarm(context.eventLoop) { self.alarmRang() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        connection = nil
        alarm?.cancel()
        alarm = nil
        ready.fail(ChannelError.eof)
    }

    func channelActive(context: ChannelHandlerContext) {
        if !origin.isSecure { standUp() }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent { standUp() }
        context.fireUserInboundEventTriggered(event)
    }

    private func standUp() {
        guard case .settingUp = state else { return }
        state = .ready(since: now)
        ready.succeed()
    }

    func read(context: ChannelHandlerContext) {
        if case .streaming(let stream) = state, case .waitingForRoom = stream.flow {
            stream.flow = .waitingForRoom(isReadHeld: true)
        } else {
            context.read()
        }
    }

    /// What NIO's decoder makes of the bytes; chunked bodies come by the other way.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): receive(head)
        case .body(let bytes): receiveBody(bytes.readableBytesUInt8Span)
        case .end: receiveBodyEnd()
        }
    }

    private func receive(_ head: HTTPResponseHead) {
        reader?.headCame(head)
        switch state {
        case .streaming(let stream):
            answerCame()
            stream.isKeptAlive = head.isKeepAlive
            stream.exchange.receiveHead(
                ResponseHead(
                    status: Int(head.status.code), headers: head.headers.map { HeaderField($0.name, $0.value) }),
                at: now)
            if stream.exchange.verdict == nil { stream.answerBegan() }
        // An answer that nobody asked for.
        case .ready: close()
        case .settingUp, .draining, .lost, .closed: break
        }
    }

    /// Takes a piece of the body of the answer whose head came last.
    func receiveBody(_ bytes: Span<UInt8>) {
        switch state {
        case .streaming(let stream): stream.exchange.receiveBody(bytes, at: now)
        case .draining(let since, let remainingBytes) where bytes.count <= remainingBytes:
            state = .draining(since: since, remainingBytes: remainingBytes - bytes.count)
        case .draining, .ready: close()
        case .settingUp, .lost, .closed: break
        }
    }

    /// Takes the end of that body.
    func receiveBodyEnd() {
        switch state {
        case .streaming(let stream):
            stream.isBodyEnded = true
            stream.exchange.receiveEnd(at: now)
        case .draining: becomeReady()
        case .ready: close()
        case .settingUp, .lost, .closed: break
        }
    }

    /// All that one read brought has been given.
    func readCompleted() {
        if case .streaming(let stream) = state { advance(stream) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch state {
        case .settingUp:
            ready.fail(ConnectionFailure.reason(of: error, in: context, hasCertificate: care.hasCertificate))
            close()
        case .streaming(let stream):
            if case HTTPParserError.invalidEOFState = error {
                stream.exchange.connectionLostInHead(at: context.eventLoop.now)
            } else if let loss = ConnectionLoss(error, hasCertificate: care.hasCertificate) {
                self.loss = loss
            }
            context.close(promise: nil)
        case .ready, .draining, .lost, .closed:
            // Who is about to begin learns why it cannot.
            if let loss = ConnectionLoss(error, hasCertificate: care.hasCertificate) { self.loss = loss }
            close()
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        switch state {
        case .streaming(let stream):
            stream.exchange.connectionLost(loss, at: context.eventLoop.now)
            state = .lost(stream)
            advance(stream)
        case .settingUp, .ready, .draining: state = .closed
        case .lost, .closed: break
        }
        context.fireChannelInactive()
    }
}
