import LLMStreaming

/// What bounds all requests to a provider, or to one of its models: pauses, the number of open streams, rates.
///
/// A value that reads no clock: times are since the run's start.
struct RequestLimiter: Sendable {
    private enum Flow: Equatable {
        case open
        case paused(until: Duration, WaitReason)
        /// One request is under way after a pause; its answer lets all others start.
        ///
        /// Where none comes by a time another goes out, and after a rate limit all others: a silent stream holds
        /// nobody up.
        case probing(jobID: Int64, until: Duration, WaitReason)
    }

    private(set) var window: ConcurrencyWindow
    /// The streams that are open.
    private(set) var running = 0
    /// Those of them that are silent: they hold the user's bound, and not what refusals have left of it.
    var silent = SilentStreams()
    var rates: RateBuckets
    private var share: WorkerShare
    private var flow = Flow.open
    /// How streams come back after a pause or an outage.
    private var filling: FillingPace?
    /// What the provider takes, where only its refusals tell; nil where it is not to be learnt.
    private var learnt: LearntRate?
    /// What tells whether the newest refusals are of a limit; nil after the pause that they brought.
    private var evidence: RefusalEvidence?
    /// How long the newest refusal took to come.
    private var refusalTime = Duration.seconds(1)
    /// How long a stream lasts, smoothed, in seconds.
    private var meanSeconds: Double?
    /// Pauses in a row that were our own choice, since the provider did not say how long.
    private var unaskedPauses = 0

    init(bound: Int, learnsRate: Bool = true, share: WorkerShare = .whole, phase: Double = 1) {
        window = ConcurrencyWindow(bound: bound)
        learnt = learnsRate ? LearntRate() : nil
        rates = RateBuckets(share: share, phase: phase)
        self.share = share
    }

    /// Follows a change of this worker's share of the rates, of those that are told and of the one that is learnt.
    mutating func set(_ share: WorkerShare, at now: Duration) {
        guard share != self.share else { return }
        rates.set(share, at: now)
        learnt?.scale(by: share.part / self.share.part, at: now)
        self.share = share
    }

    /// Follows a change of the user's bound of streams.
    mutating func set(bound: Int, at now: Duration) {
        if bound != window.bound { window.set(bound: bound, at: now) }
    }

    /// Follows a change of a rate of the user's.
    ///
    /// - Parameter perMinute: of all workers; nil takes it away.
    mutating func set(_ resource: RateLimit.Resource, perMinute: Int?, at now: Duration) {
        guard let perMinute else { return rates.remove(resource) }
        _ = rates.set(resource, perMinute: Double(perMinute), at: now)
    }

    /// Whether a request of any size may start.
    func decision(at now: Duration) -> StartDecision {
        switch flow {
        case .probing(_, let until, _) where now < until: return .later(until, .probe)
        case .paused(let until, let reason) where now < until: return .later(until, reason)
        case .open, .probing, .paused: break
        }
        if running >= window.bound { return .held(.concurrency) }
        if isProbeDue { return .now }
        if running - silent.count >= window.streams(at: now) { return .held(.refusals) }
        if let filling, filling.nextStart > now { return .later(filling.nextStart, .evenPace) }
        if let start = learnt?.nextStart, start > now, !isRateKnown { return .later(start, .evenPace) }
        return .now
    }

    /// Whether a request of this size may start, as far as rates are concerned.
    func decision(on size: RequestSize, at now: Duration) -> StartDecision {
        guard let wait = rates.wait(for: size, at: now) else { return .now }
        return .later(now + wait.time, .rate(wait.resource))
    }

    /// Whether requests must wait for longer than a free stream.
    func isPaused(at now: Duration) -> Bool {
        switch flow {
        case .paused(let until, _), .probing(_, let until, _): now < until
        case .open: false
        }
    }

    /// Whether the next request to start shows whether others may follow.
    var isProbeDue: Bool { flow != .open }

    /// What refusals have left; nil where only the user bounds the streams.
    func limit(at now: Duration) -> StreamLimit? {
        let streams = window.streams(at: now) + silent.count
        guard streams < window.bound else { return nil }
        return StreamLimit(
            streams: streams, silent: silent.count, silentSeconds: silent.since.map { Int((now - $0).seconds) } ?? 0)
    }

    /// The streams that are needed to keep up with the rates; nil where nothing but the window bounds them.
    func neededStreams(at now: Duration) -> Int? {
        guard let perSecond = rates.perMinute(.requests).map({ $0 / 60 }) ?? learnt?.perSecond(at: now),
            let needed = streams(perSecond: perSecond)
        else { return nil }
        return Int(min(Double(window.streams(at: now)), needed))
    }

    /// The streams that a rate keeps open, with room for what lasts longer than the mean.
    private func streams(perSecond: Double) -> Double? { meanSeconds.map { 2 + 1.5 * perSecond * $0 } }

    /// Whether the rate of requests is told by the user or by headers: then refusals have nothing to add.
    private var isRateKnown: Bool { rates.perMinute(.requests) != nil }

