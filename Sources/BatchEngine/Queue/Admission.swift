import LLMStreaming

/// Decides which job is sent next, and when: one step over streams, rates, pauses, outages, the user's bounds and
/// fairness (Contract, "Concurrency and rates").
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
    /// What the last step found that has to be waited for.
    private(set) var pending = PendingWaits()
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
        pending = PendingWaits(isHeld: running >= allowed)
        guard !pending.isHeld else { return .wait(until: nil, due: nil) }
        let (candidates, nextDue) = candidates(at: now, unixMilliseconds: unixMilliseconds)
        pending.due = nextDue
        pending.isHeld = candidates.contains { !$0.mayStart }
        for (index, mayStart) in candidates where mayStart {
            let provider = lanes.providers[index]
            let admittance = provider.admittance(at: now)
            provider.wait = pending.add(admittance)
            guard admittance == .now else {
                // A run that has nothing left to send does not wait for its time; while streams are open there is time.
                if jobs.count == 0, case .later(_, let reason) = admittance, !reason.isTimeOnly,
                    let place = laneToRead(of: index, unixMilliseconds)
                {
                    return .read(place)
                }
                continue
            }
            if let step = next(of: index, at: now, unixMilliseconds, free: allowed - running) { return step }
        }
        return .wait(until: pending.time, due: pending.due)
    }

    /// Takes that the run may not have more streams at the moment.
    mutating func hold() {
        pending.isHeld = true
        pending.isFull = running >= configuration.concurrency
    }

    /// The next step for a provider that may be sent something.
    private mutating func next(of index: Int, at now: Duration, _ unixMilliseconds: Int64, free: Int) -> AdmissionStep? {
        let provider = lanes.providers[index]
        let shares = provider.shares(at: now, unixMilliseconds: unixMilliseconds, free: free)
        for model in provider.order {
            let place = LanePlace(provider: index, model: model)
            let lane = lanes[place]
            guard lane.stopReason == nil else { continue }
            if dropHeads(lane) || lane.queue.needsReading(at: unixMilliseconds) { return .read(place) }
            guard let (bytes, size) = lane.nextSize else { continue }
            var admittance = provider.admittance(of: size, model: model, at: now)
            if admittance == .now, !ledger.allows(lane.reservation(by: ledger)) { admittance = .held(.budget) }
            guard admittance == .now else {
                lane.wait = pending.add(admittance)
                continue
            }
            if shares.map({ $0.mayStart(model) }) ?? true { return start(place, bytes, size, at: now) }
            lane.wait = nil
            pending.isHeld = true
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

/// What the runner does next.
enum AdmissionStep {
    /// Sends a job.
    case start(Job, isProbe: Bool)
    /// Asks the store for the next jobs of a lane.
    case read(LanePlace)
    /// Waits for something to change, but not beyond these times: since the run's start, and by the wall clock in Unix
    /// milliseconds.
    case wait(until: Duration?, due: Int64?)
}
