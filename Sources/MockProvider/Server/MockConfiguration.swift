package import NIOCore
import NIOSSL

/// How a mock server is set up.
package struct MockConfiguration: Sendable {
    /// The address to listen at.
    package var host = "127.0.0.1"
    /// The port to listen at; 0 takes a free one.
    package var port = 0
    /// Event-loop threads.
    package var threads = 1
    /// The seed of flaky faults; texts do not depend on it.
    package var seed: UInt64 = 1
    /// Whether requests are kept for `MockServer.requests`; memory then grows with them.
    package var recordsRequests = false
    /// Whether the response to each request is kept with it; needs `recordsRequests`.
    package var recordsResponses = false
    /// A file to which a line of JSON is appended for each request when its response has ended.
    package var logPath: String?
    /// The key that requests must have as bearer token, `x-api-key` or `api-key`; 401 without it.
    package var requiredKey: String?
    /// The names of the known models, without options; others get 404, nil is any name.
    package var knownModels: Set<String>?
    /// A recorded event stream that answers every request.
    package var recording: [UInt8]?
    /// The limits of each key.
    package var rateLimits = RateLimits()
    /// Changes that are made after certain numbers of requests.
    package var scheduledControls: [ScheduledControl] = []
    /// The behaviour to which a request's options are applied.
    package var defaultBehavior = MockBehavior()
    /// The kernel's send buffer of each connection (SO_SNDBUF); a small one makes back-pressure come early.
    package var sendBufferBytes: Int?
    /// Called on an event loop for each request for an answer; a behaviour that it returns replaces the request's options.
    package var script: (@Sendable (MockRequest) -> MockBehavior?)?
    /// The certificate for TLS; nil is plain HTTP.
    package var tls: TLSFiles?
    /// Called for each connection on its event loop before the HTTP handlers are added, for example to add TLS.
    package var configureChannel: (@Sendable (any Channel) throws -> Void)?

    package init() {}
}

/// The files of a server's certificate and its key.
package struct TLSFiles: Sendable {
    /// A file of PEM certificates, the server's own first.
    package var certificates: String
    /// A file with its private key in PEM.
    package var key: String

    package init(certificates: String, key: String) {
        self.certificates = certificates
        self.key = key
    }

    /// The TLS context of each connection.
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
