package import LLMStreaming
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import SystemCalls

/// Sends requests over HTTP/2 or HTTP/1.1 and streams the answers.
///
/// Bytes are parsed, decoded and handed to the receiver on the event loop that read them; tasks are involved once a
/// stream, at its start and at its end. Call `shutdown` when done: the event loops run until then.
package final class StreamingTransport: Sendable {
    let group: MultiThreadedEventLoopGroup
    let pool: ConnectionPool

    /// A transport with its own event loops and no connection yet.
    package init(configuration: TransportConfiguration) {
        group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.eventLoopThreads)
        pool = ConnectionPool(group: group, configuration: configuration)
    }

    /// What was done with connections so far.
    package var statistics: TransportStatistics { pool.statistics }

    /// How many streams wait for their turn to set up a connection.
    var waitingCount: Int { pool.waitingCount }

    /// What answers hold in memory together, as far as it is counted.
    var heldBytes: Int { pool.memory.heldBytes }
    /// How many answers are not read on for want of memory.
    var memoryWaitingCount: Int { pool.memory.waitingCount }

    /// Sends one request and passes the chunks of its answer on until it ended, one way or the other.
    ///
    /// Cancelling the task ends the stream at once; the result is then of kind `cancelled`, with what came until
    /// then, unless the answer was whole already.
    package func stream(
        _ request: ProviderRequest, to endpoint: Endpoint, receiver: any ChunkReceiver
    ) async -> StreamResult {
        await attempt(request, to: endpoint, receiver: receiver).end().result
    }

    /// Makes one request ready to be sent, for who waits for many streams at once.
    package func attempt(
        _ request: consuming ProviderRequest, to endpoint: Endpoint, receiver: any ChunkReceiver
    ) -> StreamAttempt {
        attempt(request, to: endpoint, receiver: receiver, timeouts: pool.configuration.timeouts)
    }

    /// Makes one request with clocks of its own ready to be sent.
    ///
    /// Not inlined, like `run` of an attempt: the temporaries would stay in the frame of the caller, which waits.
    @inline(never)
    func attempt(
        _ request: consuming ProviderRequest, to endpoint: Endpoint, receiver: any ChunkReceiver,
        timeouts: StreamTimeouts
    ) -> StreamAttempt {
        StreamAttempt(request, to: endpoint, receiver: receiver, pool: pool, timeouts: timeouts)
    }

    /// Closes all connections and ends the event loops; streams that are under way end as cut.
    package func shutdown() async {
        await pool.shutDown()
        try? await group.shutdownGracefully()
    }
}

/// What a transport has done so far.
package struct TransportStatistics: Sendable, Equatable {
    /// Connections that were made, with TLS where it is spoken.
    package var connectionsOpened = 0
    /// Streams that got a connection that was there.
    package var connectionsReused = 0
    /// Connections that are open now.
    package var connectionsOpen = 0
    /// Connections that could not be made.
    package var handshakesFailed = 0

    /// Nothing yet.
    package init() {}
}

extension StreamingTransport {
    /// Lets each event loop look at the clock again and again, and tells how late it came to it.
    ///
    /// - Parameters:
    ///   - interval: the time between two looks.
    ///   - tell: called on the event loops, with the time between when a look was due and when it was taken.
    /// - Returns: what ends it.
    package func watchLag(
        every interval: Duration, tell: @escaping @Sendable (Duration) -> Void
    ) -> @Sendable () -> Void {
        let interval = TimeAmount(interval)
        let looks = group.makeIterator().map { loop in
            let due = NextLook(NIODeadline.now() + interval)
            return loop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
                let now = NIODeadline.now()
                tell(.nanoseconds(max(0, (now - due.time).nanoseconds)))
                due.time = now + interval
            }
        }
        return { for look in looks { look.cancel() } }
    }

    /// When an event loop is to look next; read and set by that loop alone.
    private final class NextLook: Sendable {
        private let nanoseconds: Atomic<UInt64>

        init(_ time: NIODeadline) { nanoseconds = Atomic(time.uptimeNanoseconds) }

        var time: NIODeadline {
            get { .uptimeNanoseconds(nanoseconds.load(ordering: .relaxed)) }
            set { nanoseconds.store(newValue.uptimeNanoseconds, ordering: .relaxed) }
        }
    }
}

/// What a transport is made with.
package struct TransportConfiguration: Sendable {
    /// The threads that read and decode.
    package var eventLoopThreads = max(1, System.coreCount / 2)
    /// A file of PEM certificates to trust beside those of the system.
    package var caFile: String?
    /// What says so, for messages.
    package var caSource = "--ca-file"
    /// Whether only that file's certificates are trusted, and none of the system.
    package var trustsCAFileOnly = false
    /// Whom the system trusts; replaced by tests only.
    var systemAuthorities = NIOSSLTrustRoots.default
    /// A file of the PEM certificates, our own first, that servers are shown which want one.
    package var clientCertificate: String?
    /// The file of that certificate's key in PEM; nil where the certificate's own holds it.
    package var clientKey: String?
    /// Which origins are reached through which proxy.
    package var proxies = ProxySettings()
    /// How long streams may be silent.
    package var timeouts = StreamTimeouts()
    /// The bounds of a stream.
    package var limits = StreamingResponseHandler.Limits()
    /// What answers may hold in memory together, in bytes, before they are read one after the other.
    package var maximumHeldBytes = MemoryBudget.defaultLimit
    /// Which version of HTTP is spoken.
    package var httpVersions = HTTPVersions.auto
    /// Whether what many streams bring may wait for two milliseconds, so that it is read together.
    package var gathersReads = false
    /// The most connections that are being set up at once, TLS included.
    package var maximumHandshakes = 100
    /// How long a connection is kept without a stream.
    package var idleConnectionLifetime = Duration.seconds(30)
    /// What finds the addresses of hosts.
    var lookUp: HostLookups.LookUp = { try POSIX.addresses(of: $0, port: $1) }
    /// The wall clock; replaced by tests only.
    var unixSeconds: @Sendable () -> Double = { WallClock.unixSeconds }
    /// The value of the User-Agent field.
    package var userAgent = "llm4s-batch/0.1.0"

    /// The defaults.
    package init() {}

    /// The defaults, with the proxies and certificates that environment variables name.
    ///
    /// - Parameter caFile: what goes before the variable SSL_CERT_FILE.
    package init(environment: [String: String], caFile: String? = nil) {
        proxies = ProxySettings(environment: environment)
        self.caFile = caFile ?? environment["SSL_CERT_FILE"].flatMap { $0.isEmpty ? nil : $0 }
        if caFile == nil { caSource = "SSL_CERT_FILE" }
    }

    /// Reads what is to be trusted and shown, so that a fault in it is found before anything is sent.
    ///
    /// - Parameter origins: what requests will go to; without a secure one among them a variable is not looked at.
    /// - Throws: `ConfigurationError` naming the file.
    package func check(_ origins: some Sequence<Origin>) throws(ConfigurationError) {
        let isVariable = caSource != "--ca-file"
        let isSecure = origins.contains(where: \.isSecure)
        if isVariable, !isSecure, !trustsCAFileOnly, clientCertificate == nil, clientKey == nil { return }
        _ = try TLSFiles(self, readsAuthorities: !isVariable || isSecure)
    }
}
