import LLMStreaming
import NIOCore
import NIOTLS

/// Stands between the socket and the rest of a pipeline until the proxy lets through what follows.
///
/// The rest sees a channel that is not active yet; once the tunnel stands (RFC 9110, section 9.3.6), or the TLS with
/// the proxy where no tunnel is asked for, it sees one that has just become so, and this handler is gone.
final class ProxyConnectHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        /// TCP, or TLS with the proxy, is not through yet.
        case connecting
        /// CONNECT is out; what came of the response.
        case asked(ByteBuffer)
        case open
        case failed
    }

    /// The most bytes of the head of a proxy's response.
    private static let maximumHeadBytes = 16 << 10

    private let proxy: HTTPProxy
    /// Where the tunnel leads; nil where the proxy reads the requests itself.
    private let target: Origin?
    private var state = State.connecting

    init(_ proxy: HTTPProxy, tunnelTo target: Origin?) {
        self.proxy = proxy
        self.target = target
    }

    func channelActive(context: ChannelHandlerContext) {
        if !proxy.origin.isSecure { ask(context) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // The handshake with the proxy is not the one that the rest waits for.
        guard case .connecting = state, case .handshakeCompleted? = event as? TLSUserEvent else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        ask(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state {
        case .asked(var response):
            state = .asked(ByteBuffer())
            var bytes = unwrapInboundIn(data)
            response.writeBuffer(&bytes)
            receive(response, context)
        case .connecting, .open: context.fireChannelRead(data)
        case .failed: break
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        switch state {
        case .connecting, .asked: fail("closed the connection before it answered", context)
        case .open, .failed: break
        }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch state {
        case .connecting, .asked:
            state = .failed
            let known = ConnectionFailure.error(ConnectionFailure.reason(of: error, in: context), origin: proxy.origin)
            context.fireErrorCaught(LLMError(.proxy, "\(proxy): \(known.message)"))
        case .open: context.fireErrorCaught(error)
        case .failed: break
        }
    }

    private func ask(_ context: ChannelHandlerContext) {
        guard let target else {
            open(context, rest: ByteBuffer())
            return
        }
        let authority = "\(target.endpointName)"
        var request = "CONNECT \(authority) HTTP/1.1\r\nhost: \(authority)\r\n"
        if let authorization = proxy.authorization { request += "proxy-authorization: \(authorization)\r\n" }
        state = .asked(ByteBuffer())
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: request + "\r\n")), promise: nil)
    }

    private func receive(_ response: ByteBuffer, _ context: ChannelHandlerContext) {
        guard let end = response.readableBytesView.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound else {
            state = .asked(response)
            if response.readableBytes > Self.maximumHeadBytes { fail("answered without an end", context) }
            return
        }
        var rest = response
        let head = rest.readString(length: end - response.readerIndex) ?? ""
        let words = head.prefix { !$0.isNewline }.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
            fail("does not answer in HTTP/1.1", context)
            return
        }
        if (200...299).contains(status) {
            open(context, rest: rest)
        } else {
            let reason = words.count > 2 ? " " + String(words[2]).shortened(toBytes: 200) : ""
            fail("refuses a tunnel to \(target?.endpointName ?? ""): HTTP \(status)\(reason)", context, status: status)
        }
    }

    private func open(_ context: ChannelHandlerContext, rest: ByteBuffer) {
        state = .open
        context.fireChannelActive()
        if rest.readableBytes > 0 {
            context.fireChannelRead(wrapInboundOut(rest))
            context.fireChannelReadComplete()
        }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    /// - Parameter status: what it answered; a refusal that says what is wrong with us will be the same next time.
    private func fail(_ words: String, _ context: ChannelHandlerContext, status: Int? = nil) {
        state = .failed
        let isFinal = status.map { (400...499).contains($0) && $0 != 408 && $0 != 429 } ?? false
        context.fireErrorCaught(
            LLMError(.proxy, "\(proxy) \(words)", httpStatus: status, shouldRetry: isFinal ? false : nil))
    }
}
