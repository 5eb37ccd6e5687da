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
    var jobs: JobsInWork
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
    /// Whether more jobs may be read than are needed now.
    var readsAhead = true
    /// The streams that are open.
    var running = 0
    /// What the last step found that has to be waited for.
    private(set) var pending = PendingWaits()
    /// Rates that headers changed, until they are told.
    var limitChanges: [(name: String, resource: RateLimit.Resource, perMinute: Double)] = []
    /// The attempts that began.
    var attemptCount = 0
    /// The attempts of the jobs in work, by job.
    var attempts: [Int64: AdmittedAttempt] = [:]
    /// The open streams that are silent.
    var silentCount = 0
    /// When open streams were last looked at.
    var lastLook = Duration.zero
    /// - Parameters:
    ///   - pools: the endpoints of each provider.
    ///   - regions: of the providers that bill by them.
    init(
        _ configuration: RunConfiguration, pools: [String: EndpointPool] = [:], regions: [String: BillingRegion] = [:]
    ) {
        self.configuration = configuration
        providers = Providers(pools: pools, configuration)
        ledger = Ledger(configuration, regions: regions)
        jobs = JobsInWork(maximumJobs: configuration.maximumJobs)
        width = RunWidth(limit: configuration.concurrency, rule: configuration.width, ramp: configuration.ramp)
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
            let decision = provider.decision(at: now, &pending)
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
            if dropHeads(model) || model.queue.needsReading(at: unixMilliseconds, isAhead: readsAhead) {
                return .read(place)
            }
            if model.queue.isEmpty { continue }
            guard var (endpoint, decision, bytes, size) = choice(place, at: now) else { return .read(place) }
            // Who waits for an endpoint, or for a first token, holds nobody else.
            if decision != .now, provider.isPool || decision.isForWarming, model.queue.passOver() {
                _ = pending.add(decision)
                if dropHeads(model) { return .read(place) }
                guard let choice = choice(place, at: now) else { return .read(place) }
                (endpoint, decision, bytes, size) = choice
            }
            if decision == .now, !ledger.allows(model.reservation(by: ledger)) { decision = .held(.budget) }
            guard decision == .now else {
                model.wait = pending.add(decision)
                continue
            }
            if model.queue.hasAsked || shares.map({ $0.mayStart(position) }) ?? true {
                return start(place, at: endpoint, bytes: bytes, size: size, at: now)
            }
            model.wait = nil
            pending.isHeld = true
        }
        return nil
    }

    private mutating func start(
        _ place: ModelPlace, at endpoint: Int, bytes: Int, size: RequestSize, at now: Duration
    ) -> AdmissionStep? {
        let model = providers[place]
        let provider = providers[place.provider]
        let reservation = model.reservation(by: ledger)
        // Nobody is to wait for the first token of an endpoint that is out.
        let isOut = provider.endpoints[endpoint].isOut(place.model)
        guard let job = model.queue.take(for: isOut ? nil : endpoint, at: now)?.job else { return nil }
        ledger.reserve(reservation)
        attemptCount += 1
        let attempt = AdmittedAttempt(
            place: place, endpoint: endpoint, size: size, bytes: bytes, reservation: reservation, started: now,
            order: attemptCount, quietSince: now)
        attempts[job.id] = attempt
        let isProbe = provider.endpoints[endpoint].isProbeDue(place.model)
        let wasFull = jobs.isFull
        jobs.begin(job.id, isNew: !model.queue.begin(job.id))
        // From now on others are not waited for.
        if jobs.isFull, !wasFull { providers.lookAgain() }
        running += 1
        model.wait = nil
        provider.start(job.id, attempt, at: now)
        return .start(job, isProbe: isProbe)
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
