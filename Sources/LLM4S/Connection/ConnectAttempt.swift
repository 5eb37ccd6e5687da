import LLMStreaming
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// The making of one connection, with name, TCP and TLS; it can be given up at any time from any thread.
final class ConnectAttempt: Sendable {
    private enum State {
        /// The sockets that are being tried, each with the connection that it becomes.
        case connecting([(channel: any Channel, connection: EventLoopFuture<Connection>)])
        /// Given up, and why.
        case abandoned(LLMError)
        case done
    }

    private let id: UInt64
    private let origin: Origin
    private let proxy: HTTPProxy?
    private let version: HTTPVersions
    private let promise: EventLoopPromise<Connection>
    private let state = Mutex(State.connecting([]))

    init(id: UInt64, origin: Origin, proxy: HTTPProxy? = nil, version: HTTPVersions, on loop: any EventLoop) {
        self.id = id
        self.origin = origin
        self.proxy = proxy
        self.version = version
        promise = loop.makePromise()
    }

    /// The connection, or an `LLMError`; a given up attempt fails at once, whatever the resolver still does.
    var connection: EventLoopFuture<Connection> { promise.futureResult }

    /// Begins.
    ///
    /// - Parameters:
    ///   - lookups: finds the host's addresses.
    ///   - callbacks: what the connection tells once it stands.
    ///   - onEnd: called once, on the loop, when nothing is being set up any more.
    func start(
        tls: TLSClient, lookups: HostLookups, timeout: Duration, callbacks: ConnectionCallbacks,
        onEnd: @escaping @Sendable (Result<Connection, LLMError>) -> Void
    ) {
        let (origin, proxy, loop) = (origin, proxy, promise.futureResult.eventLoop)
        let limit = TimeAmount(timeout)
        let deadline = loop.scheduleTask(in: limit) {
            let way = proxy.map { " through \($0)" } ?? ""
            let more = self.hasSocket ? ": its socket is open, but the server has not said that it takes a request" : ""
            self.abandon(
                LLMError(
                    .timeoutConnect, "no connection to \(origin.endpointName)\(way) within \(limit.text)\(more)"))
        }
        // What is not taken in time may be for want of a place at the server.
        let began = NIODeadline.now()
        let reports = loop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
            callbacks.starve(self.id, origin, Double((NIODeadline.now() - began).nanoseconds) / 1e9)
        }
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(limit)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOptions(VanishedPeer.options)
            .channelOption(.recvAllocator, value: Self.receiveBuffers)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let ready = channel.eventLoop.makePromise(of: Connection.self)
                    do {
                        guard self.add(channel, ready.futureResult) else { throw ChannelError.ioOnClosedChannel }
                        try self.addHandlers(to: channel, tls: tls, callbacks: callbacks, ready: ready)
                    } catch {
                        ready.fail(error)
                        throw error
                    }
                }
            }
        // An address needs no resolver, and no second thread.
        let peer = proxy?.origin ?? origin
        let connected =
            if let address = try? SocketAddress(ipAddress: peer.host, port: peer.port) {
                bootstrap.connect(to: address)
            } else {
                bootstrap.resolver(lookups.addresses(of: peer.host, port: peer.port, on: loop))
                    .connect(host: peer.host, port: peer.port)
            }
        connected.flatMapErrorThrowing { error in
            throw proxy.map { ConnectionFailure.error(error, proxy: $0) } ?? error
        }.flatMap { channel in
            self.connection(on: channel) ?? channel.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
        }.whenComplete { result in
            deadline.cancel()
            reports.cancel()
            if NIODeadline.now() - began >= .seconds(1) { callbacks.endStarvation(self.id, origin) }
            self.end(result, onEnd)
        }
    }

    /// Gives up: the sockets close, the future fails with this error.
    func abandon(_ error: LLMError) {
        let channels: [any Channel] = state.withLock { state in
            guard case .connecting(let sockets) = state else { return [] }
            state = .abandoned(error)
            return sockets.map(\.channel)
        }
        // First, since a closed socket fails the attempt too, for another reason.
        promise.fail(error)
        for channel in channels { channel.close(promise: nil) }
    }

    private func end(
        _ result: Result<Connection, any Error>, _ onEnd: @Sendable (Result<Connection, LLMError>) -> Void
    ) {
        let abandonment: LLMError? = state.withLock { state in
            defer { state = .done }
            if case .abandoned(let error) = state { return error } else { return nil }
        }
        switch (result, abandonment) {
        case (.success(let connection), nil):
            onEnd(.success(connection))
            promise.succeed(connection)
        case (.success(let connection), let error?):
            // It came too late.
            connection.channel.close(promise: nil)
            onEnd(.failure(error))
        case (.failure, let error?): onEnd(.failure(error))
        case (.failure(let failure), nil):
            let error = ConnectionFailure.error(failure, origin: origin)
            onEnd(.failure(error))
            promise.fail(error)
        }
    }

    /// Whether a socket is open, and TLS, a proxy or the server's settings are waited for.
    private var hasSocket: Bool {
        state.withLock { state in
            if case .connecting(let sockets) = state { sockets.contains { $0.channel.isActive } } else { false }
        }
    }

    /// Remembers a socket; false where the attempt has been given up.
    private func add(_ channel: any Channel, _ connection: EventLoopFuture<Connection>) -> Bool {
        state.withLock { state in
            guard case .connecting(let sockets) = state else { return false }
            state = .connecting(sockets + [(channel, connection)])
            return true
        }
    }

    /// What a socket becomes; nil where the attempt has been given up.
    private func connection(on channel: any Channel) -> EventLoopFuture<Connection>? {
        state.withLock { state in
            guard case .connecting(let sockets) = state else { return nil }
            return sockets.first { $0.channel === channel }?.connection
        }
    }

    /// Small, since most reads are one event and every waiting stream holds a buffer; a fast stream's grows.
    private static let receiveBuffers = AdaptiveRecvByteBufferAllocator(minimum: 512, initial: 512, maximum: 16_384)

    private func addHandlers(
        to channel: any Channel, tls: TLSClient, callbacks: ConnectionCallbacks, ready: EventLoopPromise<Connection>
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        if let proxy {
            if proxy.origin.isSecure { try pipeline.addHandler(tls.handler(forProxy: proxy.origin.host)) }
            if proxy.origin.isSecure || origin.isSecure {
                try pipeline.addHandler(ProxyConnectHandler(proxy, tunnelTo: origin.isSecure ? origin : nil))
            }
        }
        if origin.isSecure {
            let secure = try tls.handler(for: origin.host, isTunnelled: proxy != nil)
            try pipeline.addHandler(secure)
            if proxy != nil { try pipeline.addHandler(TunnelIdentity(origin, secure)) }
        }
        try pipeline.addHandler(
            ConnectionSetUp(id: id, origin: origin, version: version, callbacks: callbacks, ready: ready))
    }
}

