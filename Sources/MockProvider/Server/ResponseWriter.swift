import NIOCore
import NIOHTTP1

/// Writes one response to its channel, at its pace and no faster than the socket takes it.
///
/// It runs on the channel's event loop. At most one slice of 16 KiB is rendered ahead of the socket: while the channel is
/// not writable, nothing more is rendered.
final class ResponseWriter {
    private enum State {
        /// Writing, or about to in a later turn of the event loop.
        case writing
        /// Waiting for a time, or until then for the next part of the body.
        case waiting(Scheduled<Void>, for: Wait)
        /// Sending nothing more on an open connection.
        case quiet
        /// Waiting for the socket.
        case blocked
        case over
    }

    /// What is waited for: a time, or the body's next part, which may come sooner than it seems.
    private enum Wait { case time, source }

    /// Bytes after which other channels get their turn.
    private static let turnBytes = 65_536

    private let context: ChannelHandlerContext
    private let ledger: TrafficLedger
    private let request: Int
    private let transport: Transport
    private let keepsAlive: Bool
    private let didEnd: () -> Void
    private let response: Response
    private var source: BodySource
    private var lastDue: NIODeadline?
    private var state = State.writing
    /// How many waits there were: the number of the one that goes on.
    private var waits = 0
    /// Whether the response is complete, so that a client may close.
    private var isWhole = false

    /// A writer of the response to the request of this number; `keepsAlive` says whether the client takes further ones on
    /// this connection, and `didEnd` is called when the next request may be answered.
    init(
        _ response: Response, to request: Int, context: ChannelHandlerContext, ledger: TrafficLedger,
        transport: Transport, keepsAlive: Bool, didEnd: @escaping () -> Void
    ) {
        self.response = response
        source = BodySource(response)
        self.request = request
        self.context = context
        self.ledger = ledger
        self.transport = transport
        self.keepsAlive = keepsAlive && !(response.closesConnection && transport == .connection)
        self.didEnd = didEnd
    }

    func start() {
        ledger.streamStarted()
        var head = HTTPResponseHead(version: .http1_1, status: response.status, headers: response.headers)
        if !keepsAlive { head.headers.add(name: "connection", value: "close") }
        send(.head(head))
        if case .replay(let reader) = response.body { reader.run.addReader(request, end: wake) }
        response.generated?.ticket.watch(wake)
        write()
    }

    /// Goes on at once, called on any thread.
    private var wake: @Sendable () -> Void {
        let writer = NIOLoopBound(self, eventLoop: context.eventLoop)
        return { [eventLoop = context.eventLoop] in eventLoop.execute { writer.value.sourceChanged() } }
    }

    /// Goes on at once, since the next part came sooner or will not come.
    private func sourceChanged() {
        switch state {
        case .waiting(let task, for: .source): task.cancel()
        case .quiet: break
        case .writing, .waiting(_, for: .time), .blocked, .over: return
        }
        write()
    }

    /// Goes on when the socket takes bytes again.
    func writabilityChanged() {
        guard case .blocked = state, context.channel.isWritable else { return }
        ledger.streamUnblocked()
        state = .writing
        // Not at once: what one stream of a connection writes can change what the others may.
        writeInNextTurn()
    }

    /// Ends with its channel, from any state.
    func interrupt(_ ending: ResponseRecord.Ending) {
        switch state {
        case .over: return
        case .writing, .quiet: break
        case .waiting(let task, for: _): task.cancel()
        case .blocked: ledger.streamUnblocked()
        }
        finish(ending)
    }

    private func write() {
        state = .writing
        var turn = 0
        // A write that fails closes the channel at once, which ends this writer.
        while case .writing = state {
            guard context.channel.isWritable else {
                state = .blocked
                ledger.streamBlocked()
                return
            }
            guard turn < Self.turnBytes else {
                writeInNextTurn()
                return
            }
            guard !ledger.isHeld else {
                context.flush()
                if case .writing = state { schedule(at: .now() + .milliseconds(5), for: .time) { [self] in write() } }
                return
            }
            var slice = context.channel.allocator.buffer(capacity: source.capacity)
            let pause = source.fill(&slice)
            turn += slice.readableBytes
            if slice.readableBytes > 0 {
                ledger.bodyWritten(slice, request: request)
                send(.body(.byteBuffer(slice)))
            }
            switch pause {
            case .isFull: context.flush()
            case .isDue(let delay):
                context.flush()
                if case .writing = state { wait(for: delay) }
                return
            case .exists(let time):
                context.flush()
                if case .writing = state { wait(until: time, for: .source) }
                return
            case .ended(let ending):
                end(ending)
                return
            }
        }
    }