    /// Records the start of a request.
    mutating func start(_ jobID: Int64, _ size: RequestSize, at now: Duration) {
        switch flow {
        case .open: break
        // A refusal would have been there by now.
        case .probing(_, _, .pause(isOverload: false)): open(at: now)
        case .paused(_, let reason), .probing(_, _, let reason):
            flow = .probing(jobID: jobID, until: now + probeTimeout(after: reason), reason)
        }
        running += 1
        window.start()
        rates.take(size, at: now)
        learnt?.start(at: now)
        filling?.start(at: now)
        if filling?.isOver ?? false { filling = nil }
    }

    /// How long a probe may stay without an answer before others follow.
    private func probeTimeout(after reason: WaitReason) -> Duration {
        let answer = Duration.seconds(min(max(2 * (meanSeconds ?? 0), 10), 60))
        return reason == .pause(isOverload: false) ? min(answer, max(.seconds(1), refusalTime * 4)) : answer
    }

    /// Records another request of a stream that goes on at once.
    mutating func startAgain(_ size: RequestSize, at now: Duration) { rates.take(size, at: now) }

    /// Records the end of a stream, whatever its outcome; a probe that was never sent holds nobody up.
    mutating func release(_ jobID: Int64, at now: Duration) {
        running -= 1
        answered(jobID, at: now)
    }

    /// Records that a request was answered: what it probed is open again.
    mutating func answered(_ jobID: Int64, at now: Duration) {
        if isProbe(jobID) { open(at: now) }
    }

    private func isProbe(_ jobID: Int64) -> Bool {
        if case .probing(jobID, _, _) = flow { true } else { false }
    }

    /// Records that an answer was whole.
    mutating func succeeded(_ jobID: Int64, after duration: Duration, at now: Duration) {
        answered(jobID, at: now)
        unaskedPauses = 0
        let seconds = duration.seconds
        let mean = meanSeconds.map { $0 + (seconds - $0) / 16 } ?? seconds
        meanSeconds = mean
        window.succeed(meanSeconds: mean, at: now)
        keepStreams(at: now)
    }

    /// Has the streams that a learnt rate keeps open: the window is for what rates do not tell.
    private mutating func keepStreams(at now: Duration) {
        guard !isRateKnown, let needed = learnt?.perSecond(at: now).flatMap(streams) else { return }
        window.raise(to: needed)
    }

    /// Records a refusal for rate or load, and pauses where that is due.
    ///
    /// - Parameters:
    ///   - sentSince: how many requests are under way that were sent since it was, itself included.
    ///   - asked: how long the provider asks to wait.
    ///   - pausesUnasked: whether to pause where it does not ask: see `ownPause`.
    mutating func refused(
        _ jobID: Int64, started: Duration, sentSince: @autoclosure () -> Int, asked: Duration?, isOverload: Bool,
        pausesUnasked: Bool, at now: Duration
    ) {
        if evidence.map({ flow != .open || $0.covers(started: started) }) ?? false {
            evidence?.add(started: started)
        } else {
            evidence = RefusalEvidence(sent: sentSince(), at: now)
            window.confirm()
        }
        let isLowered = window.refuse(
            running: running - silent.count, started: started,
            mayBeChance: asked ?? .zero <= .zero && !pausesUnasked, at: now)
        if !isOverload {
            learnt?.refuse(at: now)
            refusalTime = now - started
        }
        keepStreams(at: now)
        let isProbe = isProbe(jobID)
        if case .probing = flow, !isProbe { return }
        var time = asked ?? .zero
        if time <= .zero, pausesUnasked, isLowered || isProbe {
            time = Self.ownPause(after: unaskedPauses)
            unaskedPauses += 1
        }
        guard time > .zero else {
            if isProbe { open(at: now) }
            return
        }
        if case .paused(let until, _) = flow, until >= now + time { return }
        flow = .paused(until: now + time, .pause(isOverload: isOverload))
    }

    /// How long to pause where the provider does not say: from 1 s to 4 s, and after 40 s of that up to 60 s.
    ///
    /// Short at first, since refusals may come by chance: of 30 in a hundred five in a row are common, and pauses that
    /// double each time are half a minute long by then.
    private static func ownPause(after earlier: Int) -> Duration {
        .seconds(min(60, 1 << (earlier < 12 ? min(earlier, 2) : min(earlier - 9, 6))))
    }

    /// Records a failure that is no refusal: a probe that failed so has shown that there is no pause any more.
    mutating func failed(_ jobID: Int64, at now: Duration) { answered(jobID, at: now) }

    /// Opens after a pause or an outage, at an even pace.
    mutating func open(at now: Duration) {
        rates.drainAfterPause(at: now)
        let cause = evidence?.cause ?? .unclear
        if evidence == nil || cause == .limit { window.confirm() } else { window.giveBack() }
        window.resume(at: now)
        var hasPace = false
        if case .probing(_, _, .pause(isOverload: false)) = flow, !isRateKnown {
            learnt?.open(at: now, after: cause)
            hasPace = learnt?.nextStart != nil
        }
        if !hasPace {
            filling = FillingPace(streams: window.streams(at: now), duration: .seconds(meanSeconds ?? 1), at: now)
        }
        flow = .open
        evidence = nil
    }
}
