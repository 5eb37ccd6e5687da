import NIOCore
import NIOHTTP1

/// One connection of HTTP/1.1 or one stream of HTTP/2: collects each request and has its reply written.
///
/// A connection's requests come one after the other: `HTTPServerPipelineHandler` before it holds them back while one is
/// being answered. A stream has one request.
final class RequestHandler: ChannelInboundHandler {
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
    private let connection: ConnectionHandler
    private let transport: Transport
    private var state = State.idle

    init(
        responder: Responder, ledger: TrafficLedger, controls: Controls, connection: ConnectionHandler,
        transport: Transport
    ) {
        self.responder = responder
        self.ledger = ledger
        self.controls = controls
        self.connection = connection
        self.transport = transport
    }

    func channelInactive(context: ChannelHandlerContext) {
        switch state {
        case .idle, .receiving: break
        case .responding(let writer): writer.interrupt(connection.interruption)
        case .silent(let request):
            ledger.streamEnded(request: request, closedByClient: connection.interruption == .closedByClient)
            ledger.responseEnded(request: request) { [connection] _ in .none(connection.interruption) }
        }
        state = .idle
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if case .responding(let writer) = state { writer.writabilityChanged() }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (unwrapInboundIn(data), state) {
        case (.head(let head), _):
            state = .receiving(Incoming(head: transport.sent(head), body: ByteBuffer()))
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
            send(reply, to: request, keepsAlive: transport.keepsAlive(incoming.head), context: context)
        case .metrics where method == .GET && responder.hasMetrics:
            PlainPage.write(
                responder.metrics, type: CapacityMetrics.contentType,
                keepsAlive: transport.keepsAlive(incoming.head), context: context)
        case .control where method == .POST:
            PlainPage.write(control(incoming), keepsAlive: transport.keepsAlive(incoming.head), context: context)
        case .storedRun(let place) where place.takes(method):
            let request = received(incoming.head, bytes: Array(incoming.body.readableBytesView), body: nil)
            let reply = responder.reply(to: request, about: place)
            send(reply, to: request, keepsAlive: transport.keepsAlive(incoming.head), context: context)
        default:
            let response = PlainPage.response(
                method: method, path: path, hasMetrics: responder.hasMetrics, models: responder.models)
            PlainPage.write(response, keepsAlive: transport.keepsAlive(incoming.head), context: context)
        }
    }

    private func control(_ incoming: Incoming) -> (status: HTTPResponseStatus, body: JSON) {
        do throws(InvalidBehaviorOption) {
            let text = String(decoding: incoming.body.readableBytesView, as: UTF8.self)
            let settings = try ControlSettings(parsing: text)
            try settings.check(hasCapacity: controls.capacity != nil)
            controls.apply(settings, from: connection.number)
            return (.ok, ["status": "ok"])
        } catch {
            return (.badRequest, ["error": ["message": .string(error.description)]])
        }
    }

    private func received(_ head: HTTPRequestHead, bytes: [UInt8], body: ReceivedBody?) -> MockRequest {
        ledger.requestReceived { [connection] number in
            MockRequest(number: number, head: head, bytes: bytes, body: body, connection: connection.number)
        }
    }

    private func send(_ reply: Reply, to request: MockRequest, keepsAlive: Bool, context: ChannelHandlerContext) {
        switch reply {
        case .response(let response):
            let writer = ResponseWriter(
                response, to: request.number, context: context, ledger: ledger, transport: transport,
                keepsAlive: keepsAlive
            ) { [self] in state = .idle }
            state = .responding(writer)
            writer.start()
        case .silence:
            ledger.streamStarted()
            state = .silent(request: request.number)
        case .reset:
            ledger.responseEnded(request: request.number) { _ in .none(.reset) }
            transport.reset(context)
        case .drop:
            ledger.responseEnded(request: request.number) { _ in .none(.dropped) }
            context.close(promise: nil)
        }
    }
}
