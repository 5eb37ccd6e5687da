import NIOCore
import NIOHTTP2

/// How streams leave a connection, and how it ends.
extension HTTP2Connection {
    /// What a server may send ahead on all streams together: what each may is bounded by its own window.
    static let window = 8 << 20
    /// How long the rest of a body is read away.
    private static let drainTime = TimeAmount.seconds(1)

    /// NIO's part of a connection, with bounds for what a server may make of it.
    static func codec() -> NIOHTTP2Handler {
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.initialSettings = [
            HTTP2Setting(parameter: .enablePush, value: 0),
            HTTP2Setting(parameter: .initialWindowSize, value: HTTP2Stream.window),
            HTTP2Setting(parameter: .maxHeaderListSize, value: 64 << 10),
        ]
        // NIO counts those of all streams together, and others between them do not end a row. They move no clock of a
        // stream, so that each ends all the same.
        connection.maximumSequentialEmptyDataFrames = .max
        // A stream that we reset gets frames for as long as they are on their way; a wave of them must be known.
        connection.maximumRecentlyResetStreams = 2 * maximumStreams
        // Each is answered; some servers ask once a round trip.
        connection.controlFrameRateLimit.maximumCount = 3 * maximumStreams
        var streams = NIOHTTP2Handler.StreamConfiguration()
        // Each is of a request of ours: a busy server may refuse a wave of them, and one that breaks its streams answers
        // on others. Without a window none is too many.
        connection.maximumConnectionGlitches = .max
        streams.streamResetFrameRateLimit.windowLength = .zero
        streams.streamErrorRateLimit.windowLength = .zero
        return NIOHTTP2Handler(
            mode: .client, connectionConfiguration: connection, streamConfiguration: streams)
    }

    func write(_ payload: HTTP2Frame.FramePayload, of id: HTTP2StreamID, promise: EventLoopPromise<Void>? = nil) {
        guard let context else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        context.write(wrapOutboundOut(HTTP2Frame(streamID: id, payload: payload)), promise: promise)
    }

    /// Lets the server send more on a stream that is read.
    func giveRoom(_ stream: HTTP2Stream) {
        guard let increment = stream.windowIncrement else { return }
        write(.windowUpdate(windowSizeIncrement: increment), of: stream.id)
    }

    // MARK: Streams

    /// Has a stream looked at, once all of a read is there.
    func touch(_ stream: HTTP2Stream) {
        guard !stream.isTouched else { return }
        stream.isTouched = true
        touched.append(stream)
        guard !isReading, touched.count == 1 else { return }
        eventLoop.assumeIsolated().execute { self.lookAtTouched() }
    }

    func lookAtTouched() {
        let streams = touched
        touched = []
        for stream in streams {
            stream.isTouched = false
            if let active = stream.active, stream.isClosed, !active.isBodyEnded {
                stream.lose(stream.isBroken ? .malformedStream(HTTP2Words.rules) : loss, at: now)
            }
            // Its request may never have been written.
            if stream.isUnprocessed { streamClosed(stream.id) }
            if stream.isDrained, !stream.isClosed { reset(stream) }
            advance(stream)
        }
        closeIfDone()
    }

    /// The result of a stream is out: the rest of its body is read away, for a while, or refused.
    func letGo(_ stream: HTTP2Stream, _ active: ActiveStream) {
        guard active.isRequestSent, !active.isBodyEnded, active.exchange.outcome?.leavesConnectionInOrder == true else {
            return reset(stream)
        }
        eventLoop.assumeIsolated().scheduleTask(in: Self.drainTime) {
            if !stream.isClosed { self.reset(stream) }
        }
    }

    private func reset(_ stream: HTTP2Stream) {
        // One that the server has not heard of must not be reset (RFC 9113, section 6.4), and NIO does not tell its end.
        if !stream.isUnsendable { write(.rstStream(.cancel), of: stream.id) }
        context?.flush()
        streamClosed(stream.id)
    }

    /// The connection knows a stream no more: its place is free.
    func streamClosed(_ id: HTTP2StreamID) {
        guard let stream = streams.removeValue(forKey: id) else { return }
        stream.isClosed = true
        if stream.active != nil { touch(stream) }
        life.streamEnded(at: now, isLast: streams.isEmpty)
        alarm?.set(deadline)
        if let connection { callbacks.onFree(connection, life.takeResponseSeconds()) }
        if isLeaving || maximumStreams == 0 { eventLoop.assumeIsolated().execute { self.closeIfDone() } }
    }

    // MARK: The connection

    /// Tells how many streams the connection takes, where that is new.
    ///
    /// - Parameter isAgain: whether it is told in any case.
    func resize(to count: Int, isAgain: Bool = false) {
        guard let connection, isAgain || connection.streams != count else { return }
        connection.streams = count
        callbacks.resize(connection, count)
    }

    /// No new streams; those that are there go on.
    func leave() {
        guard !isLeaving else { return }
        isLeaving = true
        resize(to: 0)
    }

    /// Closes a connection that takes no new streams once the last has ended.
    ///
    /// Of a server that allows none any more, too: another one would be made beside it.
    func closeIfDone() {
        let isUseless = maximumStreams == 0 && connection != nil && !isLeaving
        guard streams.isEmpty, touched.isEmpty, isLeaving || isUseless else { return }
        if isUseless { loss = Self.full }
        leave()
        context?.close(promise: nil)
    }

    var deadline: NIODeadline? {
        connection == nil ? nil : life.deadline(isIdle: streams.isEmpty, idleLifetime: callbacks.idleLifetime)
    }

    func alarmRang() {
        // It may ring early: deadlines move on with every read, the alarm does not.
        guard let deadline, deadline <= now else {
            alarm?.set(deadline)
            return
        }
        switch life.expire(at: now, isIdle: streams.isEmpty) {
        case .retire:
            // Who has just got the connection is about to begin.
            guard callbacks.retire(id, origin) else {
                life.streamEnded(at: now, isLast: true)
                break
            }
            isLeaving = true
            context?.close(promise: nil)
            return
        case .ask:
            write(.ping(HTTP2PingData(withInteger: 0), ack: false), of: .rootStream)
            context?.flush()
        case .close:
            loss = .broken(VanishedPeer.reason)
            context?.close(promise: nil)
            return
        }
        alarm?.set(self.deadline)
    }
}
