import LLMStreaming
import NIOCore

/// The places in which connections are set up.
extension PoolState {
    func maySetUp(_ origin: Origin, isQueued: Bool) -> Bool {
        let state = places[origin] ?? OriginState()
        return state.maySetUp(
            besides: setUps, maximum: maximumSetUps, waiting: state.queue.count + (isQueued ? 0 : 1),
            mayCarryMany: mayCarryMany(origin))
    }

    mutating func beginSetUp(_ origin: Origin) {
        setUps += 1
        places[origin, default: OriginState()].setUps += 1
    }

    /// Takes who waits the longest of those whose origin has a place, for it.
    mutating func takeLongestWaiting() -> Waiter? {
        guard !waiters.isEmpty else { return nil }
        var oldest: (id: UInt64, origin: Origin)?
        for origin in places.keys {
            while let first = places[origin]?.queue.first, waiters[first] == nil { places[origin]?.queue.removeFirst() }
            guard let first = places[origin]?.queue.first, maySetUp(origin, isQueued: true) else { continue }
            if oldest.map({ first < $0.id }) ?? true { oldest = (first, origin) }
        }
        guard let oldest else { return nil }
        places[oldest.origin]?.queue.removeFirst()
        beginSetUp(oldest.origin)
        defer { forgetQueuesIfEmpty() }
        return waiters.removeValue(forKey: oldest.id)
    }

    mutating func forgetQueuesIfEmpty() {
        guard waiters.isEmpty else { return }
        for origin in places.keys where places[origin]?.queue.isEmpty == false { places[origin]?.queue.removeAll() }
    }

    mutating func forget(_ origin: Origin) {
        if places[origin]?.isEmpty == true { places[origin] = nil }
    }
}

// MARK: The room on connections

extension PoolState {
    /// The server takes another number of streams at once on a connection; 0 for no new ones.
    ///
    /// - Returns: who gets a place on it.
    mutating func resize(_ id: UInt64, of origin: Origin, streams: Int) -> [Waiter] {
        guard open[id] != nil, !isShutDown else { return [] }
        open[id]?.streams = streams
        if streams > 0 { places[origin]?.streamsPerConnection = streams }
        return fill(id, of: origin)
    }

    /// Gives the room on a connection to who waits for its origin.
    ///
    /// - Returns: who gets a place on it.
    mutating func fill(_ id: UInt64, of origin: Origin) -> [Waiter] {
        var next: [Waiter] = []
        while open[id]?.hasRoom == true, let waiter = takeWaiting(for: id, origin) { next.append(waiter) }
        if open[id]?.hasRoom == true, !isShutDown { list(id, origin) } else { unlist(id, origin) }
        return next
    }

    /// Takes a place on a connection for the longest waiting stream.
    mutating func takeWaiting(for id: UInt64, _ origin: Origin) -> Waiter? {
        while let first = places[origin]?.queue.popFirst() {
            guard let waiter = waiters.removeValue(forKey: first) else { continue }
            forgetQueuesIfEmpty()
            statistics.connectionsReused += 1
            open[id]?.inUse += 1
            return waiter
        }
        return nil
    }

    mutating func takeRoom(_ origin: Origin) -> Connection? {
        while let id = places[origin]?.withRoom.last {
            guard var shared = open[id], shared.isListed, shared.hasRoom else {
                places[origin]?.withRoom.removeLast()
                open[id]?.isListed = false
                continue
            }
            shared.inUse += 1
            open[id] = shared
            if !shared.hasRoom { unlist(id, origin) }
            return shared.connection
        }
        return nil
    }

    mutating func list(_ id: UInt64, _ origin: Origin) {
        guard open[id]?.isListed == false else { return }
        open[id]?.isListed = true
        places[origin, default: OriginState()].withRoom.append(id)
    }

    mutating func unlist(_ id: UInt64, _ origin: Origin) {
        guard open[id]?.isListed == true else { return }
        open[id]?.isListed = false
        if places[origin]?.withRoom.last == id { places[origin]?.withRoom.removeLast() }
        // The gone ones are swept when they are the most.
        if places[origin].map({ $0.withRoom.count > 2 * $0.openCount + 16 }) == true {
            places[origin]?.withRoom.removeAll { open[$0]?.isListed != true }
        }
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
        guard let state = places[origin], state.isStarving(after: seconds), !isShutDown else { return nil }
        if let idle = state.withRoom.first(where: { open[$0]?.isListed == true && open[$0]?.inUse == 0 }) {
            unlist(idle, origin)
            return open[idle]?.connection
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
