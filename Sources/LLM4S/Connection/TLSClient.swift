import LLMStreaming
import NIOCore
import NIOSSL
import Synchronization

/// The TLS side of a transport: its trust is read once, when the first secure connection is made.
final class TLSClient: Sendable {
    private let configuration: TransportConfiguration
    private let context = Mutex<Result<NIOSSLContext, LLMError>?>(nil)
    /// For what lies behind a tunnel: `TunnelIdentity` compares the names.
    private let tunnelContext = Mutex<Result<NIOSSLContext, LLMError>?>(nil)
    /// For proxies, which are not shown our certificate.
    private let proxyContext = Mutex<Result<NIOSSLContext, LLMError>?>(nil)

    /// - Parameter configuration: tells what is trusted and what is shown.
    init(_ configuration: TransportConfiguration) { self.configuration = configuration }

    /// The handler that speaks TLS with a host and accepts it only with a valid certificate for its name or address.
    ///
    /// - Parameter isTunnelled: whether the name is compared by another handler.
    func handler(for host: String, isTunnelled: Bool = false) throws -> NIOSSLClientHandler {
        let context =
            isTunnelled
            ? try shared(tunnelContext, .noHostnameVerification, showsCertificate: true)
            : try shared(context, .fullVerification, showsCertificate: true)
        return try handler(for: host, context)
    }

    /// The same for a proxy.
    func handler(forProxy host: String) throws -> NIOSSLClientHandler {
        try handler(for: host, try shared(proxyContext, .fullVerification, showsCertificate: false))
    }

    private func handler(for host: String, _ context: NIOSSLContext) throws -> NIOSSLClientHandler {
        // An address is no server name (RFC 6066, section 3); it is compared with the certificate's addresses.
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host)
    }

    private func shared(
        _ context: borrowing Mutex<Result<NIOSSLContext, LLMError>?>, _ verification: CertificateVerification,
        showsCertificate: Bool
    ) throws(LLMError) -> NIOSSLContext {
        // Held while the certificates are read (some 20 ms): who comes meanwhile needs them as well.
        try context.withLock { context in
            let made =
                context
                ?? Result { () throws(LLMError) in try makeContext(verification, showsCertificate: showsCertificate) }
            context = made
            return made
        }.get()
    }

    private func makeContext(
        _ verification: CertificateVerification, showsCertificate: Bool
    ) throws(LLMError) -> NIOSSLContext {
        do {
            return try TLSFiles(configuration).context(verification, showsCertificate: showsCertificate)
        } catch {
            throw LLMError(.tls, error.description)
        }
    }
}
