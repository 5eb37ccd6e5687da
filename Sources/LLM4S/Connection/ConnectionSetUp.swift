import LLMStreaming
import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOTLS

/// The end of a pipeline until its connection stands, TLS included.
///
/// It then puts there what speaks the version of HTTP that was agreed on, and leaves. Bound to the channel's event loop.
final class ConnectionSetUp: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let id: UInt64
    private let origin: Origin
    private let callbacks: ConnectionCallbacks
    private let version: HTTPVersions
    /// Who is told; nil once somebody else will do it.
    private var ready: EventLoopPromise<Connection>?

    /// - Parameter ready: gets the connection, or why there is none.
    init(
        id: UInt64, origin: Origin, version: HTTPVersions, callbacks: ConnectionCallbacks,
        ready: EventLoopPromise<Connection>
    ) {
        self.id = id
        self.origin = origin
        self.version = version
        self.callbacks = callbacks
        self.ready = ready
    }

    func handlerRemoved(context: ChannelHandlerContext) { fail(ChannelError.eof) }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        if !origin.isSecure { standUp(context, speaksHTTP2: version == .http2) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        context.fireUserInboundEventTriggered(event)
        guard case .handshakeCompleted(let agreed) = event as? TLSUserEvent else { return }
        if version == .http2, agreed != HTTPVersions.http2Name {
            fail(TLSFault.noHTTP2)
            context.close(promise: nil)
        } else {
            standUp(context, speaksHTTP2: agreed == HTTPVersions.http2Name)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let reason = ConnectionFailure.reason(of: error, in: context, hasCertificate: callbacks.hasCertificate)
        fail(version == .http2 && reason as? TLSFault == .http2Only ? TLSFault.noHTTP2 : reason)
        context.close(promise: nil)
    }

    private func standUp(_ context: ChannelHandlerContext, speaksHTTP2: Bool) {
        guard let ready else { return }
        self.ready = nil
        let pipeline = context.pipeline.syncOperations
        do {
            if speaksHTTP2 {
                // NIO keeps frames back where a channel is full, and some of them must not come late: what streams may send
                // is bounded by the server's window.
                try context.channel.syncOptions?.setOption(
                    .writeBufferWaterMark, value: .init(low: Int(Int32.max) - 1, high: Int(Int32.max)))
                let connection = HTTP2Connection(
                    id: id, origin: origin, callbacks: callbacks, on: context.eventLoop, ready: ready)
                try pipeline.addHandlers([HTTP2Connection.codec(), connection], position: .after(self))
                if origin.isSecure { try pipeline.addHandler(PlaintextCopy(), position: .after(self)) }
            } else {
                let handler = ConnectionHandler(id: id, origin: origin, callbacks: callbacks, on: context.eventLoop)
                let reader = ResponseReader(for: handler, gathering: callbacks.gathering(context.eventLoop))
                try pipeline.addHandlers([HTTPRequestEncoder(), reader, handler], position: .after(self))
                ready.succeed(handler.connection(on: context.channel))
            }
        } catch {
            ready.fail(error)
            context.close(promise: nil)
        }
        pipeline.removeHandler(self, promise: nil)
    }

    private func fail(_ error: any Error) {
        ready?.fail(error)
        ready = nil
    }
}