    private func writeInNextTurn() {
        context.eventLoop.assumeIsolated().execute { [self] in
            if case .writing = state { write() }
        }
    }

    /// Waits from the end of the last wait, so that a pace does not drift.
    private func wait(for delay: Duration) {
        let now = NIODeadline.now()
        let due = max(now, (lastDue ?? now) + TimeAmount(delay))
        lastDue = due
        wait(until: due, for: .time)
    }

    /// Goes on at a time, and sends the heartbeat until then.
    private func wait(until due: NIODeadline, for wait: Wait) {
        if let beat = response.heartbeat.map({ .now() + TimeAmount($0.interval) }), beat < due {
            schedule(at: beat, for: wait) { [self] in
                sendHeartbeat()
                if case .waiting = state { self.wait(until: due, for: wait) }
            }
            return
        }
        schedule(at: due, for: wait) { [self] in
            if wait == .time { source.waited() }
            write()
        }
    }

    private func schedule(at due: NIODeadline, for wait: Wait, _ task: @escaping () -> Void) {
        waits += 1
        let task = context.eventLoop.assumeIsolated().scheduleTask(deadline: due) { [self, waits] in
            // A task that was cancelled in the turn in which it is due runs all the same.
            if case .waiting = state, waits == self.waits { task() }
        }
        state = .waiting(task, for: wait)
    }

    private func end(_ ending: BodyEnding) {
        switch ending {
        case .complete:
            finish(.complete)
            // The next request's writer may start during this write, when this one is over.
            didEnd()
            if keepsAlive {
                send(.end(nil))
                context.flush()
            } else {
                flushThenClose(with: .end(nil))
            }
        case .cut:
            finish(.cut)
            flushThenClose(with: .body(.byteBuffer(ByteBuffer())))
        case .reset:
            finish(.reset)
            flushThenClose(with: .body(.byteBuffer(ByteBuffer())), resetting: true)
        case .leftOpen, .silent:
            isWhole = ending == .leftOpen
            context.flush()
            if case .writing = state { stayOpen() }
        }
    }

    private func finish(_ ending: ResponseRecord.Ending) {
        state = .over
        if case .replay(let reader) = response.body { reader.run.removeReader(request) }
        response.generated?.ticket.leave()
        ledger.streamEnded(request: request, closedByClient: ending == .closedByClient && !isWhole)
        ledger.responseEnded(request: request) { bytes in
            let chunks = source.chunks(of: response.account, ending: ending)
            return response.account.record(
                status: Int(response.status.code), ending: ending, body: bytes, chunksSent: chunks.sent,
                chunksGenerated: chunks.generated)
        }
    }

    /// Sends nothing more, except the heartbeat.
    private func stayOpen() {
        if response.heartbeat == nil { state = .quiet } else { wait(until: .distantFuture, for: .time) }
    }

    private func sendHeartbeat() {
        guard let heartbeat = response.heartbeat, context.channel.isWritable else { return }
        let event = ByteBuffer(string: heartbeat.event)
        source.heartbeatSent(event.readableBytes)
        ledger.bodyWritten(event, request: request)
        send(.body(.byteBuffer(event)))
        context.flush()
    }

    private func send(_ part: HTTPServerResponsePart, promise: EventLoopPromise<Void>? = nil) {
        context.write(NIOAny(part), promise: promise)
    }

    /// Closes once the kernel has all that was written before: a close alone would drop the bytes that still wait.
    private func flushThenClose(with part: HTTPServerResponsePart, resetting: Bool = false) {
        let flushed = context.eventLoop.makePromise(of: Void.self)
        flushed.futureResult.assumeIsolated().whenComplete { [context, transport] _ in
            if resetting { transport.reset(context) } else { context.close(promise: nil) }
        }
        send(part, promise: flushed)
        context.flush()
    }
}
