import LLMStreaming

/// Decides which job is sent next, and when: one step over streams, rates, pauses, outages, the user's bounds and
/// fairness (Contract, "Concurrency and rates").
///
/// It reads no clock and asks no store; times are since the run's start. It grows with the models, with the
/// jobs in work and with the numbers of those that wait for another attempt.
struct Admission {
    /// What is asked of the run as a whole and of its providers.
    let configuration: RunConfiguration
    var providers: Providers
    var ledger: Ledger
    private(set) var jobs: JobsInWork
    /// How many streams the run may have.
    var width: RunWidth
    /// Whether the user has paused the run: nothing is sent.
    private(set) var isPaused = false
    /// Since when it has been, since the run's start.
    private var pausedSince = Duration.zero
    /// The jobs that the user has cancelled in this run.
    var cancelled: Set<Int64> = []
    /// The jobs that the user wants next, until they are read.
    var asked: [Int64] = []
    /// The streams that are open.
    private(set) var running = 0
    /// What the last step found that has to be waited for.
    private(set) var pending = PendingWaits()
    /// Rates that headers changed, until they are told.
    var limitChanges: [(name: String, resource: RateLimit.Resource, perMinute: Double)] = []
    /// The attempts that began.
    private var attemptCount = 0
    /// The attempts of the jobs in work, by job.
    var attempts: [Int64: AdmittedAttempt] = [:]
    /// The open streams that are silent.
    var silentCount = 0
    /// When open streams were last looked at.
    var lastLook = Duration.zero
    /// - Parameter regions: of the providers that bill by them.
    init(_ configuration: RunConfiguration, regions: [String: BillingRegion] = [:]) {
        self.configuration = configuration
        providers = Providers(
            limits: configuration.limits, most: configuration.concurrency, share: configuration.share)
        ledger = Ledger(configuration, regions: regions)
        jobs = JobsInWork(maximumJobs: configuration.maximumJobs)
        width = RunWidth(limit: configuration.concurrency, ramp: configuration.ramp)
    }

    // MARK: The next job

    /// What the runner does next.
    ///
    /// - Parameters:
    ///   - unixMilliseconds: the wall clock, by which waiting jobs are due.
    ///   - allowed: the streams that may be open in all.
    mutating func next(at now: Duration, unixMilliseconds: Int64, allowed: Int) -> AdmissionStep {
        // A pause is no time in which something could have come back.
        if !isPaused { providers.stopWhatIsOut(for: configuration.outageTimeout, at: now) }
        pending = PendingWaits(isHeld: running >= allowed)
        guard !pending.isHeld else { return .wait(until: nil, due: nil) }
        let (candidates, nextDue) = candidates(at: now, unixMilliseconds: unixMilliseconds)
        pending.due = nextDue
        if isPaused { return pause(before: candidates.map(\.provider), unixMilliseconds) }
        pending.isHeld = candidates.contains { !$0.mayStart }
        for (index, mayStart) in candidates where mayStart {
            let provider = providers[index]
            let decision = provider.decision(at: now)
            provider.wait = pending.add(decision)
            guard decision == .now else {
                // A run that has nothing left to send does not wait for its time; while streams are open there is time.
                if jobs.count == 0, case .later(_, let reason) = decision, !reason.isTimeOnly,
                    let place = modelToRead(of: index, unixMilliseconds)
                {
                    return .read(place)
                }
                continue
            }
            if let step = next(of: index, at: now, unixMilliseconds: unixMilliseconds, free: allowed - running) {
                return step
            }
        }
        return .wait(until: pending.time, due: pending.due)
    }

    /// Sends nothing more, until `resume`.
    mutating func pause(at now: Duration) {
        if !isPaused { (isPaused, pausedSince) = (true, now) }
    }

    /// Goes on after a pause: what was out by then has been so for as long as before it.
    mutating func resume(at now: Duration) {
        guard isPaused else { return }
        isPaused = false
        for provider in providers.all { provider.leaveOut(now - pausedSince) }
    }

    /// Records that the run may not have more streams at the moment.
    mutating func hold() {
        pending.isHeld = true
        pending.isFull = running >= width.limit
    }

    /// The next step while the run is paused: only whether any job is left is found out.
    private mutating func pause(before candidates: [Int], _ unixMilliseconds: Int64) -> AdmissionStep {
        for provider in candidates {
            if let place = modelToRead(of: provider, unixMilliseconds) { return .read(place) }
        }
        pending.isPaused = !candidates.isEmpty
        return .wait(until: nil, due: pending.due)
    }

    /// The next step for a provider that may be sent something.
    private mutating func next(of index: Int, at now: Duration, unixMilliseconds: Int64, free: Int) -> AdmissionStep? {
        let provider = providers[index]
        let shares = provider.shares(at: now, unixMilliseconds: unixMilliseconds, free: free)
        for position in provider.order {
            let place = ModelPlace(provider: index, model: position)
            let model = providers[place]
            guard model.stopReason == nil else { continue }
            if dropHeads(model) || model.queue.needsReading(at: unixMilliseconds) { return .read(place) }
            guard let (bytes, size) = model.nextSize else { continue }
            var decision = provider.decision(on: size, model: position, at: now)
            if decision == .now, !ledger.allows(model.reservation(by: ledger)) { decision = .held(.budget) }
            guard decision == .now else {
                model.wait = pending.add(decision)
                continue
            }
            if model.queue.hasAsked || shares.map({ $0.mayStart(position) }) ?? true {
                return start(place, bytes: bytes, size: size, at: now)
            }
            model.wait = nil
            pending.isHeld = true
        }
        return nil
    }

