import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOHTTP2

/// Sends what a script writes as HTTP/1.1 over a stream of HTTP/2, so that a script tries both.
///
/// A connection that the script closes before its response is whole is a stream that is reset.
final class HTTP1OverHTTP2: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = HTTPServerResponsePart

    private let decoder = EmbeddedChannel()
    /// The last part of a response that was sent.
    private var lastWrite: EventLoopFuture<Void>?

    init() throws {
        let response = HTTPResponseDecoder(leftOverBytesStrategy: .dropBytes, informationalResponseStrategy: .forward)
        try decoder.pipeline.syncOperations.addHandler(ByteToMessageHandler(response))
        try decoder.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        decoder.write(
            HTTPClientRequestPart.head(HTTPRequestHead(version: .http1_1, method: .POST, uri: "/")), promise: nil)
    }

    /// Adds what serves the streams of an HTTP/2 connection.
    ///
    /// - Parameter initialize: adds what takes a stream's requests and writes its responses as bytes of HTTP/1.1.
    static func serve(
        _ channel: any Channel, streams: Int, initialize: @escaping @Sendable (any Channel) throws -> Void
    ) throws {
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.initialSettings = [HTTP2Setting(parameter: .maxConcurrentStreams, value: streams)]
        connection.maximumRecentlyResetStreams = 1_000
        var stream = NIOHTTP2Handler.StreamConfiguration()
        stream.streamResetFrameRateLimit.maximumCount = 10_000
        _ = try channel.pipeline.syncOperations.configureHTTP2Pipeline(
            mode: .server, connectionConfiguration: connection, streamConfiguration: stream
        ) { stream in
            stream.eventLoop.makeCompletedFuture {
                try stream.pipeline.syncOperations.addHandlers(
                    HTTP2FramePayloadToHTTP1ServerCodec(), try HTTP1OverHTTP2())
                try initialize(stream)
            }
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        _ = try? decoder.writeInbound(unwrapOutboundIn(data))
        sendParts(context, promise)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        // A body may end with its connection.
        decoder.pipeline.fireChannelInactive()
        sendParts(context, nil)
        context.flush()
        // A stream that is closed sends nothing more of what was written.
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        (lastWrite ?? context.eventLoop.makeSucceededVoidFuture()).whenComplete { _ in
            context.value.close(mode: mode, promise: promise)
        }
    }

    private func sendParts(_ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        var parts: [HTTPServerResponsePart] = []
        while let part = try? decoder.readInbound(as: HTTPClientResponsePart.self) {
            switch part {
            case .head(let head): parts.append(.head(head))
            case .body(let bytes): parts.append(.body(.byteBuffer(bytes)))
            case .end: parts.append(.end(nil))
            }
        }
        for part in parts { lastWrite = context.write(wrapOutboundOut(part)) }
        if let promise { (lastWrite ?? context.eventLoop.makeSucceededVoidFuture()).cascade(to: promise) }
    }
}
