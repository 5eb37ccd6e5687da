import LLMStreaming
import NIOCore
import NIOHPACK
import NIOHTTP2

/// What a server's frames mean to a connection and its streams.
extension HTTP2Connection: ChannelInboundHandler {
    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        alarm = Alarm(eventLoop) { [weak self] in self?.alarmRang() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        connection = nil
        alarm?.cancel()
        alarm = nil
        ready?.fail(ChannelError.eof)
        ready = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReading = true
        brokenID = nil
        let frame = unwrapInboundIn(data)
        life.framesCame(at: now)
        switch frame.payload {
        case .data(let data):
            guard case .byteBuffer(let bytes) = data.data else { return }
            readBytes += bytes.readableBytes
            guard let stream = streams[frame.streamID] else { return }
            stream.receiveBody(bytes, isEnd: data.endStream, at: now)
            touch(stream)
        case .headers(let headers):
            guard let stream = streams[frame.streamID] else { return }
            if stream.receiveHead(ResponseHead(headers.headers), isEnd: headers.endStream, at: now) {
                life.answered(after: now - stream.start, isPage: stream.active?.exchange.isPage ?? true)
            }
            touch(stream)
        case .rstStream(let code): streamReset(frame.streamID, code)
        case .goAway(let last, let code, _): serverLeaves(after: last, code)
        case .settings(.settings(let settings)): settingsCame(settings)
        case .ping, .settings, .priority, .pushPromise, .windowUpdate, .alternativeService, .origin: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        standUp()
        if readBytes > 0 { gathering?.didRead(readBytes) }
        readBytes = 0
        lookAtTouched()
        alarm?.set(deadline)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case let event as NIOHTTP2WindowUpdatedEvent: windowChanged(event)
        case let event as NIOHTTP2StreamCreatedEvent: streams[event.streamID]?.isOpen = true
        case let event as StreamClosedEvent:
            if isReset(event) {
                brokenID = event.streamID
                streams[event.streamID]?.isBroken = true
            }
            streamClosed(event.streamID)
        default: break
        }
        // Nobody is behind this handler.
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let ready {
            self.ready = nil
            let isHTTP2 = error is any NIOHTTP2Error
            ready.fail(
                isHTTP2
                    ? LLMError(.decode, "\(origin.endpointName) does not answer in HTTP/2: try HTTP/1.1")
                    : ConnectionFailure.reason(of: error, in: context, hasCertificate: callbacks.hasCertificate))
            context.close(promise: nil)
        } else if let id = (error as? NIOHTTP2Errors.StreamError)?.streamID ?? brokenID {
            brokenID = nil
            guard let stream = streams[id] ?? touched.first(where: { $0.id == id }) else { return }
            // What NIO finds wrong with our own frames it wraps.
            let isOurs = error is NIOHTTP2Errors.StreamError && stream.active?.isRequestSent == false
            stream.lose(
                isOurs ? Self.unsent : .malformedStream(HTTP2Words.reason(of: error)), at: now)
            touch(stream)
        } else if HTTP2Words.isOfStream(error) {
            // Which one is told once the channel takes NIO's reset of it.
        } else {
            let known = ConnectionLoss(error, hasCertificate: callbacks.hasCertificate)
            if let known {
                loss = known
            } else if error is any NIOHTTP2Error, case .closed = loss {
                // Most of the streams have done nothing against the rules: they are cut.
                loss = .broken(HTTP2Words.reason(of: error))
            }
            leave()
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        isGone = true
        leave()
        for stream in Array(streams.values) {
            stream.isClosed = true
            stream.isLost = stream.active?.exchange.outcome == nil
            stream.lose(loss, at: now)
            touch(stream)
        }
        streams = [:]
        lookAtTouched()
        context.fireChannelInactive()
    }

    // MARK: Frames

    /// Whether NIO has reset a stream, for what the server sent on it; the error comes right behind, without the stream.
    private func isReset(_ event: StreamClosedEvent) -> Bool {
        // With CANCEL we reset streams, and GOAWAY ends them.
        guard let reason = event.reason, reason != .cancel else { return false }
        return event.streamID != lastResetID
    }

    private func settingsCame(_ settings: HTTP2Settings) {
        if let limit = settings.last(where: { $0.parameter == .maxConcurrentStreams })?.value {
            maximumStreams = min(limit, Self.maximumStreams)
        }
        hasSettings = true
        guard !isLeaving else { return }
        resize(to: maximumStreams)
        closeIfDone()
    }

    /// Tells that the connection stands, once all of the read in which it does is there.
    private func standUp() {
        // A server that takes none yet is waited for, as one that does not answer.
        guard let context, let ready, hasSettings, maximumStreams > 0 else { return }
        let connection = Connection(
            id: id, origin: origin, channel: context.channel,
            handler: NIOLoopBound(self as any ExchangeCarrier, eventLoop: eventLoop), streams: maximumStreams)
        self.connection = connection
        self.ready = nil
        life = HTTP2Life(at: now)
        write(.windowUpdate(windowSizeIncrement: Self.window - HTTP2Stream.window), of: .rootStream)
        context.flush()
        ready.succeed(connection)
    }

    private func streamReset(_ id: HTTP2StreamID, _ code: HTTP2ErrorCode) {
        lastResetID = id
        guard let stream = streams[id] else { return }
        if let active = stream.active, !active.isBodyEnded {
            // Only before a response the server can not have looked at the request (RFC 9113, section 8.7).
            stream.isUnprocessed = code == .refusedStream && !stream.hasHead
            // The connection is there: the next attempt would meet the same.
            active.exchange.isConnectionReused = false
            stream.lose(HTTP2Words.loss(ofStream: code), at: now)
        }
        touch(stream)
    }

    private func serverLeaves(after last: HTTP2StreamID, _ code: HTTP2ErrorCode) {
        standUp()
        leave()
        if code != .noError { loss = HTTP2Words.loss(ofConnection: code) }
        if let ready {
            self.ready = nil
            ready.fail(LLMError.unanswered(loss, by: origin))
        }
        for stream in Array(streams.values) where (stream.id > last || !stream.isOpen) && !stream.isUnprocessed {
            // To ask again in HTTP/2 would be in vain.
            stream.isUnprocessed = !stream.hasHead && loss != .wantsHTTP1
            stream.lose(loss, at: now)
            touch(stream)
            // A request that NIO keeps back would break the rules now, and the connection with them.
            if !stream.isOpen {
                write(.rstStream(.cancel), of: stream.id)
                stream.isUnsendable = true
            }
        }
        closeIfDone()
    }

    private func windowChanged(_ event: NIOHTTP2WindowUpdatedEvent) {
        guard let size = event.inboundWindowSize else { return }
        if event.streamID == .rootStream {
            // What a paused stream leaves unread has a window of its own: this one stops nobody.
            if size < Self.window / 2, connection != nil {
                write(.windowUpdate(windowSizeIncrement: Self.window - size), of: .rootStream)
            }
        } else if let stream = streams[event.streamID] {
            stream.windowChanged(to: size)
            giveRoom(stream)
        }
    }
}

extension ResponseHead {
    /// What the fields of an HTTP/2 response say.
    init(_ headers: HPACKHeaders) {
        self.init(
            status: headers.first(name: ":status").flatMap { Int($0) } ?? 0,
            headers: headers.lazy.filter { !$0.name.hasPrefix(":") }.map { HeaderField($0.name, $0.value) })
    }
}
