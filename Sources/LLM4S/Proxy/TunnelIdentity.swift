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

/// Whom a certificate was issued for.
struct CertificateNames: Sendable, Equatable {
    /// DNS names, in lower case.
    var hosts: [String]
    /// Addresses of 4 or 16 bytes.
    var addresses: [[UInt8]]

    /// Whether it was issued for a host: its name, a wildcard for its first label (RFC 9525, section 6.3), or its
    /// address.
    func include(_ host: String) -> Bool {
        if let address = Self.address(host) { return addresses.contains(address) }
        let host = host.lowercased()
        let name = host.hasSuffix(".") ? String(host.dropLast()) : host
        let parent = name.firstIndex(of: ".").map { name[$0...] } ?? ""
        return hosts.contains { $0 == name || parent.dropFirst().contains(".") && $0 == "*" + parent }
    }

    /// The bytes of an address; nil for a name.
    private static func address(_ host: String) -> [UInt8]? {
        // Where they stand in a sockaddr_in and a sockaddr_in6.
        let place: Range<Int>
        let socket = try? SocketAddress(ipAddress: host, port: 0)
        switch socket {
        case .v4: place = 4..<8
        case .v6: place = 8..<24
        case .unixDomainSocket, nil: return nil
        }
        return unsafe socket?.withSockAddr { pointer, size in
            unsafe Array(UnsafeRawBufferPointer(start: pointer, count: size)[place])
        }
    }
}

extension CertificateNames {
    /// The names that a certificate says; its common name does not count (RFC 9525, section 2).
    init(_ certificate: NIOSSLCertificate) {
        self.init(hosts: [], addresses: [])
        for name in certificate._subjectAlternativeNames() {
            switch name.nameType {
            case .dnsName: hosts.append(String(decoding: name.contents, as: UTF8.self).lowercased())
            case .ipAddress: addresses.append(Array(name.contents))
            default: break
            }
        }
    }
}
