/// How the streams of a run are shared: each provider with jobs left may have an equal part, and what others do not
/// need (Contract, "Concurrency and rates").
///
/// So the streams of a slow provider do not fill the run while a fast one has jobs: its part is kept free for it.
struct SlotShares {
    /// What a provider has and needs.
    struct Claim {
        var running: Int
        /// The most streams that it can use; 0 where its jobs wait for something else.
        var needed: Int
    }

    private let free: Int
    private let share: Int
    private let claims: [Claim]
    /// What is kept free for all of them.
    private let reserved: Int

    /// - Parameters:
    ///   - claims: of the providers that have jobs.
    ///   - total: the streams that may be open in all.
    ///   - running: those that are, also of providers without jobs left.
    ///   - sharers: how many of the claims are for more; nil for all.
    init(_ claims: [Claim], total: Int, running: Int, sharers: Int? = nil) {
        self.claims = claims
        free = total - running
        let share = max(1, total / max(1, sharers ?? claims.count))
        self.share = share
        reserved = claims.reduce(0) { $0 + Self.kept($1, share) }
    }

    /// Whether a provider may have one more.
    func mayStart(_ index: Int) -> Bool {
        claims[index].running < share || free > reserved - Self.kept(claims[index], share)
    }

    private static func kept(_ claim: Claim, _ share: Int) -> Int { max(0, min(share, claim.needed) - claim.running) }
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
        let claims = found.map { index in
            let provider = providers[index]
            let needed = provider.isPaused(at: now) ? 0 : provider.neededStreams(at: now)
            return SlotShares.Claim(running: provider.gate.running, needed: needed)
        }
        let shares = SlotShares(claims, total: configuration.concurrency, running: running)
        let order = found.indices.sorted { first, second in
            (claims[first].running, providers[found[first]].lastStart)
                < (claims[second].running, providers[found[second]].lastStart)
        }
        return (order.map { (found[$0], shares.mayStart($0)) }, nextDue)
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
        guard models.count > 1, outage.since == nil, !gate.isProbeDue else { return nil }
        var demands = 0
        let claims = models.map { model in
            let running = model.gate.running
            let isWaiting =
                model.hasDemand(at: unixMilliseconds) && model.outage.since == nil && !model.gate.isPaused(at: now)
            if isWaiting { demands += 1 }
            return SlotShares.Claim(running: running, needed: isWaiting ? running + 1 : 0)
        }
        guard demands > 1 else { return nil }
        let total = min(gate.running + free, gate.width.bound)
        return SlotShares(claims, total: total, running: gate.running, sharers: demands)
    }

    /// Its models, the one with the fewest streams first and of these the one that waits the longest: where few streams
    /// are open, none would be left behind for ever.
    var order: [Int] {
        guard models.count > 1 else { return Array(models.indices) }
        if outage.since != nil { return orderOfProbes }
        return models.indices.sorted { first, second in
            (models[first].gate.running, models[first].lastStart)
                < (models[second].gate.running, models[second].lastStart)
        }
    }
}
