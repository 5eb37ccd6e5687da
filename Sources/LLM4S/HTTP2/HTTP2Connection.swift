import LLMStreaming
import NIOCore
import NIOHTTP1
import NIOHPACK
import NIOHTTP2

/// The end of an HTTP/2 connection's pipeline: carries many exchanges at once, each decoded where its bytes are read.
///
/// NIO's handler before it frames, compresses heads and keeps the rules of RFC 9113; what an exchange means is decided by
/// `Exchange`. A stream has no channel of its own: that would cost it several KB. Bound to the channel's event loop.
final class HTTP2Connection: StreamCarrier, ExchangeCarrier {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    /// So many streams are on a connection at most, whatever its server allows: they share a thread, and an end.
    static let maximumStreams = 1_000
    /// So many where the server sets no bound: NIO sends no more then.
    private static let unboundStreams = 100
    /// The end of a stream whose request does not leave.
    static let unsent = ConnectionLoss.broken("the request could not be sent")
    /// The end of a stream that the server does not take.
    static let full = ConnectionLoss.busy("the server allows no more streams on the connection")
    /// The last number that a stream may have (RFC 9113, section 5.1.1).
    private static let maximumID = Int(Int32.max)

    let id: UInt64
    let origin: Origin
    let callbacks: ConnectionCallbacks
    let eventLoop: any EventLoop
    var context: ChannelHandlerContext?
    /// This connection as others know it, once its server has said how many streams it takes.
    var connection: Connection?
    /// Who is told of it; nil once that is done.
    var ready: EventLoopPromise<Connection>?
    /// What looks at the connection's own deadlines.
    var alarm: Alarm?
    var life: HTTP2Life
    /// The streams that the connection knows, by number.
    var streams: [HTTP2StreamID: HTTP2Stream] = [:]
    /// The streams without a result, by their attempts.
    var waiting: [ObjectIdentifier: HTTP2Stream] = [:]
    /// The streams that are to be looked at once all of a read is there.
    var touched: [HTTP2Stream] = []
    /// Whether that is going to happen.
    var isReading = false
    /// How the connection ends, as far as is known.
    var loss = ConnectionLoss.closed
    /// Whether it takes no new streams any more.
    var isLeaving = false
    /// Whether it has ended, and with it all streams that are left.
    var isGone = false
    /// The bytes of bodies in one read.
    var readBytes = 0
    let gathering: ReadGathering?
    /// Whether the server has sent any settings.
    var hasSettings = false
    /// How many streams the server takes, as far as is known.
    var maximumStreams = HTTP2Connection.unboundStreams
    /// The stream that NIO has just reset, until it says why.
    var brokenID: HTTP2StreamID?
    /// The stream that the server reset last.
    var lastResetID: HTTP2StreamID?
    private var nextID: Int

    /// - Parameters:
    ///   - ready: gets the connection once the server has said how many streams it takes, or why there is none.
    ///   - firstID: the number of the first stream; another than 1 in tests only.
    init(
        id: UInt64, origin: Origin, callbacks: ConnectionCallbacks, on eventLoop: any EventLoop,
        ready: EventLoopPromise<Connection>, firstID: Int = 1
    ) {
        self.id = id
        self.origin = origin
        self.callbacks = callbacks
        self.eventLoop = eventLoop
        self.ready = ready
        nextID = firstID
        gathering = callbacks.gathering(eventLoop)
        life = HTTP2Life(at: eventLoop.now)
    }

    var now: NIODeadline { eventLoop.now }

    // MARK: Exchanges

    func begin(
        _ attempt: StreamAttempt, path: String, head: HTTPRequestHead, onEnd: @escaping @Sendable (LeaseEnd) -> Void
    ) {
        // Only one that found the connection at rest may have met its end by chance.
        let exchange = attempt.exchange(path: path, isConnectionReused: life.isAtRest, at: now)
        let active = ActiveStream(attempt, exchange, onEnd: onEnd)
        // NIO would keep one back that the server does not take.
        guard let context, context.channel.isActive, !isLeaving, streams.count < maximumStreams else {
            return refuse(active)
        }
        let stream = HTTP2Stream(HTTP2StreamID(nextID), active, at: now)
        nextID += 2
        if nextID > Self.maximumID { leave() }
        life.streamBegan(at: now, isFirst: streams.isEmpty)
        streams[stream.id] = stream
        waiting[ObjectIdentifier(attempt)] = stream
        stream.alarm = Alarm(eventLoop) { [weak self, weak stream] in
            if let self, let stream { self.alarmRang(of: stream) }
        }
        send(HPACKHeaders(head, to: origin), attempt.body, of: stream, active, context)
        stream.alarm?.set(active.exchange.clock.deadline)
        alarm?.set(deadline)
    }

