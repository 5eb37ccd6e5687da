import Foundation
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
        // Held while the certificates are read (some 20 ms): whoever comes meanwhile needs them too.
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
            // A proxy, which is shown none, is asked for a tunnel in HTTP/1.1.
            return try TLSFiles(configuration).context(
                verification, showsCertificate: showsCertificate,
                offers: (showsCertificate ? configuration.httpVersions : .http1).offers)
        } catch {
            throw LLMError(.tls, error.description)
        }
    }
}

/// The certificates and the key that a transport's files hold.
struct TLSFiles {
    private let authorities: [NIOSSLCertificate]
    private let chain: [NIOSSLCertificate]
    private let key: NIOSSLPrivateKey?
    /// Who is trusted beside them.
    private let others: NIOSSLTrustRoots?

    /// Reads the files.
    ///
    /// - Parameter readsAuthorities: whether who is trusted matters.
    /// - Throws: `ConfigurationError` naming the file that cannot be used, and why; nothing of a key is in it.
    init(_ configuration: TransportConfiguration, readsAuthorities: Bool = true) throws(ConfigurationError) {
        guard configuration.caFile != nil || !configuration.trustsCAFileOnly else {
            throw ConfigurationError(
                "only the certificates of a file are to be trusted, and none is named: --ca-file FILE, or SSL_CERT_FILE"
            )
        }
        others = configuration.trustsCAFileOnly ? nil : configuration.systemAuthorities
        authorities =
            if readsAuthorities, let path = configuration.caFile {
                try Self.certificates(path, of: configuration.caSource)
            } else {
                []
            }
        guard let path = configuration.clientCertificate else {
            if let key = configuration.clientKey {
                throw ConfigurationError("--client-key '\(key)' is of no use without --client-cert")
            }
            (chain, key) = ([], nil)
            return
        }
        chain = try Self.certificates(path, of: "--client-cert")
        key = try Self.key(configuration.clientKey ?? path, isOfCertificate: configuration.clientKey == nil)
        // Only a context compares the two.
        do { _ = try NIOSSLContext(configuration: tls(.none, showsCertificate: true, offers: [])) } catch {
            throw ConfigurationError(
                "--client-cert '\(path)' and --client-key '\(configuration.clientKey ?? path)' do not belong together")
        }
    }

    /// What connections are made with.
    ///
    /// - Parameter offers: the protocols that a server may choose from.
    func context(
        _ verification: CertificateVerification, showsCertificate: Bool, offers: [String]
    ) throws(ConfigurationError) -> NIOSSLContext {
        do {
            return try NIOSSLContext(
                configuration: tls(verification, showsCertificate: showsCertificate, offers: offers))
        } catch {
            throw ConfigurationError("the trusted certificates of the system cannot be used")
        }
    }

    private func tls(
        _ verification: CertificateVerification, showsCertificate: Bool, offers: [String]
    ) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = verification
        configuration.applicationProtocols = offers
        // Says goodbye, but does not wait for a reply: a cancelled stream closes at once.
        configuration.shutdownTimeout = .zero
        configuration.trustRoots = others ?? .certificates(authorities)
        if others != nil, !authorities.isEmpty { configuration.additionalTrustRoots = [.certificates(authorities)] }
        if showsCertificate, let key {
            configuration.certificateChain = chain.map { .certificate($0) }
            configuration.privateKey = .privateKey(key)
        }
        return configuration
    }

    private static func certificates(_ path: String, of option: String) throws(ConfigurationError)
        -> [NIOSSLCertificate]
    {
        let bytes = try read(path, of: option)
        guard let found = try? NIOSSLCertificate.fromPEMBytes(bytes), !found.isEmpty else {
            throw ConfigurationError("\(option): '\(path)' holds no certificate in PEM form")
        }
        return found
    }

    private static func key(_ path: String, isOfCertificate: Bool) throws(ConfigurationError) -> NIOSSLPrivateKey {
        let option = isOfCertificate ? "--client-cert" : "--client-key"
        let bytes = try read(path, of: option)
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.contains("PRIVATE KEY-----") else {
            throw ConfigurationError(
                isOfCertificate
                    ? "--client-cert: '\(path)' holds no key: --client-key names its file"
                    : "--client-key: '\(path)' holds no key in PEM form")
        }
        if text.contains("ENCRYPTED") {
            throw ConfigurationError(
                "\(option): the key in '\(path)' is encrypted: give one without a passphrase (openssl pkey -in FILE)")
        }
        guard let key = try? NIOSSLPrivateKey(bytes: bytes, format: .pem) else {
            throw ConfigurationError("\(option): the key in '\(path)' cannot be read")
        }
        return key
    }

    private static func read(_ path: String, of option: String) throws(ConfigurationError) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ConfigurationError("\(option): '\(path)' cannot be read")
        }
        return [UInt8](data)
    }
}