    private mutating func start(
        _ place: ModelPlace, bytes: Int, size: RequestSize, at now: Duration
    ) -> AdmissionStep? {
        let model = providers[place]
        let provider = providers[place.provider]
        let reservation = model.reservation(by: ledger)
        guard let job = model.queue.take()?.job else { return nil }
        ledger.reserve(reservation)
        attemptCount += 1
        attempts[job.id] = AdmittedAttempt(
            place: place, size: size, bytes: bytes, reservation: reservation, started: now, order: attemptCount,
            quietSince: now)
        let isProbe = provider.isOut(place.model) || provider.limiter.isProbeDue || model.limiter.isProbeDue
        let wasFull = jobs.isFull
        jobs.begin(job.id, isNew: !model.queue.begin(job.id))
        // From now on others are not waited for.
        if jobs.isFull, !wasFull { providers.lookAgain() }
        running += 1
        model.wait = nil
        (model.lastStart, provider.lastStart) = (attemptCount, attemptCount)
        model.limiter.start(job.id, size, at: now)
        provider.limiter.start(job.id, size, at: now)
        provider.started(job.id, place, at: now)
        return .start(job, isProbe: isProbe)
    }

    // MARK: What becomes of it

    /// Records that a job's stream goes on at once with another request.
    mutating func startAgain(_ jobID: Int64, at now: Duration) {
        endSilence(jobID)
        guard var attempt = attempts[jobID] else { return }
        attemptCount += 1
        (attempt.started, attempt.order) = (now, attemptCount)
        (attempt.chunks, attempt.quietSince) = (0, now)
        attempt.isSettled = false
        attempts[jobID] = attempt
        ledger.reserve(attempt.reservation)
        providers[attempt.place].limiter.startAgain(attempt.size, at: now)
        providers[attempt.place.provider].limiter.startAgain(attempt.size, at: now)
    }

    /// Records what jobs that have come into scope used up in earlier runs: in US dollars, and tokens.
    mutating func addSpent(cost: Double, tokens: Double) { ledger.add(spentOnCost: cost, onTokens: tokens) }

    /// Records what an attempt used up.
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
        guard let attempt = attempts[jobID] else { return nil }
        attempts[jobID]?.isSettled = true
        return ledger.settle(
            attempt.reservation, result: result, of: providers[attempt.place].name, askedTier: askedTier, at: now)
    }

    /// Changes the provider that a job in work is of.
    func update(_ jobID: Int64, _ change: (AdmittedAttempt, ProviderState) -> Void) {
        guard let attempt = attempts[jobID] else { return }
        change(attempt, providers[attempt.place.provider])
    }

    /// Records the end of a job's stream: its slot is free.
    mutating func release(_ jobID: Int64, at now: Duration) {
        guard let attempt = attempts[jobID], attempt.isOpen else { return }
        endSilence(jobID)
        attempts[jobID]?.isOpen = false
        running -= 1
        providers[attempt.place].limiter.release(jobID, at: now)
        let provider = providers[attempt.place.provider]
        provider.limiter.release(jobID, at: now)
        provider.outage.gaveUp(jobID, at: now)
        providers[attempt.place].outage.gaveUp(jobID, at: now)
    }

    /// A job's end is committed, or that it waits until Unix milliseconds.
    mutating func finish(_ jobID: Int64, waitsUntil due: Int64?, at now: Duration) {
        release(jobID, at: now)
        jobs.finish(jobID)
        guard let attempt = attempts.removeValue(forKey: jobID) else { return }
        let isLeft = providers.isStopped(attempt.place) || cancelled.contains(jobID)
        providers[attempt.place].queue.finish(jobID, waitsUntil: isLeft ? nil : due)
    }

    /// Leaves a waiting job alone that would be one too many.
    mutating func leaveAlone() { jobs.leaveAlone() }

    /// Sends nothing more to a job's provider.
    mutating func stopProvider(of jobID: Int64, reason: String) {
        if let attempt = attempts[jobID] { providers.stop(attempt.place.provider, reason: reason) }
    }

    /// Sends nothing more to a job's model.
    mutating func stopModel(of jobID: Int64, reason: String) {
        if let attempt = attempts[jobID] { providers.stop(attempt.place, reason: reason) }
    }
}

/// What the runner does next.
enum AdmissionStep {
    /// Sends a job.
    case start(Job, isProbe: Bool)
    /// Asks the store for the next jobs of a model.
    case read(ModelPlace)
    /// Waits for something to change, but not beyond these times: since the run's start, and by the wall clock in Unix
    /// milliseconds.
    case wait(until: Duration?, due: Int64?)
}
