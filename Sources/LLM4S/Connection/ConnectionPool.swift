import LLMStreaming
import NIOCore
import Synchronization

/// The connections of a transport: gives each stream an idle one of its origin or makes one.
///
/// A connection stays on the event loop that it was made on; only the account of who has which is shared.
final class ConnectionPool: Sendable {
    private typealias Grant = PoolGrant<Connection>
    private typealias Waiter = @Sendable (Grant) -> Void

    private let group: any EventLoopGroup
    /// What the transport was made with.
    let configuration: TransportConfiguration
    private let tls: TLSClient
    private let lookups: HostLookups
    /// What all answers may hold in memory.
    let memory: MemoryBudget
    private let state: Mutex<PoolState<Connection, Waiter>>
    private let lastID = Atomic<UInt64>(0)
    /// Of each event loop; empty where nothing gathers.
    private let gatherings: [ObjectIdentifier: NIOLoopBoundBox<ReadGathering?>]

    init(group: any EventLoopGroup, configuration: TransportConfiguration) {
        self.group = group
        tls = TLSClient(configuration)
        lookups = HostLookups(configuration.lookUp)
        self.configuration = configuration
        memory = MemoryBudget(limit: configuration.maximumHeldBytes)
        let loops = configuration.gathersReads ? Array(group.makeIterator()) : []
        gatherings = Dictionary(
            uniqueKeysWithValues: loops.map {
                (ObjectIdentifier($0), .makeEmptyBox(valueType: ReadGathering.self, eventLoop: $0))
            })
        let version = configuration.httpVersions
        state = Mutex(
            PoolState(maximumSetUps: configuration.maximumHandshakes) {
                version.maySpeakHTTP2(isSecure: $0.isSecure)
            })
    }

    /// What the pool has done so far.
    var statistics: TransportStatistics { state.withLock { $0.statistics } }

    /// The open connections.
    var connections: [Connection] { state.withLock { $0.connections } }

    /// How many streams wait for their turn.
    var waitingCount: Int { state.withLock { $0.waitingCount } }

    /// Gives an attempt a connection that no other has, as soon as there is one.
    ///
    /// Connections are told apart by their origin: in a transport the proxy follows from it. It must be used: a
    /// connection is free again only after an exchange.
    func lease(
        _ origin: Origin, through proxy: HTTPProxy?, to attempt: StreamAttempt,
        onEnd: @escaping @Sendable (Result<Connection, LLMError>) -> Void
    ) {
        let id = nextID()
        let take: Waiter = { grant in
            switch grant {
            case .reuse, .setUp: attempt.turnCame()
            case .refused, .cancelled: break
            }
            switch grant {
            case .reuse(let connection): onEnd(.success(connection))
            case .setUp: self.setUp(origin, through: proxy, for: attempt, onEnd: onEnd)
            case .refused: onEnd(.failure(LLMError(.cancelled, "the transport is shut down")))
            case .cancelled: onEnd(.failure(.cancelled(before: origin)))
            }
        }
        attempt.enter(giveUp: { self.state.withLock { $0.withdraw(id) }?(.cancelled) }) {
            let grant = state.withLock { state in
                let grant = state.request(origin)
                if grant == nil { state.enqueue(take, id: id, for: origin) }
                return grant
            }
            if let grant { take(grant) }
        }
    }

    /// Closes all connections and refuses all that comes.
    func shutDown() async {
        let (waiters, connections) = state.withLock { $0.shutDown() }
        for waiter in waiters { waiter(.refused) }
        for connection in connections {
            connection.channel.close(promise: nil)
            try? await connection.channel.closeFuture.get()
        }
    }

    private func setUp(
        _ origin: Origin, through proxy: HTTPProxy?, for attempt: StreamAttempt,
        onEnd: @escaping @Sendable (Result<Connection, LLMError>) -> Void
    ) {
        let loop = group.next()
        // Without TLS a proxy reads the head, and reads HTTP/1.1.
        let version = proxy != nil && !origin.isSecure ? .http1 : configuration.httpVersions
        let connecting = ConnectAttempt(id: nextID(), origin: origin, proxy: proxy, version: version, on: loop)
        let pace = SetUpPace()
        let slowness = loop.scheduleTask(in: SetUpPace.slowAfter) {
            guard pace.becomeSlow() else { return }
            for waiter in self.state.withLock({ $0.setUpIsSlow(of: origin) }) { waiter(.setUp) }
        }
        attempt.enter(giveUp: { connecting.abandon(.cancelled(before: origin)) }) {
            connecting.start(tls: tls, lookups: lookups, timeout: attempt.connectTimeout, callbacks: callbacks) {
                result in
                slowness.cancel()
                self.setUpEnded(result, of: origin, wasSlow: pace.end())
            }
        }
        connecting.connection.whenComplete { result in
            onEnd(result.mapError { ConnectionFailure.error($0, origin: origin) })
        }
    }

