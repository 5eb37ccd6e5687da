/// Which endpoint a job goes to (Contract, "Pools").
///
/// Of those that may take one more stream the one that holds its beginning, unless it is too far ahead of the least
/// loaded; else the least loaded. A home that may take none is waited for, and so is a job that warms, but not for
/// longer than is told.
struct EndpointChoice: Sendable {
    /// What is to become of a job.
    enum Answer: Sendable, Equatable {
        case send(Int)
        /// A job warms its home, and is waited for until a time since the run's start at most.
        case waitForWarming(Int64, endpoint: Int, until: Duration)
        /// These hold its beginning and may take no more.
        case waitForHome(EndpointSet)
        /// No endpoint may take one more stream.
        case none
    }

    /// How endpoints are chosen and jobs put in order: `--order`, `--warm-first`.
    enum Order: Sendable, Equatable {
        /// As the input has them, to the least loaded endpoint.
        case input
        /// By what they have in common at their beginning.
        case prefix(warmsFirst: Bool)
    }

    let order: Order
    /// The endpoints that may take one more stream.
    let free: [EndpointLoad]

    init(_ order: Order, free: [EndpointLoad]) {
        self.order = order
        self.free = free
    }

    /// Where a job goes.
    ///
    /// - Parameters:
    ///   - isAlone: whether no other is known that begins as it does, so that its longest level is likely its own.
    func answer(
        _ chain: PrefixChain, _ homes: PrefixHomes, isAlone: Bool = true, at now: Duration
    ) -> Answer {
        guard let least = free.leastLoaded() else { return .none }
        guard case .prefix(let warmsFirst) = order, !chain.isEmpty else { return .send(least.index) }
        let needed = isAlone ? chain.homeDepth : chain.count
        let home = homes.home(of: chain)
        let known = max(home.depth, needed - 1)
        if warmsFirst, let warming = homes.warming(of: chain, beyond: known, at: now) {
            return .waitForWarming(warming.job, endpoint: warming.endpoint, until: warming.until)
        }
        guard home.depth >= needed else { return .send(least.index) }
        let best = free.leastLoaded { home.endpoints.contains($0.index) }
        if let best { return .send(best.isTooFarAhead(of: least) ? least.index : best.index) }
        return .waitForHome(home.endpoints)
    }
}