extension ClientBootstrap {
    /// Sets socket options of connections.
    fileprivate func channelOptions(_ options: [(option: ChannelOptions.Types.SocketOption, value: Int)]) -> Self {
        options.reduce(self) { $0.channelOption($1.option, value: $1.value) }
    }
}

/// The options of a socket by which a peer that vanished without a word is found: within 60 to 90 s.
///
/// An idle connection is probed after 60 s, four times in 20 s. Probes wait while bytes of ours are not acknowledged;
/// then the time counts for which they are not. That time also counts while a peer that lives takes nothing more, as
/// one does that leaves connections in its backlog: for requests which may not fit a peer's buffer it is not bounded.
enum VanishedPeer {
    static let idleSeconds = 60
    static let probeSeconds = 5
    static let probes = 4
    static let acknowledgeMilliseconds = 80_000
    /// Less than any system's receive buffer.
    static let safeRequestBytes = 16 << 10

    /// How it is told.
    static let reason = "the other side has vanished: it acknowledged nothing any more"

    /// The options of each connection.
    static var options: [(option: ChannelOptions.Types.SocketOption, value: Int)] {
        [
            (.socketOption(.so_keepalive), 1), (.tcpOption(.keepAliveIdle), idleSeconds),
            (.tcpOption(.keepAliveInterval), probeSeconds), (.tcpOption(.keepAliveCount), probes),
        ] + (userTimeout.map { [($0, acknowledgeMilliseconds)] } ?? [])
    }

    /// The option of the time without an acknowledgement; nil where the system has none.
    static var userTimeout: ChannelOptions.Types.SocketOption? {
        POSIX.userTimeout.map { .tcpOption(NIOBSDSocket.Option(rawValue: $0)) }
    }
}

extension NIOBSDSocket.Option {
    fileprivate static var keepAliveIdle: Self { Self(rawValue: POSIX.keepAliveIdle) }
    fileprivate static var keepAliveInterval: Self { Self(rawValue: POSIX.keepAliveInterval) }
    fileprivate static var keepAliveCount: Self { Self(rawValue: POSIX.keepAliveCount) }
}