    private func setUpEnded(_ result: Result<Connection, LLMError>, of origin: Origin, wasSlow: Bool) {
        let (sharing, next, isWanted) = state.withLock { state in
            var isWanted = true
            var sharing: [Waiter] = []
            switch result {
            case .success(let connection):
                isWanted = state.opened(connection, id: connection.id, of: origin, streams: connection.streams)
                sharing = state.fill(connection.id, of: origin)
            case .failure(let error) where error.kind != .cancelled: state.setUpFailed(of: origin)
            case .failure: break
            }
            return (sharing, state.setUpEnded(of: origin, wasSlow: wasSlow), isWanted)
        }
        if case .success(let connection) = result { for waiter in sharing { waiter(.reuse(connection)) } }
        for waiter in next { waiter(.setUp) }
        guard case .success(let connection) = result else { return }
        connection.channel.closeFuture.whenComplete { _ in
            self.state.withLock { $0.closed(connection.id, of: connection.origin) }
        }
        if !isWanted { connection.channel.close(promise: nil) }
    }

    /// What lets the events of a loop gather, asked on that loop.
    private func gathering(of loop: any EventLoop) -> ReadGathering? {
        guard let box = gatherings[ObjectIdentifier(loop)] else { return nil }
        if box.value == nil { box.value = ReadGathering(loop) }
        return box.value
    }

    private var callbacks: ConnectionCallbacks {
        ConnectionCallbacks(
            idleLifetime: TimeAmount(configuration.idleConnectionLifetime),
            hasCertificate: configuration.clientCertificate != nil,
            onFree: { connection, responseSeconds in
                let next = self.state.withLock {
                    $0.free(connection, id: connection.id, of: connection.origin, responseSeconds: responseSeconds)
                }
                switch next {
                case .give(let waiter): waiter(.reuse(connection))
                case .keep: break
                case .close: connection.channel.close(promise: nil)
                }
            },
            retire: { id, origin in self.state.withLock { $0.retire(id, of: origin) } },
            resize: { connection, streams in
                let (id, origin) = (connection.id, connection.origin)
                let sharing = self.state.withLock { $0.resize(id, of: origin, streams: streams) }
                for waiter in sharing { waiter(.reuse(connection)) }
            },
            gathering: { self.gathering(of: $0) },
            starve: { id, origin, seconds in
                self.state.withLock { $0.starve(id, of: origin, seconds: seconds) }?.channel.close(promise: nil)
            },
            endStarvation: { id, origin in self.state.withLock { $0.endStarvation(id, of: origin) } })
    }

    /// Does something after a while, or something else where the event loops end before.
    func after(
        _ delay: TimeAmount, _ action: @escaping @Sendable () -> Void, orElse: @escaping @Sendable () -> Void
    ) {
        group.next().scheduleTask(in: delay, action).futureResult.whenFailure { _ in orElse() }
    }

    /// A number that no connection or waiter has.
    func nextID() -> UInt64 { lastID.add(1, ordering: .relaxed).newValue }
}

/// Whether the making of a connection takes so long that it may hang: told once, and not after its end.
final class SetUpPace: Sendable {
    /// More than handshakes take around the world.
    static let slowAfter = TimeAmount.seconds(1)

    private enum State {
        case underWay
        case slow
        case over
    }

    private let state = Mutex(State.underWay)

    /// Records that it takes long.
    ///
    /// - Returns: whether it is still under way.
    func becomeSlow() -> Bool {
        state.withLock { state in
            guard case .underWay = state else { return false }
            state = .slow
            return true
        }
    }

    /// Records its end.
    ///
    /// - Returns: whether it had become slow.
    func end() -> Bool {
        state.withLock { state in
            defer { state = .over }
            if case .slow = state { return true } else { return false }
        }
    }
}
