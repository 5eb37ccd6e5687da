import LLMStreaming

/// Decides which job is sent next, and when: one step over streams, rates, pauses, outages, the user's bounds and
/// fairness (SPEC 7).
///
/// A value that reads no clock and asks no store; times are since the run's start. It grows with the lanes, with the
/// jobs in work and with the numbers of those that wait for another try.
struct Admission {
    /// What is asked of the run as a whole and of its providers.
    let configuration: RunConfiguration
    private(set) var providers: [ProviderLanes] = []
    private(set) var jobs: JobsInWork
    /// The streams that are open.
    private(set) var running = 0
    /// What may be used up, and what is.
    var cost: Budget
    var tokens: Budget
    /// Rates that headers changed, until they are told.
    var limitChanges: [(name: String, resource: RateLimit.Resource, perMinute: Double)] = []
    private var places: [Lane: LanePlace] = [:]
    private var flights: [Int64: Flight] = [:]

    init(_ configuration: RunConfiguration) {
        self.configuration = configuration
        jobs = JobsInWork(maximumJobs: configuration.maximumJobs)
        cost = configuration.cost
        tokens = configuration.tokens
    }

    // MARK: Lanes

    /// Takes the lanes that have jobs; those that are known look for more.
    ///
    /// - Parameter isConfigured: whether there is somebody to send a provider's jobs to.
    mutating func add(_ lanes: [Lane], isConfigured: (_ provider: String) -> Bool) {
        for lane in lanes where places[lane] == nil {
            let provider = provider(lane.provider)
            if !isConfigured(lane.provider) { stop(provider, reason: "no such provider is configured") }
            providers[provider].models.append(
                ModelLane(lane, limits: configuration.limits[lane.name] ?? ProviderLimits(), most: most))
            places[lane] = LanePlace(provider: provider, model: providers[provider].models.count - 1)
        }
        for provider in providers.indices {
            for model in providers[provider].models.indices { providers[provider].models[model].queue.refresh() }
        }
    }

    private var most: Int { configuration.concurrency }

    private mutating func provider(_ name: String) -> Int {
        if let known = providers.firstIndex(where: { $0.name == name }) { return known }
        providers.append(
            ProviderLanes(name, limits: configuration.limits[name] ?? ProviderLimits(), most: most))
        return providers.count - 1
    }

    /// A lane as it is.
    subscript(_ place: LanePlace) -> ModelLane { providers[place.provider].models[place.model] }

    /// Changes a lane in place.
    mutating func change<Result>(_ place: LanePlace, _ body: (inout ModelLane) -> Result) -> Result {
        body(&providers[place.provider].models[place.model])
    }

    /// Where a job in work is.
    func flight(_ jobID: Int64) -> Flight? { flights[jobID] }

    // MARK: The next job

    /// What the runner does next.
    ///
    /// - Parameters:
    ///   - unixMilliseconds: the wall clock, by which waiting jobs are due.
    ///   - allowed: the streams that may be open in all.
    mutating func next(at now: Duration, unixMilliseconds: Int64, allowed: Int) -> AdmissionStep {
        stopWhatIsOutTooLong(at: now)
        guard running < allowed else { return .wait(until: nil, due: nil) }
        var nearest = Nearest()
        let candidates = candidates(at: now, unixMilliseconds, &nearest)
        for (provider, mayStart) in candidates where mayStart {
            switch providers[provider].admittance(at: now) {
            case .now: providers[provider].wait = nil
            case .later(let time, let reason):
                providers[provider].wait = (reason, time)
                nearest.add(time)
                continue
            case .held(let reason):
                providers[provider].wait = (reason, nil)
                continue
            }
            if let step = next(of: provider, at: now, unixMilliseconds, &nearest) { return step }
        }
        return .wait(until: nearest.time, due: nearest.due)
    }

    /// The times at which something may be possible that is not now.
    private struct Nearest {
        var time: Duration?
        var due: Int64?

        mutating func add(_ other: Duration) { time = min(time ?? other, other) }
        mutating func add(due other: Int64) { due = min(due ?? other, other) }
    }

    /// The providers with jobs, the one with the fewest streams first, and whether they may have one more.
    private func candidates(
        at now: Duration, _ unixMilliseconds: Int64, _ nearest: inout Nearest
    ) -> [(provider: Int, mayStart: Bool)] {
        var found: [Int] = []
        for (index, provider) in providers.enumerated() where provider.stopReason == nil {
            var hasDemand = false
            for model in provider.models where model.stopReason == nil {
                if model.hasDemand(at: unixMilliseconds) {
                    hasDemand = true
                } else if let due = model.queue.nextDueTime {
                    nearest.add(due: due)
                }
            }
            if hasDemand { found.append(index) }
        }
        guard found.count > 1 else { return found.map { ($0, true) } }
        let shares = SlotShares(
            found.map { index in
                let provider = providers[index]
                let needed = provider.isPaused(at: now) ? 0 : provider.neededStreams(at: now)
                return SlotShares.Claim(running: provider.gate.running, needed: needed)
            }, total: most, running: running)
        return found.indices.sorted { providers[found[$0]].gate.running < providers[found[$1]].gate.running }
            .map { (found[$0], shares.mayStart($0)) }
    }

