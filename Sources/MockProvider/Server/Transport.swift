import NIOCore
import NIOHTTP1
import NIOHTTP2

/// What the channel of a request is, and so how it ends.
enum Transport: Sendable {
    /// A connection of HTTP/1.1.
    case connection
    /// A stream of HTTP/2, whose connection goes on.
    case stream

    /// Whether the channel stays open after the response: a stream ends with it in any case.
    func keepsAlive(_ head: HTTPRequestHead) -> Bool { self == .stream || head.isKeepAlive }

    /// A request's head as the client sent it.
    func sent(_ head: HTTPRequestHead) -> HTTPRequestHead {
        guard self == .stream else { return head }
        var head = head
        // The codec has added it; HTTP/2 forbids it.
        head.headers.remove(name: "transfer-encoding")
        return head
    }

    /// Ends the channel as one that broke: a connection by RST, a stream by RST_STREAM with INTERNAL_ERROR.
    ///
    /// A mere `close` ends a connection by FIN, and a stream by RST_STREAM with CANCEL.
    func reset(_ context: ChannelHandlerContext) {
        switch self {
        case .connection:
            context.channel.resetsOnClose()
            context.close(promise: nil)
        case .stream:
            // The frame is no part of a response, so that it is written past the codec; a closed stream has none.
            let codec = try? context.pipeline.syncOperations.context(
                handlerType: HTTP2FramePayloadToHTTP1ServerCodec.self)
            codec?.writeAndFlush(NIOAny(HTTP2Frame.FramePayload.rstStream(.internalError)), promise: nil)
        }
    }
}
