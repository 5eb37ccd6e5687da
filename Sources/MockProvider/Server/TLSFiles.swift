import NIOSSL

/// Where a server's certificate and its key are.
package struct TLSFiles: Sendable {
    /// A file of PEM certificates, the server's own first.
    package var certificates: String
    /// A file with its private key in PEM.
    package var key: String

    package init(certificates: String, key: String) {
        self.certificates = certificates
        self.key = key
    }

    /// What each connection is secured with.
    ///
    /// - Throws: NIO's error where a file cannot be used.
    func context() throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(certificates).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem)))
        configuration.applicationProtocols = ["http/1.1"]
        return try NIOSSLContext(configuration: configuration)
    }
}
