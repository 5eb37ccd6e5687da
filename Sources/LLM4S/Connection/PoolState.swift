import LLMStreaming
import NIOCore

/// What a stream that asked for a connection gets.
enum PoolGrant<Connection: Sendable>: Sendable {
    /// A connection that was idle.
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
/// Idle connections are reused newest first: the oldest then reach the end of their lifetime. Streams without one wait
/// in order for one of the places in which connections of their origin are set up, or for one of it that becomes idle
/// before. An origin whose connections never stand holds the places of no other. Every verb takes amortised constant
/// time, however many wait; the end of a set-up looks at the origins, which are few.
struct PoolState<Connection: Sendable, Waiter: Sendable> {
    private let maximumSetUps: Int
    private var setUps = 0
    private var isShutDown = false
    private var places: [Origin: OriginState] = [:]
    private var idleConnections: [UInt64: Connection] = [:]
    private var waiters: [UInt64: Waiter] = [:]
    /// The open connections, idle or not.
    private var open: [UInt64: Connection] = [:]
    private(set) var statistics = TransportStatistics()

    init(maximumSetUps: Int) { self.maximumSetUps = maximumSetUps }

    /// The open connections, idle or not.
    var connections: [Connection] { Array(open.values) }

    /// How many wait.
    var waitingCount: Int { waiters.count }

    /// Gives a stream what is there; nil where it has to wait.
    mutating func request(_ origin: Origin) -> PoolGrant<Connection>? {
        if isShutDown { return .refused }
        if let connection = takeIdle(origin) {
            statistics.connectionsReused += 1
            return .reuse(connection)
        }
        guard (places[origin] ?? OriginState()).maySetUp(besides: setUps, maximum: maximumSetUps) else { return nil }
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

    /// A connection stands.
    ///
    /// - Returns: whether it is wanted; a pool that was shut down meanwhile wants none.
    mutating func opened(_ connection: Connection, id: UInt64, of origin: Origin) -> Bool {
        guard !isShutDown else { return false }
        open[id] = connection
        places[origin, default: OriginState()].openCount += 1
        statistics.connectionsOpened += 1
        statistics.connectionsOpen += 1
        return true
    }

    /// A connection could not be made.
    mutating func setUpFailed() { statistics.handshakesFailed += 1 }

    /// A connection is free: it goes to the longest waiting stream of its origin, else it becomes idle, but where a
    /// stream starves.
    ///
    /// - Parameter responseSeconds: how long its last request waited for the first byte of a response.
    mutating func free(
        _ connection: Connection, id: UInt64, of origin: Origin, responseSeconds: Double? = nil
    ) -> PoolReturn<Waiter> {
        guard open[id] != nil, !isShutDown else { return .keep }
        if let responseSeconds { places[origin]?.learn(responseSeconds) }
        while let first = places[origin]?.queue.popFirst() {
            guard let waiter = waiters.removeValue(forKey: first) else { continue }
            forgetQueuesIfEmpty()
            statistics.connectionsReused += 1
            return .give(waiter)
        }
        if let starving = places[origin]?.starving.first {
            places[origin]?.starving.remove(starving)
            return .close
        }
        idleConnections[id] = connection
        places[origin, default: OriginState()].idle.append(id)
        return .keep
    }

    /// Takes an idle connection away, because its lifetime is over.
    ///
    /// - Returns: whether it was idle; a stream has it otherwise.
    mutating func retire(_ id: UInt64, of origin: Origin) -> Bool {
        guard idleConnections.removeValue(forKey: id) != nil else { return false }
        guard places[origin] != nil else { return true }
        if places[origin]?.idle.last == id { places[origin]?.idle.removeLast() }
        // The gone ones are swept when they are the most.
        if places[origin]?.idle.count ?? 0 > 2 * idleConnections.count + 16 {
            places[origin]?.idle.removeAll { idleConnections[$0] == nil }
        }
        return true
    }

    /// A connection has closed.
    mutating func closed(_ id: UInt64, of origin: Origin) {
        guard open.removeValue(forKey: id) != nil else { return }
        statistics.connectionsOpen -= 1
        _ = retire(id, of: origin)
        places[origin]?.openCount -= 1
        forget(origin)
    }

    /// Refuses all that comes and gives out all that is to be ended.
    mutating func shutDown() -> (waiters: [Waiter], connections: [Connection]) {
        isShutDown = true
        defer {
            waiters = [:]
            idleConnections = [:]
            for origin in places.keys {
                places[origin]?.idle = []
                places[origin]?.starving = []
            }
            forgetQueuesIfEmpty()
        }
        return (Array(waiters.values), Array(open.values))
    }

    private mutating func beginSetUp(_ origin: Origin) {
        setUps += 1
        places[origin, default: OriginState()].setUps += 1
    }

    /// Takes who waits the longest of those whose origin has a place, for it.
    private mutating func takeLongestWaiting() -> Waiter? {
        guard !waiters.isEmpty else { return nil }
        var oldest: (id: UInt64, origin: Origin)?
        for origin in places.keys {
            while let first = places[origin]?.queue.first, waiters[first] == nil { places[origin]?.queue.removeFirst() }
            guard let place = places[origin], let first = place.queue.first,
                place.maySetUp(besides: setUps, maximum: maximumSetUps)
            else { continue }
            if oldest.map({ first < $0.id }) ?? true { oldest = (first, origin) }
        }
        guard let oldest else { return nil }
        places[oldest.origin]?.queue.removeFirst()
        beginSetUp(oldest.origin)
        defer { forgetQueuesIfEmpty() }
        return waiters.removeValue(forKey: oldest.id)
    }

    private mutating func takeIdle(_ origin: Origin) -> Connection? {
        while let id = places[origin]?.idle.popLast() {
            if let connection = idleConnections.removeValue(forKey: id) { return connection }
        }
        return nil
    }

    private mutating func forgetQueuesIfEmpty() {
        guard waiters.isEmpty else { return }
        for origin in places.keys where places[origin]?.queue.isEmpty == false { places[origin]?.queue.removeAll() }
    }

    private mutating func forget(_ origin: Origin) {
        if places[origin]?.isEmpty == true { places[origin] = nil }
    }
}

// MARK: Servers that take a number of connections and no more

extension PoolState {
    /// A new connection's request, or its making, has waited for that long without a byte; `id` distinguishes it.
    ///
    /// A server that takes 100 connections leaves the next ones in its backlog, where all looks well from here. What it
    /// serves is answered meanwhile: a request that waits for much longer than those is starving. Closing a connection
    /// that has nothing to do, or the next one that becomes free, lets its own be taken.
    ///
    /// - Returns: an idle connection that is to be closed.
    mutating func starve(_ id: UInt64, of origin: Origin, seconds: Double) -> Connection? {
        guard places[origin]?.isStarving(after: seconds) == true, !isShutDown else { return nil }
        while let first = places[origin]?.idle.first {
            places[origin]?.idle.removeFirst()
            if let connection = idleConnections.removeValue(forKey: first) { return connection }
        }
        places[origin]?.starving.insert(id)
        return nil
    }

    /// What starved has its response, or is over.
    mutating func endStarvation(_ id: UInt64, of origin: Origin) {
        places[origin]?.starving.remove(id)
        forget(origin)
    }
}
