import LLMStreaming
import NIOCore
import NIOSSL
import Synchronization

/// The TLS side of a transport: its trust is read once, when the first secure connection is made.
final class TLSClient: Sendable {
    private let caFile: String?
    private let context = Mutex<Result<NIOSSLContext, LLMError>?>(nil)

    /// - Parameter caFile: PEM certificates to trust beside those of the system.
    init(caFile: String?) { self.caFile = caFile }

    /// The handler that speaks TLS with a host and accepts it only with a valid certificate for its name or address.
    func handler(for host: String) throws -> NIOSSLClientHandler {
        // An address is no server name (RFC 6066, section 3); it is compared with the certificate's addresses.
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        return try NIOSSLClientHandler(context: sharedContext(), serverHostname: isAddress ? nil : host)
    }

    private func sharedContext() throws(LLMError) -> NIOSSLContext {
        // Held while the certificates are read (some 20 ms): who comes meanwhile needs them as well.
        try context.withLock { context in
            let made = context ?? Result { () throws(LLMError) in try makeContext() }
            context = made
            return made
        }.get()
    }

    private func makeContext() throws(LLMError) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = .fullVerification
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
