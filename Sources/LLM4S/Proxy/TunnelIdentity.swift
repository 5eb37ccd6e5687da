import LLMStreaming
import NIOCore
import NIOSSL
import NIOTLS

/// Lets a connection through a tunnel stand only where the certificate is the origin's.
///
/// NIOSSL would compare the address of the socket as well, which is the proxy's: a certificate for the proxy's address
/// would pass for every origin, and that of an origin known by its address never.
final class TunnelIdentity: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let origin: Origin
    /// The handler that speaks TLS with the origin; in the pipeline there may be another one, for the proxy.
    private let tls: NIOSSLClientHandler

    init(_ origin: Origin, _ tls: NIOSSLClientHandler) {
        self.origin = origin
        self.tls = tls
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .handshakeCompleted? = event as? TLSUserEvent else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        if let certificate = tls.peerCertificate, CertificateNames(certificate).include(origin.host) {
            context.fireUserInboundEventTriggered(event)
        } else {
            context.fireErrorCaught(ConnectionFailure.otherHost(origin))
        }
    }
}
