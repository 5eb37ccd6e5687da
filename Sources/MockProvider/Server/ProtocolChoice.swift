import NIOCore
import NIOTLS

/// Chooses what a connection speaks, adds its handlers behind itself and goes.
///
/// After TLS the client has chosen by ALPN. Without, its first bytes tell it: the preface of HTTP/2, or any others.
final class ProtocolChoice: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    enum Choice {
        case http1, http2
    }

    /// What a client of HTTP/2 sends first.
    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    private let addHandlers: (any Channel, Choice) throws -> Void
    private var received = ByteBuffer()

    init(addHandlers: @escaping (any Channel, Choice) throws -> Void) { self.addHandlers = addHandlers }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted(let name) = event as? TLSUserEvent {
            choose(name == "h2" ? .http2 : .http1, context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received.writeImmutableBuffer(unwrapInboundIn(data))
        let bytes = received.readableBytesView
        if bytes.starts(with: Self.preface) {
            choose(.http2, context)
        } else if !Self.preface.starts(with: bytes) {
            choose(.http1, context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func choose(_ choice: Choice, _ context: ChannelHandlerContext) {
        do { try addHandlers(context.channel, choice) } catch { return context.close(promise: nil) }
        if received.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(received)) }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }
}