    /// The next step for a provider that may be sent something, the lane with the fewest streams first.
    private mutating func next(
        of provider: Int, at now: Duration, _ unixMilliseconds: Int64, _ nearest: inout Nearest
    ) -> AdmissionStep? {
        for model in order(of: provider) {
            let place = LanePlace(provider: provider, model: model)
            guard self[place].stopReason == nil else { continue }
            if dropHeads(place) { return .read(place) }
            if self[place].queue.needsReading(at: unixMilliseconds) { return .read(place) }
            guard let job = self[place].queue.head else { continue }
            switch admittance(of: job, at: place, now) {
            case .now: return start(place, at: now)
            case .later(let time, let reason):
                change(place) { $0.wait = (reason, time) }
                nearest.add(time)
            case .held(let reason): change(place) { $0.wait = (reason, nil) }
            }
        }
        return nil
    }

    private func order(of provider: Int) -> [Int] {
        let models = providers[provider].models
        guard models.count > 1 else { return Array(models.indices) }
        return models.indices.sorted { models[$0].gate.running < models[$1].gate.running }
    }

    /// Takes away what may not be sent, from the front of a lane: jobs in work, which are seen again where they do not
    /// wait between two tries, and new ones beyond the user's bound.
    ///
    /// - Returns: whether the lane's jobs at hand came to their end by that.
    private mutating func dropHeads(_ place: LanePlace) -> Bool {
        var isDropped = false
        while let job = self[place].queue.head {
            let isNew = !self[place].queue.waiting.contains(job.id)
            let isTooMany = isNew && jobs.isFull
            guard isTooMany || jobs.contains(job.id) else { return false }
            guard let (taken, waited) = change(place, { $0.queue.take() }) else { return false }
            isDropped = true
            if isTooMany, !jobs.contains(taken.id) { jobs.leaveAlone(taken.id, waited: waited) }
        }
        return isDropped
    }

    private func size(of job: Job, _ place: LanePlace) -> (bytes: Int, size: RequestSize) {
        let bytes = job.request.count + (job.partial?.answer.text.utf8.count ?? 0)
        return (bytes, self[place].tokens.size(bytes: bytes))
    }

    private func admittance(of job: Job, at place: LanePlace, _ now: Duration) -> Admittance {
        let lane = self[place]
        let gate = lane.gate.admittance(at: now)
        guard gate == .now else { return gate }
        let size = size(of: job, place).size
        let ofProvider = providers[place.provider].gate.admittance(of: size, at: now)
        let ofModel = lane.gate.admittance(of: size, at: now)
        switch (ofProvider, ofModel) {
        case (.now, .now): break
        case (.later(let time, _), .later(let later, _)): return time > later ? ofProvider : ofModel
        case (.now, _): return ofModel
        default: return ofProvider
        }
        let reservation = reservation(for: job, at: place)
        return cost.allows(reservation.cost) && tokens.allows(reservation.tokens) ? .now : .held(.budget)
    }

    private func reservation(for job: Job, at place: LanePlace) -> Reservation {
        guard cost.cap != nil || tokens.cap != nil else { return .none }
        let lane = self[place]
        return Reservation(
            job, bytes: size(of: job, place).bytes, largestOutput: lane.tokens.largestOutput,
            price: configuration.prices.price(of: lane.lane))
    }

    /// The user's bound that keeps jobs from being sent; nil where none does.
    var spentBudget: String? {
        let isSpent = providers.contains { $0.models.contains { $0.wait?.reason == .budget } }
        guard isSpent else { return nil }
        return cost.cap == nil ? "max-tokens-total" : tokens.cap == nil ? "max-cost" : "max-cost or --max-tokens-total"
    }

    private mutating func start(_ place: LanePlace, at now: Duration) -> AdmissionStep? {
        guard let job = change(place, { $0.queue.take() })?.job else { return nil }
        let (bytes, size) = size(of: job, place)
        let reservation = reservation(for: job, at: place)
        cost.reserve(reservation.cost)
        tokens.reserve(reservation.tokens)
        let isProbe =
            providers[place.provider].outage.since != nil || providers[place.provider].gate.isProbeDue
            || self[place].gate.isProbeDue
        flights[job.id] = Flight(
            place: place, size: size, bytes: bytes, reservation: reservation, started: now)
        let isNew = !change(place) { $0.queue.begin(job.id) }
        jobs.begin(job.id, isNew: isNew)
        running += 1
        change(place) { lane in
            lane.wait = nil
            lane.gate.start(job.id, size, at: now)
        }
        providers[place.provider].gate.start(job.id, size, at: now)
        providers[place.provider].outage.start(job.id, at: now)
        return .start(job, isProbe: isProbe)
    }

    // MARK: What becomes of it

