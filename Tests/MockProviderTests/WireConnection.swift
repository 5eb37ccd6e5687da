import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOPosix
import NIOSSL

/// What a client sees of a response, in order.
enum WireEvent: Sendable {
    case head(HTTPResponseHead)
    case body([UInt8])
    case end
    /// The connection is gone; `wasReset` distinguishes RST from FIN, of a stream INTERNAL_ERROR from CANCEL.
    case closed(wasReset: Bool)
}

/// One client connection of the tests' own, or a stream of one: it sends requests and shows what comes back, down to how
/// it ends.
final class WireConnection: Sendable {
    private let channel: any Channel
    private let events: AsyncStream<WireEvent>

    /// A connection or stream whose `events` an `EventCollector` gives.
    init(channel: any Channel, events: AsyncStream<WireEvent>) {
        self.channel = channel
        self.events = events
    }

    /// Connects to a server on loopback.
    ///
    /// - Parameters:
    ///   - isReading: False leaves all bytes in the kernel's buffers, which are made small.
    ///   - tls: What it trusts and offers; nil is plain HTTP.
    static func open(port: Int, isReading: Bool = true, tls: NIOSSLContext? = nil) async throws -> WireConnection {
        let (events, continuation) = AsyncStream.makeStream(of: WireEvent.self)
        var bootstrap = ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            // A busy machine connects a thousand at once when it can.
            .connectTimeout(.minutes(5))
            .channelOption(.autoRead, value: isReading)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        let handler = try NIOSSLClientHandler(context: tls, serverHostname: nil)
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(EventCollector(continuation))
                }
            }
        if !isReading { bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: 4_096) }
        let channel = try await bootstrap.connect(host: "127.0.0.1", port: port).get()
        return WireConnection(channel: channel, events: events)
    }

    /// Sends a whole POST.
    func post(_ path: String, body: String, headers: [(String, String)] = []) async throws {
        try await send(.POST, path, body: body, headers: headers)
    }

    /// Sends a whole GET.
    func get(_ path: String) async throws {
        try await send(.GET, path, body: "", headers: [])
    }

    /// Sends a whole DELETE.
    func delete(_ path: String) async throws {
        try await send(.DELETE, path, body: "", headers: [])
    }

    private func send(
        _ method: HTTPMethod, _ path: String, body: String, headers: [(String, String)]
    ) async throws {
        var head = HTTPRequestHead(version: .http1_1, method: method, uri: path)
        head.headers = HTTPHeaders([("host", "mock"), ("content-length", String(body.utf8.count))] + headers)
        channel.write(HTTPClientRequestPart.head(head), promise: nil)
        channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(string: body))), promise: nil)
        try await channel.writeAndFlush(HTTPClientRequestPart.end(nil))
    }

    /// Reads until the response or the connection ends, or until the body holds `stop`.
    func response(until stop: String? = nil) async -> WireResponse {
        var response = WireResponse()
        // Several iterations share the stream: each takes up where the last one stopped.
        for await event in events {
            switch event {
            case .head(let head): response.head = head
            case .body(let bytes):
                response.body += bytes
                response.bodyParts += 1
            case .end:
                response.ending = .complete
                return response
            case .closed(let wasReset):
                response.ending = wasReset ? .reset : .closed
                return response
            }
            if let stop, response.text.contains(stop) { return response }
        }
        return response
    }

    /// Begins to read what a connection opened with `isReading: false` has waiting.
    func startReading() async throws {
        try await channel.setOption(.autoRead, value: true).get()
        // A stream does not begin by itself.
        channel.read()
    }

    func close() async throws {
        try await channel.close()
    }
}

/// Hands everything that arrives on a connection to a stream.
final class EventCollector: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let continuation: AsyncStream<WireEvent>.Continuation
    private var wasReset = false

    init(_ continuation: AsyncStream<WireEvent>.Continuation) {
        self.continuation = continuation
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): continuation.yield(.head(head))
        case .body(let bytes): continuation.yield(.body(Array(bytes.readableBytesView)))
        case .end: continuation.yield(.end)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case let error as IOError: wasReset = error.errnoCode == ECONNRESET
        case let error as NIOHTTP2Errors.StreamClosed: wasReset = error.errorCode == .internalError
        default: break
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        continuation.yield(.closed(wasReset: wasReset))
        continuation.finish()
    }
}
