import NIOCore
import NIOHTTP1
import SystemCalls

/// One connection: collects each request and has its reply written, one after the other.
///
/// `HTTPServerPipelineHandler` before it holds back requests while one is being answered.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// A request of which not all has arrived.
    private struct Incoming {
        var head: HTTPRequestHead
        var body: ByteBuffer
    }

    private enum State {
        case idle
        case receiving(Incoming)
        case responding(ResponseWriter)
        /// A request gets no response.
        case silent(request: Int)
    }

    /// Bytes of a request above which it is refused with 413.
    private static let maximumBodyBytes = 64 << 20

    private let responder: Responder
    private let ledger: TrafficLedger
    private let controls: Controls
    private var connection = 0
    private var state = State.idle

    init(responder: Responder, ledger: TrafficLedger, controls: Controls) {
        self.responder = responder
        self.ledger = ledger
        self.controls = controls
    }

    func channelActive(context: ChannelHandlerContext) {
        connection = ledger.connectionOpened()
        controls.listener.connectionOpened(connection, context.channel)
        if controls.listener.isDown { reset(context) }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        switch state {
        case .idle, .receiving: break
        case .responding(let writer): writer.channelClosed()
        case .silent(let request):
            ledger.streamEnded(request: request, closedByClient: true)
            ledger.responseEnded(request: request) { _ in .none(.closedByClient) }
        }
        state = .idle
        controls.listener.connectionClosed(connection)
        ledger.connectionClosed()
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if case .responding(let writer) = state { writer.writabilityChanged() }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ServerOutage { reset(context) }
        context.fireUserInboundEventTriggered(event)
    }

    /// Ends the connection and the response on it, as a machine that goes down.
    private func reset(_ context: ChannelHandlerContext) {
        if case .responding(let writer) = state {
            writer.serverWentDown()
            state = .idle
        }
        context.channel.resetsOnClose()
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (unwrapInboundIn(data), state) {
        case (.head(let head), _):
            state = .receiving(Incoming(head: head, body: ByteBuffer()))
        case (.body(var part), .receiving(var incoming)):
            // The state's copy is released, so that the body grows in place.
            state = .idle
            // Bytes above the limit are dropped; one more than the limit shows that there were more.
            let room = Self.maximumBodyBytes + 1 - incoming.body.readableBytes
            if let kept = part.readSlice(length: min(room, part.readableBytes)) {
                incoming.body.writeImmutableBuffer(kept)
            }
            state = .receiving(incoming)
        case (.end, .receiving(let incoming)):
            state = .idle
            respond(to: incoming, context: context)
        case (.body, _), (.end, _): break
        }
    }

    private func respond(to incoming: Incoming, context: ChannelHandlerContext) {
        let path = incoming.head.uri.prefix { $0 != "?" }
        let method = incoming.head.method
        switch Route(path: path) {
        case .answer(let dialect) where method == .POST:
            let bytes = Array(incoming.body.readableBytesView)
            let isTooLarge = bytes.count > Self.maximumBodyBytes
            let body = isTooLarge ? .unreadable(ProviderFailure(status: 413, fault: MockFault())) : ReceivedBody(bytes)
            let request = received(incoming.head, bytes: bytes, body: body)
            let reply = responder.reply(to: request, body: body, dialect: dialect)
            send(reply, to: request, keepsAlive: incoming.head.isKeepAlive, context: context)
        case .metrics where method == .GET && responder.hasMetrics:
            PlainPage.write(
                responder.metrics, type: CapacityMetrics.contentType, keepsAlive: incoming.head.isKeepAlive,
                context: context)
        case .control where method == .POST:
            PlainPage.write(control(incoming), keepsAlive: incoming.head.isKeepAlive, context: context)
        case .storedRun(let place) where place.takes(method):
            let request = received(incoming.head, bytes: Array(incoming.body.readableBytesView), body: nil)
            let reply = responder.reply(to: request, about: place)
            send(reply, to: request, keepsAlive: incoming.head.isKeepAlive, context: context)
        default:
            let response = PlainPage.response(
                method: method, path: path, hasMetrics: responder.hasMetrics, models: responder.models)
            PlainPage.write(response, keepsAlive: incoming.head.isKeepAlive, context: context)
        }
    }

    private func control(_ incoming: Incoming) -> (status: HTTPResponseStatus, body: JSON) {
        do throws(InvalidBehaviorOption) {
            let text = String(decoding: incoming.body.readableBytesView, as: UTF8.self)
            let settings = try ControlSettings(parsing: text)
            try settings.check(hasCapacity: controls.capacity != nil)
            controls.apply(settings, from: connection)
            return (.ok, ["status": "ok"])
        } catch {
            return (.badRequest, ["error": ["message": .string(error.description)]])
        }
    }

    private func received(_ head: HTTPRequestHead, bytes: [UInt8], body: ReceivedBody?) -> MockRequest {
        ledger.requestReceived { [connection] number in
            MockRequest(number: number, head: head, bytes: bytes, body: body, connection: connection)
        }
    }

    private func send(_ reply: Reply, to request: MockRequest, keepsAlive: Bool, context: ChannelHandlerContext) {
        switch reply {
        case .response(let response):
            let writer = ResponseWriter(
                response, to: request.number, context: context, ledger: ledger, keepsAlive: keepsAlive
            ) { [self] in state = .idle }
            state = .responding(writer)
            writer.start()
        case .silence:
            ledger.streamStarted()
            state = .silent(request: request.number)
        case .reset:
            ledger.responseEnded(request: request.number) { _ in .none(.reset) }
            context.channel.resetsOnClose()
            context.close(promise: nil)
        case .drop:
            ledger.responseEnded(request: request.number) { _ in .none(.dropped) }
            context.close(promise: nil)
        }
    }
}

extension Channel {
    /// Makes a later close a reset: SO_LINGER without time sends RST in place of FIN.
    func resetsOnClose() {
        guard let socket = self as? any SocketOptionProvider else { return }
        // On the channel's own event loop the option is set before the call returns.
        _ = socket.setSoLinger(linger(l_onoff: 1, l_linger: 0))
    }
}
