import LLMStreaming
import NIOCore

/// What a stream that asked for a connection gets.
enum PoolGrant<Connection: Sendable>: Sendable {
    /// A connection that has room.
    case reuse(Connection)
    /// A place to set a connection up; it must be given back with `setUpEnded`.
    case setUp
    /// Nothing: the pool is shut down.
    case refused
    /// Nothing: the stream is not wanted any more.
    case cancelled
}

/// What becomes of a connection that is free.
enum PoolReturn<Waiter: Sendable>: Sendable {
    /// A stream that waited is to be given it.
    case give(Waiter)
    /// It stays for the next one that asks.
    case keep
    /// It is to be closed, so that its server takes a connection that still waits there.
    case close
}

/// Who has which connection and who waits for one: a value, so that its rules can be tested without sockets.
///
/// A connection of HTTP/1.1 has room for one stream, one of HTTP/2 for as many as its server takes. The one that had room
/// last is used first: the others then reach the end of their lifetime. Streams without one wait in order for one of the
/// places in which connections of their origin are set up, or for room on one of it before. An origin whose connections
/// never stand holds the places of no other. Every verb takes amortised constant time, however many wait; the end of a
/// set-up looks at the origins, which are few.
struct PoolState<Connection: Sendable, Waiter: Sendable> {
    let maximumSetUps: Int
    let mayCarryMany: @Sendable (Origin) -> Bool
    var setUps = 0
    var isShutDown = false
    var places: [Origin: OriginState] = [:]
    var waiters: [UInt64: Waiter] = [:]
    var open: [UInt64: Shared] = [:]
    var statistics = TransportStatistics()

    /// An open connection and the streams that it carries.
    struct Shared {
        let connection: Connection
        /// How many it may carry; 0 once it takes no new ones.
        var streams: Int
        var inUse = 1
        /// Whether it is among those with room.
        var isListed = false

        var hasRoom: Bool { inUse < streams }
    }

    /// - Parameter mayCarryMany: whether a connection to an origin may carry many streams.
    init(maximumSetUps: Int, mayCarryMany: @escaping @Sendable (Origin) -> Bool = { _ in false }) {
        self.maximumSetUps = maximumSetUps
        self.mayCarryMany = mayCarryMany
    }

    /// The open connections, in use or not.
    var connections: [Connection] { open.values.map(\.connection) }

    /// How many wait.
    var waitingCount: Int { waiters.count }

    /// Gives a stream what is there; nil where it has to wait.
    mutating func request(_ origin: Origin) -> PoolGrant<Connection>? {
        if isShutDown { return .refused }
        if let connection = takeRoom(origin) {
            statistics.connectionsReused += 1
            return .reuse(connection)
        }
        guard maySetUp(origin, isQueued: false) else { return nil }
        beginSetUp(origin)
        return .setUp
    }

    /// Puts a stream that got nothing into the queue.
    mutating func enqueue(_ waiter: Waiter, id: UInt64, for origin: Origin) {
        waiters[id] = waiter
        places[origin, default: OriginState()].queue.append(id)
    }

    /// Takes a stream out of the queue that has lost interest; nil where it waits no more.
    mutating func withdraw(_ id: UInt64) -> Waiter? {
        let waiter = waiters.removeValue(forKey: id)
        forgetQueuesIfEmpty()
        return waiter
    }

    /// A place for setting up is free again: the longest waiting streams get what places there are.
    ///
    /// - Parameter wasSlow: whether the pool was told that it was slow.
    /// - Returns: who is to be given `setUp`.
    mutating func setUpEnded(of origin: Origin, wasSlow: Bool = false) -> [Waiter] {
        setUps -= 1
        places[origin]?.setUps -= 1
        if wasSlow { places[origin]?.slowSetUps -= 1 }
        return fillPlaces(of: origin)
    }

    /// The making of a connection takes so long that nobody is to wait for its end.
    ///
    /// - Returns: who is to be given `setUp`.
    mutating func setUpIsSlow(of origin: Origin) -> [Waiter] {
        places[origin, default: OriginState()].slowSetUps += 1
        return fillPlaces(of: origin)
    }

    private mutating func fillPlaces(of origin: Origin) -> [Waiter] {
        var next: [Waiter] = []
        while let waiter = takeLongestWaiting() { next.append(waiter) }
        forget(origin)
        return next
    }

    /// A connection stands, and carries the stream that it was made for.
    ///
    /// - Parameter streams: how many it may carry; nil by HTTP/1.1.
    /// - Returns: whether it is wanted; a pool that was shut down meanwhile wants none.
    mutating func opened(_ connection: Connection, id: UInt64, of origin: Origin, streams: Int? = nil) -> Bool {
        guard !isShutDown else { return false }
        let streams = streams ?? 1
        open[id] = Shared(connection: connection, streams: streams)
        places[origin, default: OriginState()].openCount += 1
        if streams > 0 { places[origin]?.streamsPerConnection = streams }
        statistics.connectionsOpened += 1
        statistics.connectionsOpen += 1
        return true
    }

    /// A connection could not be made: the next ones are not waited for one by one.
    mutating func setUpFailed(of origin: Origin) {
        statistics.handshakesFailed += 1
        if places[origin]?.streamsPerConnection == nil { places[origin]?.streamsPerConnection = 1 }
    }

    /// A connection carries a stream less: the longest waiting one of its origin gets the place, but where one starves.
    ///
    /// - Parameter responseSeconds: how long its request waited for the first byte of a response.
    mutating func free(
        _ connection: Connection, id: UInt64, of origin: Origin, responseSeconds: Double? = nil
    ) -> PoolReturn<Waiter> {
        guard open[id] != nil, !isShutDown else { return .keep }
        open[id]?.inUse -= 1
        if let responseSeconds { places[origin]?.learn(responseSeconds) }
        guard open[id]?.hasRoom == true else { return .keep }
        if let waiter = takeWaiting(for: id, origin) { return .give(waiter) }
        if open[id]?.inUse == 0, let starving = places[origin]?.starving.first {
            places[origin]?.starving.remove(starving)
            return .close
        }
        list(id, origin)
        return .keep
    }

    /// Takes an idle connection away, because its lifetime is over.
    ///
    /// - Returns: whether it was idle; a stream has it otherwise.
    mutating func retire(_ id: UInt64, of origin: Origin) -> Bool {
        guard open[id]?.inUse == 0 else { return false }
        unlist(id, origin)
        open[id]?.streams = 0
        return true
    }

    /// A connection has closed.
    mutating func closed(_ id: UInt64, of origin: Origin) {
        guard open[id] != nil else { return }
        unlist(id, origin)
        open[id] = nil
        statistics.connectionsOpen -= 1
        places[origin]?.openCount -= 1
        forget(origin)
    }

    /// Refuses all that comes and gives out all that is to be ended.
    mutating func shutDown() -> (waiters: [Waiter], connections: [Connection]) {
        isShutDown = true
        defer {
            waiters = [:]
            for origin in places.keys {
                places[origin]?.withRoom = []
                places[origin]?.starving = []
            }
            forgetQueuesIfEmpty()
        }
        return (Array(waiters.values), connections)
    }
}
