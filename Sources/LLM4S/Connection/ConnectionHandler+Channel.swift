import LLMStreaming
import NIOCore
import NIOHTTP1

/// What the channel tells its handler: what was read, and that it is lost.
extension ConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        alarm = Alarm(context.eventLoop) { self.alarmRang() }
        perform(.wait)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        connection = nil
        alarm?.cancel()
        alarm = nil
    }

    func read(context: ChannelHandlerContext) {
        if case .streaming(let stream) = state.phase, case .waitingForRoom = stream.flow {
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
        guard case .streaming(let stream) = state.phase else {
            // A response that nobody asked for.
            if case .ready = state.phase { perform(state.close()) }
            return
        }
        endWait()
        stream.isKeptAlive = head.isKeepAlive
        stream.exchange.receiveHead(
            ResponseHead(
                status: Int(head.status.code), headers: head.headers.map { HeaderField($0.name, $0.value) }),
            at: now)
        if stream.exchange.outcome == nil { stream.attempt.responseBegan() }
    }

    /// Takes a piece of the body of the response whose head came last.
    func receiveBody(_ bytes: Span<UInt8>) {
        if case .streaming(let stream) = state.phase {
            stream.exchange.receiveBody(bytes, at: now)
        } else {
            perform(state.drain(bytes.count))
        }
    }

    /// Takes the end of that body.
    func receiveBodyEnd() { perform(state.endBody(at: now)) }

    /// All that one read brought has been given.
    func readCompleted() {
        if case .streaming(let stream) = state.phase { perform(.advance(stream)) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch state.phase {
        case .streaming(let stream):
            if case HTTPParserError.invalidEOFState = error {
                stream.exchange.connectionLostInHead(at: context.eventLoop.now)
            } else {
                note(error)
            }
            context.close(promise: nil)
        case .ready, .draining, .lost, .closed:
            // Who is about to begin learns why it cannot.
            note(error)
            perform(state.close())
        }
    }

    private func note(_ error: any Error) {
        if let loss = ConnectionLoss(error, hasCertificate: callbacks.hasCertificate) { state.loss = loss }
    }

    func channelInactive(context: ChannelHandlerContext) {
        perform(state.disconnect(at: context.eventLoop.now))
        context.fireChannelInactive()
    }
}

/// Calls when a deadline may have come, with one scheduled task however often the deadline moves on.
///
/// Setting a later deadline changes nothing: the call comes too early then, and its receiver sets the alarm again.
/// A stream's deadline moves with every read, so a task for each would cost more than the read. Bound to a loop.
final class Alarm {
    private let loop: any EventLoop
    private let onRing: () -> Void
    private var armed: (task: Scheduled<Void>, deadline: NIODeadline)?

    init(_ loop: any EventLoop, onRing: @escaping () -> Void) {
        self.loop = loop
        self.onRing = onRing
    }

    /// Sees to it that the call comes no later than the deadline, and after it at least once.
    func set(_ deadline: NIODeadline?) {
        guard let deadline else { return }
        if let armed, armed.deadline <= deadline { return }
        cancel()
        let task = loop.assumeIsolated().scheduleTask(deadline: deadline) {
            self.armed = nil
            self.onRing()
        }
        armed = (task, deadline)
    }

    /// Calls no more.
    func cancel() {
        armed?.task.cancel()
        armed = nil
    }
}