    private func send(
        _ headers: HPACKHeaders, _ body: [UInt8], of stream: HTTP2Stream, _ active: ActiveStream,
        _ context: ChannelHandlerContext
    ) {
        let sent = eventLoop.makePromise(of: Void.self)
        let id = stream.id
        sent.futureResult.assumeIsolated().whenComplete { result in
            if case .success = result {
                active.isRequestSent = true
                active.exchange.requestSent(at: self.now)
            } else {
                // Why is told behind it, where the server did it.
                self.eventLoop.assumeIsolated().execute { self.requestFailed(of: id) }
            }
        }
        let hasBody = !body.isEmpty
        write(.headers(.init(headers: headers, endStream: !hasBody)), of: id, promise: hasBody ? nil : sent)
        if hasBody {
            let data = HTTP2Frame.FramePayload.Data(data: .byteBuffer(ByteBuffer(bytes: body)), endStream: true)
            write(.data(data), of: id, promise: sent)
        }
        context.flush()
    }

    /// A request could not be sent in full.
    private func requestFailed(of id: HTTP2StreamID) {
        guard let stream = streams[id] else { return }
        stream.isUnsendable = !stream.isOpen
        guard let active = stream.active, active.exchange.outcome == nil else { return }
        stream.lose(Self.unsent, at: now)
        touch(stream)
    }

    /// Nothing was sent: the connection ended, or takes no more, before its turn came.
    private func refuse(_ active: ActiveStream) {
        let isFull = !isLeaving && !isGone
        active.exchange.connectionLost(isFull ? Self.full : loss, at: now)
        if let connection {
            // Whoever gave the stream to it did not know.
            if isFull { resize(to: maximumStreams, isAgain: true) }
            callbacks.onFree(connection, nil)
        }
        guard case .result(let result) = active.end(at: now) else { return }
        // Another connection would bring the same.
        active.onEnd(loss == .wantsHTTP1 ? .result(result) : .unprocessed(result))
    }

    /// Ends an attempt's exchange at once, if it is not over.
    func cancel(_ attempt: ObjectIdentifier) {
        guard let stream = waiting[attempt], let active = stream.active else { return }
        // What waits may be the end of a whole answer.
        stream.receiveHeld(at: now)
        active.exchange.cancel(at: now)
        finish(active)
    }

    func goOn(_ active: ActiveStream, isReadHeld: Bool) {
        guard let stream = waiting[ObjectIdentifier(active.attempt)] else { return }
        stream.receiveHeld(at: now)
        advance(stream)
        giveRoom(stream)
        context?.flush()
    }

    /// Delivers the result, chunks that are left first, and lets the stream go.
    func finish(_ active: ActiveStream) {
        guard let end = active.end(at: now),
            let stream = waiting.removeValue(forKey: ObjectIdentifier(active.attempt))
        else { return }
        stream.active = nil
        stream.alarm?.cancel()
        stream.alarm = nil
        if !stream.isClosed { letGo(stream, active) }
        switch end {
        case .result(let result) where stream.isUnprocessed: active.onEnd(.unprocessed(result))
        case .result(var result) where stream.isLost:
            result.lostConnection = id
            active.onEnd(.result(result))
        default: active.onEnd(end)
        }
    }

    /// Hands chunks on, and sets the alarm for what may come.
    func advance(_ stream: HTTP2Stream) {
        guard let active = stream.active else { return }
        active.advance(on: self)
        if stream.active != nil { stream.alarm?.set(active.exchange.clock.deadline) }
    }

    private func alarmRang(of stream: HTTP2Stream) {
        guard let active = stream.active else { return }
        // It may ring early: deadlines move on with every read, the alarm does not.
        if active.exchange.clock.isExpired(at: now) { active.exchange.expire(at: now) }
        advance(stream)
    }
}
