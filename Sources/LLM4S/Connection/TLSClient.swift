import LLMStreaming
import NIOCore
import NIOSSL
import Synchronization

/// The TLS side of a transport: its trust is read once, when the first secure connection is made.
final class TLSClient: Sendable {
    private let caFile: String?
    private let context = Mutex<Result<NIOSSLContext, LLMError>?>(nil)
    /// For what lies behind a tunnel: `TunnelIdentity` compares the names.
    private let tunnelContext = Mutex<Result<NIOSSLContext, LLMError>?>(nil)

    /// - Parameter caFile: PEM certificates to trust beside those of the system.
    init(caFile: String?) { self.caFile = caFile }

    /// The handler that speaks TLS with a host and accepts it only with a valid certificate for its name or address.
    ///
    /// - Parameter isTunnelled: whether the name is compared by another handler.
    func handler(for host: String, isTunnelled: Bool = false) throws -> NIOSSLClientHandler {
        // An address is no server name (RFC 6066, section 3); it is compared with the certificate's addresses.
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        let context =
            isTunnelled ? try shared(tunnelContext, .noHostnameVerification) : try shared(context, .fullVerification)
        return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host)
    }

    private func shared(
        _ context: borrowing Mutex<Result<NIOSSLContext, LLMError>?>, _ verification: CertificateVerification
    ) throws(LLMError) -> NIOSSLContext {
        // Held while the certificates are read (some 20 ms): who comes meanwhile needs them as well.
        try context.withLock { context in
            let made = context ?? Result { () throws(LLMError) in try makeContext(verification) }
            context = made
            return made
        }.get()
    }

    private func makeContext(_ verification: CertificateVerification) throws(LLMError) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = verification
        configuration.applicationProtocols = ["http/1.1"]
        // Says goodbye, but does not wait for the answer: a cancelled stream closes at once.
        configuration.shutdownTimeout = .zero
        if let caFile { configuration.additionalTrustRoots = [.file(caFile)] }
        do { return try NIOSSLContext(configuration: configuration) } catch {
            throw LLMError(
                .tls, "the trusted certificates" + (caFile.map { " of '\($0)'" } ?? "") + " cannot be read: \(error)")
        }
    }
}
