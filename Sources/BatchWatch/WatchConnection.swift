import NIOCore
import NIOHTTP1

/// One connection to the page's server: collects each request, has it answered, and writes the answer.
///
/// `HTTPServerPipelineHandler` before it holds back requests while one is being answered.
final class WatchConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case waiting
        case receiving(HTTPRequestHead, body: [UInt8])
        /// The answer is made, or written.
        case answering(Task<Void, Never>?)
        /// What still comes is dropped.
        case closing
    }

    /// How long what a refused request still sends is taken, so that the refusal is not lost with it.
    private static let lingering = Duration.seconds(2)
    /// The bytes of a body that are written at once.
    private static let pieceBytes = 256 << 10

    private let limits: WatchServer.Limits
    private let count: ConnectionCount
    private let loop: ServingLoop
    private let handle: WatchServer.Handler
    private var state = State.waiting
    /// The client sends no more: it has closed its side, and may still read.
    private var isInputClosed = false
    private let deadline = ConnectionDeadline()
    private var feed: EventFeed?

    init(
        limits: WatchServer.Limits, count: ConnectionCount, loop: ServingLoop, handle: @escaping WatchServer.Handler
    ) {
        self.limits = limits
        self.count = count
        self.loop = loop
        self.handle = handle
    }

    func channelActive(context: ChannelHandlerContext) {
        if count.add() { end(in: limits.requestTime, context) } else { context.close(promise: nil) }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        count.remove()
        deadline.clear()
        if case .answering(let task) = state { task?.cancel() }
        state = .closing
        closeFeed()
        context.fireChannelInactive()
    }

    /// A client that sends no more gets the answer that it waits for; a reader of events is gone.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.inputClosed) = event as? ChannelEvent {
            isInputClosed = true
            switch state {
            case .answering where feed == nil, .closing: break
            case .waiting, .receiving, .answering: context.close(promise: nil)
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A connection that broke is not answered; the handler before this one takes no response without a request.
        guard let error = error as? HTTPParserError else { return context.close(promise: nil) }
        switch state {
        case .waiting, .receiving:
            let fault =
                error == .headerOverflow
                ? WatchAnswer.fault(431, "the request's head is larger than \(limits.headerBytes) bytes")
                : .fault(400, "this is no request of HTTP/1.1")
            write(fault, isKept: false, hasBody: hasBody, context)
        case .answering, .closing: context.close(promise: nil)
        }
    }

    // MARK: The request

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (unwrapInboundIn(data), state) {
        case (.head(let head), .waiting):
            state = .receiving(head, body: [])
            guard head.toldBodyBytes <= limits.bodyBytes else { return refuseBody(context) }
            if head.waitsToGoOn {
                context.writeAndFlush(wrapOutboundOut(.head(.init(version: .http1_1, status: .continue))), promise: nil)
            }
        case (.body(let part), .receiving(let head, var body)):
            guard body.count + part.readableBytes <= limits.bodyBytes else { return refuseBody(context) }
            // Not two of them at once, of which one would be a copy.
            state = .waiting
            body.append(contentsOf: part.readableBytesView)
            state = .receiving(head, body: body)
        case (.end, .receiving(let head, let body)): answer(head, body, context)
        case (.head, _), (.body, _), (.end, _): break
        }
    }

    /// Whether an answer to what is being received has a body.
    private var hasBody: Bool { if case .receiving(let head, _) = state { head.hasAnswerBody } else { true } }

    private func refuseBody(_ context: ChannelHandlerContext) {
        write(
            .fault(413, "the body is larger than \(limits.bodyBytes) bytes"), isKept: false, hasBody: hasBody, context)
    }

    private func answer(_ head: HTTPRequestHead, _ body: [UInt8], _ context: ChannelHandlerContext) {
        deadline.clear()
        let hasBody = head.hasAnswerBody
        let request = WatchRequest(
            method: hasBody ? head.method.rawValue : "GET", target: head.uri,
            headers: head.headers.map { (name: $0.name, value: $0.value) }, body: body)
        guard let request else {
            return write(.fault(400, "the path cannot be read"), isKept: false, hasBody: hasBody, context)
        }
        let isKept = head.mayBeFollowed
        let own = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        state = .answering(
            Task { [handle, loop, eventLoop = context.eventLoop] in
                let answer = await handle(request)
                loop.execute(on: eventLoop) {
                    let (connection, context) = own.value
                    connection.write(answer, isKept: isKept, hasBody: hasBody, context)
                }
            })
    }

    // MARK: The answer

    private func write(_ answer: WatchAnswer, isKept: Bool, hasBody: Bool, _ context: ChannelHandlerContext) {
        if case .events(let feed) = answer.body { self.feed = feed }
        // The reader may have gone while the answer was made.
        guard context.channel.isActive else { return closeFeed() }
        if feed != nil, isInputClosed { return context.close(promise: nil) }
        let isKept = isKept && answer.status < 400 && feed == nil && !isInputClosed
        var head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: answer.status))
        for (name, value) in answer.headers { head.headers.add(name: name, value: value) }
        head.headers.add(name: "connection", value: isKept ? "keep-alive" : "close")
        state = .answering(nil)
        end(in: limits.writeTime, context)
        switch answer.body {
        case .bytes(let bytes):
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            write(hasBody ? bytes[...] : [], isKept: isKept, context)
        case .events where hasBody:
            context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
            pull(context)
        case .events:
            // The end of a stream would be written as that of a body, which an answer to HEAD has not.
            closeFeed()
            state = .closing
            context.writeAndFlush(wrapOutboundOut(.head(head)), promise: closing(isKept: false, context))
        }
    }

    /// Writes a body in pieces, each in its own time: over a slow line a large one takes long.
    private func write(_ rest: ArraySlice<UInt8>, isKept: Bool, _ context: ChannelHandlerContext) {
        guard context.channel.isActive, case .answering = state else { return }
        let piece = rest.prefix(Self.pieceBytes)
        if piece.count < rest.count {
            end(in: limits.writeTime, context)
            let written = context.eventLoop.makePromise(of: Void.self)
            written.futureResult.assumeIsolated().whenSuccess { [self] in
                write(rest.dropFirst(Self.pieceBytes), isKept: isKept, context)
            }
            context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: piece)))), promise: written)
        } else {
            if !piece.isEmpty {
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: piece)))), promise: nil)
            }
            finish(isKept: isKept, context)
        }
    }

    /// Writes the next events, once those before are with the reader.
    private func pull(_ context: ChannelHandlerContext) {
        guard let feed else { return }
        deadline.clear()
        let own = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        state = .answering(
            Task { [loop, eventLoop = context.eventLoop] in
                let bytes = await feed.next()
                loop.execute(on: eventLoop) {
                    let (connection, context) = own.value
                    connection.push(bytes, context)
                }
            })
    }

    private func push(_ bytes: [UInt8]?, _ context: ChannelHandlerContext) {
        guard context.channel.isActive, case .answering = state else { return }
        guard let bytes else { return finish(isKept: false, context) }
        end(in: limits.writeTime, context)
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenSuccess { [self] in pull(context) }
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: bytes)))), promise: written)
    }

    private func finish(isKept: Bool, _ context: ChannelHandlerContext) {
        closeFeed()
        let written = closing(isKept: isKept, context)
        // The next request may come during this write.
        state = isKept ? .waiting : .closing
        end(in: limits.writeTime, context)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
    }

    /// For the last write of an answer: behind it the connection is closed, or goes on.
    private func closing(isKept: Bool, _ context: ChannelHandlerContext) -> EventLoopPromise<Void> {
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenSuccess { [self] in didWrite(isKept: isKept, context) }
        return written
    }

    private func didWrite(isKept: Bool, _ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        guard isKept, !isInputClosed else {
            context.close(mode: .output, promise: nil)
            return end(in: Self.lingering, context)
        }
        switch state {
        // The time of the next request begins once the reader has what was written.
        case .waiting, .receiving: end(in: limits.requestTime, context)
        case .answering, .closing: break
        }
    }

    private func closeFeed() {
        feed?.close()
        feed = nil
    }

    /// Closes the connection unless something else is set in that time.
    private func end(in time: Duration, _ context: ChannelHandlerContext) {
        deadline.set(in: time, on: context.eventLoop) { [self] in
            if case .receiving = state {
                write(.fault(408, "the request has not come in time"), isKept: false, hasBody: hasBody, context)
            } else {
                context.close(promise: nil)
            }
        }
    }
}
