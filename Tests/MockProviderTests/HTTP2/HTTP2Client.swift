import MockProvider
import NIOCore
import NIOHTTP2
import NIOPosix
import NIOSSL

/// One client connection of HTTP/2 of the tests' own, whose streams are used as connections of HTTP/1.1 are.
final class HTTP2Client: Sendable {
    private let channel: any Channel
    private let multiplexer: NIOHTTP2Handler.StreamMultiplexer
    private let settings: EventLoopFuture<HTTP2Settings>

    private init(
        channel: any Channel, multiplexer: NIOHTTP2Handler.StreamMultiplexer, settings: EventLoopFuture<HTTP2Settings>
    ) {
        self.channel = channel
        self.multiplexer = multiplexer
        self.settings = settings
    }

    /// Connects to a server on loopback: by ALPN where a certificate is trusted, otherwise by prior knowledge.
    ///
    /// - Parameter sendsSingleBytes: Whether each byte is sent by itself.
    static func open(port: Int, trusting certificate: String? = nil, sendsSingleBytes: Bool = false) async throws
        -> HTTP2Client
    {
        let group = MultiThreadedEventLoopGroup.singleton
        let settings = group.next().makePromise(of: HTTP2Settings.self)
        let multiplexer = group.next().makePromise(of: NIOHTTP2Handler.StreamMultiplexer.self)
        let tls = try certificate.map { try clientTLS(trusting: $0, protocols: ["h2"]) }
        let channel = try await ClientBootstrap(group: group)
            .connectTimeout(.minutes(5))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: nil)) }
                    if sendsSingleBytes { try pipeline.addHandler(ByteSplitter()) }
                    let frames = NIOHTTP2Handler(
                        mode: .client, eventLoop: channel.eventLoop, connectionConfiguration: .init(),
                        streamConfiguration: .init()
                    ) { $0.close() }
                    try pipeline.addHandler(frames)
                    try pipeline.addHandler(SettingsReader(settings))
                    // A handler of a connection that the server refuses could not be found later.
                    multiplexer.succeed(try frames.syncMultiplexer())
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return HTTP2Client(
            channel: channel, multiplexer: try await multiplexer.futureResult.get(), settings: settings.futureResult)
    }

    /// Opens a stream, on which one request can be sent.
    ///
    /// - Parameter isReading: False leaves all bytes unread, so that the window of the stream is used up.
    func stream(isReading: Bool = true) async throws -> WireConnection {
        let (events, continuation) = AsyncStream.makeStream(of: WireEvent.self)
        let stream = try await multiplexer.createStreamChannel { stream in
            stream.eventLoop.makeCompletedFuture {
                try stream.syncOptions?.setOption(.autoRead, value: isReading)
                try stream.pipeline.syncOperations.addHandler(HTTP2FramePayloadToHTTP1ClientCodec(httpProtocol: .http))
                try stream.pipeline.syncOperations.addHandler(EventCollector(continuation))
            }
        }.get()
        return WireConnection(channel: stream, events: events)
    }

    /// Sends one request on a stream of its own and reads its response.
    func post(_ dialect: TestDialect, _ body: String, query: String = "") async throws -> WireResponse {
        let stream = try await stream()
        let version = dialect == .messages ? [("anthropic-version", "2023-06-01")] : []
        try await stream.post(dialect.rawValue + query, body: body, headers: version)
        return await stream.response()
    }

    /// What the server allows, once it has said so.
    func serverSettings() async throws -> HTTP2Settings { try await settings.get() }

    /// Returns once the connection is closed, by whomever.
    func closed() async throws { try await channel.closeFuture.get() }

    func close() async throws { try await channel.close() }
}

extension WireConnection {
    /// Ends a stream before its response has.
    func reset() async {
        // NIO calls it an error that a stream ends as it was asked to.
        try? await close()
    }
}

/// A client's TLS that trusts a certificate and offers protocols.
func clientTLS(trusting certificate: String, protocols: [String]) throws -> NIOSSLContext {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.trustRoots = .file(certificate)
    configuration.applicationProtocols = protocols
    return try NIOSSLContext(configuration: configuration)
}

/// Waits for a server's settings on a connection.
private final class SettingsReader: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame

    private let settings: EventLoopPromise<HTTP2Settings>

    init(_ settings: EventLoopPromise<HTTP2Settings>) { self.settings = settings }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .settings(.settings(let settings)) = unwrapInboundIn(data).payload { self.settings.succeed(settings) }
    }

    /// Tells that the connection is gone, also where it never was.
    func handlerRemoved(context: ChannelHandlerContext) { settings.fail(ChannelError.eof) }

    /// What it means is told by `handlerRemoved`.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}

/// Sends each byte by itself.
private final class ByteSplitter: ChannelOutboundHandler {
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .byteBuffer(var bytes) = unwrapOutboundIn(data) else { return }
        while bytes.readableBytes > 1, let byte = bytes.readSlice(length: 1) {
            context.writeAndFlush(wrapOutboundOut(.byteBuffer(byte)), promise: nil)
        }
        context.write(wrapOutboundOut(.byteBuffer(bytes)), promise: promise)
    }
}
