/// How the streams of a run are shared: each provider with jobs left may have an equal part, and what others do not
/// need (Contract, "Concurrency and rates").
///
/// So the streams of a slow provider do not fill the run while a fast one has jobs: its part is kept free for it.
struct SlotShares {
    /// What a provider has and needs.
    struct Demand {
        var running: Int
        /// The most streams that it can use; 0 where its jobs wait for something else.
        var needed: Int
    }

    private let free: Int
    private let share: Int
    private let demands: [Demand]
    /// What is kept free for all of them.
    private let reserved: Int

    /// - Parameters:
    ///   - demands: of the providers that have jobs.
    ///   - total: the streams that may be open in all.
    ///   - running: those that are, also of providers without jobs left.
    ///   - sharers: how many of the demands are for more; nil for all.
    init(_ demands: [Demand], total: Int, running: Int, sharers: Int? = nil) {
        self.demands = demands
        free = total - running
        let share = max(1, total / max(1, sharers ?? demands.count))
        self.share = share
        reserved = demands.reduce(0) { $0 + Self.kept($1, share) }
    }

    /// Whether a provider may have one more.
    func mayStart(_ index: Int) -> Bool {
        demands[index].running < share || free > reserved - Self.kept(demands[index], share)
    }

    private static func kept(_ demand: Demand, _ share: Int) -> Int {
        max(0, min(share, demand.needed) - demand.running)
    }
}

// MARK: In which order providers and their models come

extension Admission {
    /// The providers with jobs, the one with the fewest streams first and of these the one that waits the longest, and
    /// whether they may have one more; and when the next waiting job of another is due.
    func candidates(
        at now: Duration, unixMilliseconds: Int64
    ) -> (found: [(provider: Int, mayStart: Bool)], nextDue: Int64?) {
        var found: [Int] = []
        var nextDue: Int64?
        for (index, provider) in providers.all.enumerated() where provider.stopReason == nil {
            var hasDemand = false
            for model in provider.models where model.stopReason == nil {
                if model.hasDemand(at: unixMilliseconds) {
                    hasDemand = true
                } else if let due = model.queue.nextDueTime {
                    nextDue = min(nextDue ?? due, due)
                }
            }
            if hasDemand { found.append(index) }
        }
        guard found.count > 1 else { return (found.map { ($0, true) }, nextDue) }
        let demands = found.map { index in
            let provider = providers[index]
            let needed = provider.isPaused(at: now) ? 0 : provider.neededStreams(at: now)
            return SlotShares.Demand(running: provider.running, needed: needed)
        }
        let shares = SlotShares(demands, total: width.limit, running: running)
        let order = found.indices.sorted { first, second in
            (providers[found[first]].askedRank, demands[first].running, providers[found[first]].lastStart)
                < (providers[found[second]].askedRank, demands[second].running, providers[found[second]].lastStart)
        }
        return (order.map { (found[$0], providers[found[$0]].askedRank == 0 || shares.mayStart($0)) }, nextDue)
    }
}

extension ProviderState {
    /// How its streams are shared by its models; nil where that is of no concern.
    ///
    /// A model that could be sent nothing for a moment, for its rate, finds a stream kept free: otherwise another whose
    /// streams hang would have them all by and by.
    ///
    /// - Parameter free: how many more the run may open.
    func shares(at now: Duration, unixMilliseconds: Int64, free: Int) -> SlotShares? {
        guard models.count > 1, endpoints.contains(where: { $0.takesAll }) else { return nil }
        var waiting = 0
        let demands = models.enumerated().map { index, model in
            let isWaiting = model.hasDemand(at: unixMilliseconds) && mayTake(index, at: now)
            if isWaiting { waiting += 1 }
            return SlotShares.Demand(running: model.running, needed: isWaiting ? model.running + 1 : 0)
        }
        guard waiting > 1 else { return nil }
        let bound = total?.window.bound ?? endpoints[0].limiter.window.bound
        return SlotShares(demands, total: min(running + free, bound), running: running, sharers: waiting)
    }

    /// Whether a model waits at some endpoint for nothing but streams and rates.
    private func mayTake(_ model: Int, at now: Duration) -> Bool {
        endpoints.contains { endpoint in
            let state = endpoint.models[model]
            return endpoint.stopReason == nil && state.stopReason == nil && state.outage.since == nil
                && !state.limiter.isPaused(at: now)
        }
    }

    /// Its models, the one with the fewest streams first and of these the one that waits the longest: where few streams
    /// are open, none would be left behind for ever.
    var order: [Int] {
        guard models.count > 1 else { return Array(models.indices) }
        if let probed { return probed.orderOfProbes }
        return models.indices.sorted { first, second in
            (models[first].askedRank, models[first].running, models[first].lastStart)
                < (models[second].askedRank, models[second].running, models[second].lastStart)
        }
    }

    /// 0 where a job is at hand that the user wants next, else 1.
    fileprivate var askedRank: Int { models.contains { $0.askedRank == 0 } ? 0 : 1 }
}

extension EndpointState {
    /// Whether it is neither out nor probed, as far as it is not a model's concern.
    fileprivate var takesAll: Bool { stopReason == nil && outage.since == nil && !limiter.isProbeDue }
}

extension ModelState {
    /// 0 where a job is at hand that the user wants next, else 1.
    fileprivate var askedRank: Int { stopReason == nil && queue.hasAsked ? 0 : 1 }
}
