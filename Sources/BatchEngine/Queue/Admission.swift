import LLMStreaming

/// Decides which job is sent next, and when: one step over streams, rates, pauses, outages, the user's bounds and
/// fairness (SPEC 7).
///
/// It reads no clock and asks no store; times are since the run's start. It grows with the lanes, with the
/// jobs in work and with the numbers of those that wait for another try.
struct Admission {
    /// What is asked of the run as a whole and of its providers.
    let configuration: RunConfiguration
    var lanes: Lanes
    private(set) var ledger: Ledger
    private(set) var jobs: JobsInWork
    /// The streams that are open.
    private(set) var running = 0
    /// Whether the end of a stream may make more possible: what was waited for last is not only a time.
    private(set) var isHeld = true
    /// Rates that headers changed, until they are told.
    var limitChanges: [(name: String, resource: RateLimit.Resource, perMinute: Double)] = []
    /// The tries that began.
    private var tries = 0
    /// The jobs in work.
    var flights: [Int64: Flight] = [:]
    /// The open streams that are silent.
    var silentCount = 0
    /// When open streams were last looked at.
    var lastLook = Duration.zero
    /// Whether what is waited for depends on whether open streams go on.
    private(set) var isWatched = false
    /// Whether as many streams are open as the user allows.
    private(set) var isFull = false
    /// Whether a provider or model has as many streams as the user allows it.
    private(set) var isAtBound = false

    /// - Parameter regions: of the providers that bill by them.
    init(_ configuration: RunConfiguration, regions: [String: BillingRegion] = [:]) {
        self.configuration = configuration
        lanes = Lanes(limits: configuration.limits, most: configuration.concurrency)
        ledger = Ledger(configuration, regions: regions)
        jobs = JobsInWork(maximumJobs: configuration.maximumJobs)
    }

    // MARK: The next job

    /// What the runner does next.
    ///
    /// - Parameters:
    ///   - unixMilliseconds: the wall clock, by which waiting jobs are due.
    ///   - allowed: the streams that may be open in all.
    mutating func next(at now: Duration, unixMilliseconds: Int64, allowed: Int) -> AdmissionStep {
        lanes.stopWhatIsOut(for: configuration.outageTimeout, at: now)
        isHeld = running >= allowed
        (isWatched, isFull, isAtBound) = (false, false, false)
        guard !isHeld else { return .wait(until: nil, due: nil) }
        var nearest = Nearest()
        let candidates = candidates(at: now, unixMilliseconds, &nearest)
        isHeld = candidates.contains { !$0.mayStart }
        for (index, mayStart) in candidates where mayStart {
            let provider = lanes.providers[index]
            switch provider.admittance(at: now) {
            case .now: provider.wait = nil
            case .later(let time, let reason):
                provider.wait = (reason, time)
                nearest.add(time)
                isHeld = isHeld || !reason.isTimeOnly
                isWatched = isWatched || reason == .outage
                // A run that has nothing left to send does not wait for its time; while streams are open there is time.
                if jobs.count == 0, !reason.isTimeOnly, let place = laneToRead(of: index, unixMilliseconds) {
                    return .read(place)
                }
                continue
            case .held(let reason):
                provider.wait = (reason, nil)
                isHeld = true
                isWatched = isWatched || reason == .refusals
                isAtBound = isAtBound || reason == .width
                continue
            }
            if let step = next(of: index, at: now, unixMilliseconds, free: allowed - running, &nearest) { return step }
        }
        return .wait(until: nearest.time, due: nearest.due)
    }

    /// Takes that the run may not have more streams at the moment.
    mutating func hold() {
        isHeld = true
        isFull = running >= configuration.concurrency
    }

    /// The times at which something may be possible that is not now.
    private struct Nearest {
        var time: Duration?
        var due: Int64?

        mutating func add(_ other: Duration) { time = min(time ?? other, other) }
        mutating func add(due other: Int64) { due = min(due ?? other, other) }
    }

