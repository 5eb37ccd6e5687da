package import NIOCore
import NIOPosix
import NIOSSL

/// A scripted LLM provider on loopback: OpenAI chat and Responses and Anthropic Messages on one port.
///
/// It is an independent witness of the wire format: it uses none of the project's decoders. Contract, "Mock provider".
package final class MockServer: Sendable {
    /// The port at which it listens.
    package let port: Int
    private let scheme: String
    private let host: String
    private let group: MultiThreadedEventLoopGroup
    private let ledger: TrafficLedger
    private let controls: Controls

    private init(
        scheme: String, host: String, port: Int, group: MultiThreadedEventLoopGroup, ledger: TrafficLedger,
        controls: Controls
    ) {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.group = group
        self.ledger = ledger
        self.controls = controls
    }

    /// Starts a server that answers until it is stopped.
    ///
    /// - Throws: why the address, the log or the certificate cannot be used.
    package static func start(_ configuration: MockConfiguration = .init()) async throws(StartFailure) -> MockServer {
        do { return try await started(configuration) } catch { throw StartFailure(error) }
    }

    private static func started(_ configuration: MockConfiguration) async throws -> MockServer {
        let log = try configuration.logPath.map(RequestLog.init)
        let tls = try configuration.tls?.context(speaksHTTP2: configuration.http2 != nil)
        let ledger = TrafficLedger(
            keepsRequests: configuration.recordsRequests, keepsResponses: configuration.recordsResponses, log: log)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.threads)
        let listener = Listener(group: group)
        let controls = Controls(configuration, listener: listener, loop: group.next())
        let responder = Responder(
            configuration: configuration, controls: controls, instance: .random(in: 0...UInt64.max))
        let setup = ConnectionSetup(
            configuration: configuration, tls: tls, responder: responder, ledger: ledger, controls: controls)
        do {
            let port = try await listener.start(host: configuration.host, port: configuration.port) {
                bootstrap(setup, group: group).bind(to: $0)
            }
            return MockServer(
                scheme: tls == nil ? "http" : "https", host: configuration.host, port: port, group: group,
                ledger: ledger, controls: controls)
        } catch {
            try await group.shutdownGracefully()
            throw error
        }
    }

    /// The base URL for clients of all dialects, such as `http://127.0.0.1:4321/v1`.
    package var baseURL: String { "\(scheme)://\(host):\(port)/v1" }

    /// What was counted so far.
    ///
    /// A client may see the end of a response before it is counted.
    package var statistics: MockStatistics { ledger.statistics }

    /// The requests received so far, in the order of their numbers; empty unless `recordsRequests` is set.
    package var requests: [MockRequest] { ledger.requests }

    /// Changes the running server.
    package func control(_ settings: ControlSettings) { controls.apply(settings) }

    /// What a server of limited capacity counted so far; nil of another.
    package var capacity: CapacityStatistics? { controls.capacity?.statistics }

    /// Changes the capacity of a running server that was started with one.
    package func setCapacity(_ limits: CapacityLimits) {
        guard let capacity = controls.capacity else { preconditionFailure("this server's capacity is not limited") }
        capacity.change { $0 = limits }
    }

    /// Holds all bodies once this many bytes of bodies were written, until it is called again.
    ///
    /// So a test that is late on a busy machine finds the responses where it wants them.
    ///
    /// - Parameter limit: in bytes of `statistics.bodyBytesWritten`; nil holds nothing.
    package func hold(afterBodyBytes limit: Int?) { ledger.hold(afterBodyBytes: limit) }

    /// Whether the bodies are held now.
    package var isHolding: Bool { ledger.isHeld }

    /// Closes all connections and the port, and returns once that is done.
    ///
    /// A second call does nothing.
    package func stop() async {
        controls.listener.stop()
        controls.capacity?.stop()
        // The only error is that the group was shut down before.
        try? await group.shutdownGracefully()
    }

    private static func bootstrap(_ setup: ConnectionSetup, group: MultiThreadedEventLoopGroup) -> ServerBootstrap {
        var bootstrap = ServerBootstrap(group: group)
            // A thousand clients may connect in the same instant.
            .serverChannelOption(.backlog, value: 4_096)
            .serverChannelOption(.maxMessagesPerRead, value: 64)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 8_192, high: 16_384))
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try setup.addHandlers(to: channel) }
            }
        if let bytes = setup.configuration.sendBufferBytes {
            bootstrap = bootstrap.childChannelOption(.socketOption(.so_sndbuf), value: .init(bytes))
        }
        return bootstrap
    }
}

/// Why a server does not start, in words for its user; NIO's are for developers.
package struct StartFailure: Error, CustomStringConvertible {
    package let description: String

    init(_ error: any Error) {
        switch error {
        case let failure as StartFailure: self = failure
        case let error as IOError:
            // The system's words follow the name of a function.
            let words = "\(error)"
            description = words.firstRange(of: "): ").map { String(words[$0.upperBound...]) } ?? words
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
            description = "the certificate or its key cannot be read"
        default: description = "\(error)"
        }
    }
}

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
    /// What the server can do at once, as a self-hosted one; nil is everything, in no time.
    package var capacity: CapacityLimits?
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
    /// That it speaks HTTP/2 too, on the same port; nil is HTTP/1.1 only.
    package var http2: HTTP2Limits?
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
    func context(speaksHTTP2: Bool) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(certificates).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem)))
        configuration.applicationProtocols = speaksHTTP2 ? ["h2", "http/1.1"] : ["http/1.1"]
        return try NIOSSLContext(configuration: configuration)
    }
}