    /// Takes that a job's stream goes on at once with another request.
    mutating func startAgain(_ jobID: Int64, at now: Duration) {
        guard var flight = flights[jobID] else { return }
        flight.started = now
        flights[jobID] = flight
        cost.reserve(flight.reservation.cost)
        tokens.reserve(flight.reservation.tokens)
        change(flight.place) { $0.gate.startAgain(flight.size, at: now) }
        providers[flight.place.provider].gate.startAgain(flight.size, at: now)
    }

    /// Takes what an attempt used up.
    ///
    /// - Returns: what it cost, as far as that is known.
    mutating func settle(_ jobID: Int64, _ result: StreamResult) -> Double? {
        guard let flight = flights[jobID] else { return nil }
        let lane = self[flight.place].lane
        let known = configuration.prices.cost(of: result, in: lane)
        let used = flight.reservation.used(result, cost: known, price: configuration.prices.price(of: lane))
        cost.settle(reserved: flight.reservation.cost, used: used.cost)
        tokens.settle(reserved: flight.reservation.tokens, used: used.tokens)
        return known
    }

    /// Changes the provider that a job in work is of.
    mutating func update(_ jobID: Int64, _ change: (Flight, inout ProviderLanes) -> Void) {
        guard let flight = flights[jobID] else { return }
        change(flight, &providers[flight.place.provider])
    }

    /// Takes the end of a job's stream: its slot is free.
    mutating func release(_ jobID: Int64, at now: Duration) {
        guard let flight = flights[jobID], flight.isOpen else { return }
        flights[jobID]?.isOpen = false
        running -= 1
        change(flight.place) { $0.gate.release(jobID, at: now) }
        providers[flight.place.provider].gate.release(jobID, at: now)
        providers[flight.place.provider].outage.gaveUp(jobID, at: now)
    }

    /// A job's end, or that it waits, is committed.
    mutating func finish(_ jobID: Int64, waits: Bool, at now: Duration) {
        release(jobID, at: now)
        jobs.finish(jobID)
        guard let flight = flights.removeValue(forKey: jobID) else { return }
        let isStopped = self[flight.place].stopReason != nil || providers[flight.place.provider].stopReason != nil
        change(flight.place) { $0.queue.finish(jobID, waits: waits && !isStopped) }
    }

    /// Leaves waiting jobs alone that would be too many.
    ///
    /// - Returns: whether all of these are left alone.
    mutating func leaveAlone(_ waiting: [Job], at place: LanePlace) -> Bool {
        for job in waiting {
            guard !self[place].queue.waiting.contains(job.id) else { return false }
            jobs.leaveAlone(job.id, waited: true)
        }
        return true
    }

    // MARK: Stops

    /// Sends nothing more to a provider.
    mutating func stop(_ provider: Int, reason: String) {
        guard providers[provider].stopReason == nil else { return }
        providers[provider].stopReason = reason
        providers[provider].wait = nil
        for model in providers[provider].models.indices { providers[provider].models[model].queue.close() }
    }

    /// Sends nothing more to a model.
    mutating func stop(_ place: LanePlace, reason: String) {
        guard self[place].stopReason == nil else { return }
        change(place) { lane in
            lane.stopReason = reason
            lane.wait = nil
            lane.queue.close()
        }
    }

    /// Sends nothing more to a job's provider.
    mutating func stopProvider(of jobID: Int64, reason: String) {
        if let flight = flights[jobID] { stop(flight.place.provider, reason: reason) }
    }

    /// Sends nothing more to a job's model.
    mutating func stopModel(of jobID: Int64, reason: String) {
        if let flight = flights[jobID] { stop(flight.place, reason: reason) }
    }

    /// Whether some of these providers may be sent something.
    func mayAdmit(to names: some Sequence<String>) -> Bool {
        names.contains { name in !providers.contains { $0.name == name && $0.stopReason != nil } }
    }

    /// What gets no more requests, and why: providers, and models as `provider/model`.
    var stopReasons: [String: String] {
        var reasons: [String: String] = [:]
        for provider in providers {
            if let reason = provider.stopReason { reasons[provider.name] = reason }
            for model in provider.models where provider.stopReason == nil {
                if let reason = model.stopReason { reasons[model.lane.name] = reason }
            }
        }
        return reasons
    }

    private mutating func stopWhatIsOutTooLong(at now: Duration) {
        for index in providers.indices where providers[index].stopReason == nil {
            guard let since = providers[index].outage.since, now - since >= configuration.outageTimeout else {
                continue
            }
            stop(
                index,
                reason: "out for \(Int((now - since).seconds)) s: \(providers[index].outage.reason)")
        }
    }
}

extension ProviderLanes {
    /// The most streams that it can use at the moment.
    func neededStreams(at now: Duration) -> Int {
        let ofModels = models.reduce(0) { sum, model in
            model.stopReason == nil ? sum + (model.gate.neededStreams(at: now) ?? model.gate.width.streams) : sum
        }
        return min(gate.neededStreams(at: now) ?? gate.width.streams, ofModels)
    }
}