    /// The providers with jobs, the one with the fewest streams first and of these the one that waits the longest, and
    /// whether they may have one more.
    private func candidates(
        at now: Duration, _ unixMilliseconds: Int64, _ nearest: inout Nearest
    ) -> [(provider: Int, mayStart: Bool)] {
        var found: [Int] = []
        for (index, provider) in lanes.providers.enumerated() where provider.stopReason == nil {
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
        let claims = found.map { index in
            let provider = lanes.providers[index]
            let needed = provider.isPaused(at: now) ? 0 : provider.neededStreams(at: now)
            return SlotShares.Claim(running: provider.gate.running, needed: needed)
        }
        let shares = SlotShares(claims, total: configuration.concurrency, running: running)
        let order = found.indices.sorted { first, second in
            (claims[first].running, lanes.providers[found[first]].lastStart)
                < (claims[second].running, lanes.providers[found[second]].lastStart)
        }
        return order.map { (found[$0], shares.mayStart($0)) }
    }

    /// The next step for a provider that may be sent something, the lane with the fewest streams first and of these the
    /// one that waits the longest: where few streams are open, none would be left behind for ever.
    private mutating func next(
        of provider: Int, at now: Duration, _ unixMilliseconds: Int64, free: Int, _ nearest: inout Nearest
    ) -> AdmissionStep? {
        let shares = modelShares(of: provider, at: now, unixMilliseconds, free: free)
        for model in order(of: provider) {
            let place = LanePlace(provider: provider, model: model)
            let lane = lanes[place]
            guard lane.stopReason == nil else { continue }
            if dropHeads(lane) || lane.queue.needsReading(at: unixMilliseconds) { return .read(place) }
            guard let (bytes, size) = lane.nextSize else { continue }
            switch admittance(of: size, at: place, now) {
            case .now where shares.map({ !$0.mayStart(model) }) ?? false:
                lane.wait = nil
                isHeld = true
            case .now: return start(place, bytes, size, at: now)
            case .later(let time, let reason):
                lane.wait = (reason, time)
                nearest.add(time)
                isHeld = isHeld || !reason.isTimeOnly
                isWatched = isWatched || reason == .outage
            case .held(let reason):
                lane.wait = (reason, nil)
                isHeld = true
                isWatched = isWatched || reason == .refusals
                isAtBound = isAtBound || reason == .width
            }
        }
        return nil
    }

    /// A lane of a provider that must be read before it is known whether it has any job to send; nil where one is at hand.
    private mutating func laneToRead(of provider: Int, _ unixMilliseconds: Int64) -> LanePlace? {
        var unread: LanePlace?
        for (model, lane) in lanes.providers[provider].models.enumerated() where lane.stopReason == nil {
            if dropHeads(lane) || lane.queue.needsReading(at: unixMilliseconds) {
                unread = unread ?? LanePlace(provider: provider, model: model)
            } else if !lane.queue.isEmpty {
                return nil
            }
        }
        return unread
    }

    /// How a provider's streams are shared by its models; nil where that is of no concern.
    ///
    /// A model that could be sent nothing for a moment, for its rate, finds a stream kept free: otherwise another whose
    /// streams hang would have them all by and by.
    private func modelShares(
        of index: Int, at now: Duration, _ unixMilliseconds: Int64, free: Int
    ) -> SlotShares? {
        let provider = lanes.providers[index]
        guard provider.models.count > 1, provider.outage.since == nil, !provider.gate.isProbeDue else { return nil }
        var demands = 0
        let claims = provider.models.map { model in
            let running = model.gate.running
            let isWaiting =
                model.hasDemand(at: unixMilliseconds) && model.outage.since == nil && !model.gate.isPaused(at: now)
            if isWaiting { demands += 1 }
            return SlotShares.Claim(running: running, needed: isWaiting ? running + 1 : 0)
        }
        guard demands > 1 else { return nil }
        let total = min(provider.gate.running + free, provider.gate.width.bound)
        return SlotShares(claims, total: total, running: provider.gate.running, sharers: demands)
    }

    private func order(of provider: Int) -> [Int] {
        let models = lanes.providers[provider].models
        guard models.count > 1 else { return Array(models.indices) }
        if lanes.providers[provider].outage.since != nil { return lanes.providers[provider].orderOfProbes }
        return models.indices.sorted { first, second in
            (models[first].gate.running, models[first].lastStart)
                < (models[second].gate.running, models[second].lastStart)
        }
    }

    /// Takes away what may not be sent, from the front of a lane: jobs in work, which are seen again where they do not
    /// wait between two tries, and new ones beyond the user's bound.
    ///
    /// - Returns: whether the lane's jobs at hand came to their end by that.
    private mutating func dropHeads(_ lane: ModelLane) -> Bool {
        var isDropped = false
        while let id = lane.queue.headID {
            let isTooMany = jobs.isFull && !lane.queue.waiting.contains(id)
            guard isTooMany || jobs.contains(id) else { return false }
            guard let taken = lane.queue.take()?.job else { return false }
            isDropped = true
            if isTooMany, !jobs.contains(taken.id) { jobs.leaveAlone() }
        }
        return isDropped
    }

    private func admittance(of size: RequestSize, at place: LanePlace, _ now: Duration) -> Admittance {
        let lane = lanes[place]
        // While the whole provider is out, all its models are probed.
        if lanes.providers[place.provider].outage.since == nil {
            let outage = lane.outage.admittance(at: now)
            guard outage == .now else { return outage }
        }
        let gate = lane.gate.admittance(at: now)
        guard gate == .now else { return gate }
        let ofProvider = lanes.providers[place.provider].gate.admittance(of: size, at: now)
        let ofModel = lane.gate.admittance(of: size, at: now)
        switch (ofProvider, ofModel) {
        case (.now, .now): return ledger.allows(lane.reservation(by: ledger)) ? .now : .held(.budget)
        case (.later(let time, _), .later(let later, _)): return time > later ? ofProvider : ofModel
        case (.now, _): return ofModel
        default: return ofProvider
        }
    }

    private mutating func start(
        _ place: LanePlace, _ bytes: Int, _ size: RequestSize, at now: Duration
    ) -> AdmissionStep? {
        let lane = lanes[place]
        let provider = lanes.providers[place.provider]
        let reservation = lane.reservation(by: ledger)
        guard let job = lane.queue.take()?.job else { return nil }
        ledger.reserve(reservation)
        tries += 1
        flights[job.id] = Flight(
            place: place, size: size, bytes: bytes, reservation: reservation, started: now, order: tries,
            quietSince: now)
        let isProbe = provider.isOut(place.model) || provider.gate.isProbeDue || lane.gate.isProbeDue
        let wasFull = jobs.isFull
        jobs.begin(job.id, isNew: !lane.queue.begin(job.id))
        // From now on others are not waited for.
        if jobs.isFull, !wasFull { lanes.lookAgain() }
        running += 1
        lane.wait = nil
        (lane.lastStart, provider.lastStart) = (tries, tries)
        lane.gate.start(job.id, size, at: now)
        provider.gate.start(job.id, size, at: now)
        provider.started(job.id, place, at: now)
        return .start(job, isProbe: isProbe)
    }

    // MARK: What becomes of it

    /// Takes that a job's stream goes on at once with another request.
    mutating func startAgain(_ jobID: Int64, at now: Duration) {
        endSilence(jobID)
        guard var flight = flights[jobID] else { return }
        tries += 1
        (flight.started, flight.order) = (now, tries)
        (flight.chunks, flight.quietSince) = (0, now)
        flights[jobID] = flight
        ledger.reserve(flight.reservation)
        lanes[flight.place].gate.startAgain(flight.size, at: now)
        lanes.providers[flight.place.provider].gate.startAgain(flight.size, at: now)
    }

    /// Takes what an attempt used up.
    ///
    /// - Parameters:
    ///   - jobID: the job in work.
    ///   - result: what came.
    ///   - askedTier: the service tier that its request named.
    ///   - now: Unix milliseconds.
    /// - Returns: what it cost, as far as that is known.
    mutating func settle(
        _ jobID: Int64, _ result: StreamResult, askedTier: String?, at now: Int64
    ) -> Double? {
        guard let flight = flights[jobID] else { return nil }
        return ledger.settle(
            flight.reservation, result, of: lanes[flight.place].name, askedTier: askedTier, at: now)
    }

    /// Changes the provider that a job in work is of.
    func update(_ jobID: Int64, _ change: (Flight, ProviderLanes) -> Void) {
        guard let flight = flights[jobID] else { return }
        change(flight, lanes.providers[flight.place.provider])
    }

    /// Takes the end of a job's stream: its slot is free.
    mutating func release(_ jobID: Int64, at now: Duration) {
        guard let flight = flights[jobID], flight.isOpen else { return }
        endSilence(jobID)
        flights[jobID]?.isOpen = false
        running -= 1
        lanes[flight.place].gate.release(jobID, at: now)
        let provider = lanes.providers[flight.place.provider]
        provider.gate.release(jobID, at: now)
        provider.outage.gaveUp(jobID, at: now)
        lanes[flight.place].outage.gaveUp(jobID, at: now)
    }

    /// A job's end is committed, or that it waits until Unix milliseconds.
    mutating func finish(_ jobID: Int64, waitsUntil due: Int64?, at now: Duration) {
        release(jobID, at: now)
        jobs.finish(jobID)
        guard let flight = flights.removeValue(forKey: jobID) else { return }
        lanes[flight.place].queue.finish(jobID, waitsUntil: lanes.isStopped(flight.place) ? nil : due)
    }

    /// Leaves a waiting job alone that would be one too many.
    mutating func leaveAlone() { jobs.leaveAlone() }

    /// Sends nothing more to a job's provider.
    mutating func stopProvider(of jobID: Int64, reason: String) {
        if let flight = flights[jobID] { lanes.stop(flight.place.provider, reason: reason) }
    }

    /// Sends nothing more to a job's model.
    mutating func stopModel(of jobID: Int64, reason: String) {
        if let flight = flights[jobID] { lanes.stop(flight.place, reason: reason) }
    }
}
