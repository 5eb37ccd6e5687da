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

/// Who has which connection and who waits for one: a value, so that its rules can be tested without sockets.
///
/// Idle connections are reused newest first: the oldest then reach the end of their lifetime. Streams without one wait
/// in order for one of the places in which connections are set up, or for one of their origin that becomes idle before.
/// Every verb takes amortised constant time, however many wait.
struct PoolState<Connection: Sendable, Waiter: Sendable> {
    private let maximumSetUps: Int
    private var setUps = 0
    private var isShutDown = false
    /// Newest last; an ID without a connection belongs to one that is gone.
    private var idle: [Origin: [UInt64]] = [:]
    private var idleConnections: [UInt64: Connection] = [:]
    private var waiters: [UInt64: (waiter: Waiter, origin: Origin)] = [:]
    /// Oldest first, all of them and by origin; an ID without a waiter belongs to one that is gone.
    private var queue = CircularBuffer<UInt64>()
    private var queues: [Origin: CircularBuffer<UInt64>] = [:]
    /// The open connections, idle or not.
    private var open: [UInt64: Connection] = [:]
    private(set) var statistics = TransportStatistics()

    /// So many connections may be set up at once however few stand.
    private static var firstSetUps: Int { 8 }

    init(maximumSetUps: Int) { self.maximumSetUps = maximumSetUps }

    /// How many connections may be set up at once: an eighth of those that stand.
    ///
    /// So a start is a ramp and not a burst, and where streams are short, one that waits gets a connection that becomes
    /// free sooner than a new one would stand.
    private var setUpBound: Int { min(maximumSetUps, max(Self.firstSetUps, open.count / 8)) }

    /// How many wait.
    var waitingCount: Int { waiters.count }

    /// Gives a stream what is there; nil where it has to wait.
    mutating func request(_ origin: Origin) -> PoolGrant<Connection>? {
        if isShutDown { return .refused }
        if let connection = takeIdle(origin) {
            statistics.connectionsReused += 1
            return .reuse(connection)
        }
        guard setUps < setUpBound else { return nil }
        setUps += 1
        return .setUp
    }

    /// Puts a stream that got nothing into the queue.
    mutating func enqueue(_ waiter: Waiter, id: UInt64, for origin: Origin) {
        waiters[id] = (waiter, origin)
        queue.append(id)
        queues[origin, default: CircularBuffer()].append(id)
    }

    /// Takes a stream out of the queue that has lost interest; nil where it waits no more.
    mutating func withdraw(_ id: UInt64) -> Waiter? {
        let waiter = waiters.removeValue(forKey: id)?.waiter
        forgetQueuesIfEmpty()
        return waiter
    }

    /// A place for setting up is free again: the longest waiting streams get what places there are.
    ///
    /// - Returns: who is to be given `setUp`.
    mutating func setUpEnded() -> [Waiter] {
        setUps -= 1
        var next: [Waiter] = []
        while setUps < setUpBound, let waiter = takeLongestWaiting() {
            setUps += 1
            next.append(waiter)
        }
        return next
    }

    /// A connection stands.
    ///
    /// - Returns: whether it is wanted; a pool that was shut down meanwhile wants none.
    mutating func opened(_ connection: Connection, id: UInt64) -> Bool {
        guard !isShutDown else { return false }
        open[id] = connection
        statistics.connectionsOpened += 1
        statistics.connectionsOpen += 1
        return true
    }

    /// A connection could not be made.
    mutating func setUpFailed() { statistics.handshakesFailed += 1 }

    /// A connection is free: it goes to the longest waiting stream of its origin, else it becomes idle.
    ///
    /// - Returns: who is to be given the connection.
    mutating func free(_ connection: Connection, id: UInt64, of origin: Origin) -> Waiter? {
        guard open[id] != nil, !isShutDown else { return nil }
        while let first = queues[origin]?.popFirst() {
            guard let waiter = waiters.removeValue(forKey: first)?.waiter else { continue }
            forgetQueuesIfEmpty()
            statistics.connectionsReused += 1
            return waiter
        }
        idleConnections[id] = connection
        idle[origin, default: []].append(id)
        return nil
    }

    /// Takes an idle connection away, because its lifetime is over.
    ///
    /// - Returns: whether it was idle; a stream has it otherwise.
    mutating func retire(_ id: UInt64, of origin: Origin) -> Bool {
        guard idleConnections.removeValue(forKey: id) != nil else { return false }
        guard var stack = idle.removeValue(forKey: origin) else { return true }
        if stack.last == id { stack.removeLast() }
        // The gone ones are swept when they are the most.
        if stack.count > 2 * idleConnections.count + 16 { stack.removeAll { idleConnections[$0] == nil } }
        if !stack.isEmpty { idle[origin] = stack }
        return true
    }

    /// A connection has closed.
    mutating func closed(_ id: UInt64, of origin: Origin) {
        guard open.removeValue(forKey: id) != nil else { return }
        statistics.connectionsOpen -= 1
        _ = retire(id, of: origin)
    }

    /// Refuses all that comes and gives out all that is to be ended.
    mutating func shutDown() -> (waiters: [Waiter], connections: [Connection]) {
        isShutDown = true
        defer {
            waiters = [:]
            idle = [:]
            idleConnections = [:]
            forgetQueuesIfEmpty()
        }
        return (waiters.values.map(\.waiter), Array(open.values))
    }

    private mutating func takeLongestWaiting() -> Waiter? {
        while let id = queue.popFirst() {
            guard let (waiter, origin) = waiters.removeValue(forKey: id) else { continue }
            // Both queues are in order of arrival, so its own ID is the first living one there.
            while let first = queues[origin]?.popFirst(), first != id {}
            forgetQueuesIfEmpty()
            return waiter
        }
        return nil
    }

    private mutating func takeIdle(_ origin: Origin) -> Connection? {
        guard var stack = idle.removeValue(forKey: origin) else { return nil }
        defer { if !stack.isEmpty { idle[origin] = stack } }
        while let id = stack.popLast() {
            if let connection = idleConnections.removeValue(forKey: id) { return connection }
        }
        return nil
    }

    private mutating func forgetQueuesIfEmpty() {
        guard waiters.isEmpty else { return }
        queue.removeAll()
        queues = [:]
    }
}
