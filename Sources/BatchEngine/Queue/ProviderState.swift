/// All that admission knows of one provider: its limiter, whether it is out or refuses, and its models.
///
/// A class, with one owner, as its models are.
final class ProviderState {
    let name: String
    var limiter: RequestLimiter
    var outage = OutageBreaker()
    /// While it is out: its models of which an attempt failed.
    var failingModels: Set<Int> = []
    /// The probes that were sent while it was out.
    var probes = 0
    var refusals = RefusalStreak()
    var models: [ModelState] = []
    /// Its newest attempt's number among all attempts of the run.
    var lastStart = 0
    /// Why it gets no more requests; nil where it does.
    var stopReason: String?
    /// What its jobs wait for, and until when since the run's start; nil where they do not.
    var wait: (reason: WaitReason, until: Duration?)?

    init(_ name: String, limiter: RequestLimiter) {
        self.name = name
        self.limiter = limiter
    }

    /// Whether a request of any size and model may start.
    func decision(at now: Duration) -> StartDecision {
        let outage = outage.decision(at: now)
        return outage == .now ? limiter.decision(at: now) : outage
    }

    /// Whether a request of this size, to one of its models, may start.
    func decision(on size: RequestSize, model: Int, at now: Duration) -> StartDecision {
        let state = models[model]
        // While the whole provider is out, all its models are probed.
        if outage.since == nil {
            let ofOutage = state.outage.decision(at: now)
            guard ofOutage == .now else { return ofOutage }
        }
        let ofLimiter = state.limiter.decision(at: now)
        guard ofLimiter == .now else { return ofLimiter }
        let ofProvider = limiter.decision(on: size, at: now)
        let ofModel = state.limiter.decision(on: size, at: now)
        switch (ofProvider, ofModel) {
        case (.later(let time, _), .later(let later, _)): return time > later ? ofProvider : ofModel
        case (.now, _): return ofModel
        default: return ofProvider
        }
    }

    /// Whether its jobs must wait for longer than a free stream.
    func isPaused(at now: Duration) -> Bool {
        switch decision(at: now) {
        case .later(_, .pause), .later(_, .outage), .later(_, .probe): true
        default: false
        }
    }

    /// The most streams that it can use at the moment.
    func neededStreams(at now: Duration) -> Int {
        let ofModels = models.reduce(0) { sum, model in
            guard model.stopReason == nil, model.outage.since == nil, !model.limiter.isPaused(at: now) else {
                return sum
            }
            return sum + (model.limiter.neededStreams(at: now) ?? model.limiter.window.streams(at: now))
        }
        return min(limiter.neededStreams(at: now) ?? limiter.window.streams(at: now), ofModels)
    }
}

/// Whether a provider is out, or only one of its models: it is the model where others of its provider answer.
extension ProviderState {
    /// Whether a model is out, by itself or with its provider.
    func isOut(_ model: Int) -> Bool { outage.since != nil || models[model].outage.since != nil }

    /// Records an attempt that failed by connection or 5xx.
    func attemptFailed(_ jobID: Int64, _ attempt: AdmittedAttempt, reason: String, at now: Duration) {
        let place = attempt.place.model
        let model = models[place]
        if outage.since != nil {
            failingModels.insert(place)
            return outage.failed(jobID, reason: reason, at: now)
        }
        if model.outage.since != nil { return model.outage.failed(jobID, reason: reason, at: now) }
        let isModelOut = model.outage.add(jobID, attempt, isFailure: true)
        let isOut = outage.add(jobID, attempt, isFailure: true)
        let isAnyOut = models.contains { $0.outage.since != nil }
        guard isModelOut || isOut || isAnyOut else { return }
        if models.indices.contains(where: { (!isModelOut || $0 != place) && isAnswering($0) }) {
            if isModelOut { model.outage.begin(since: now, reason: reason, at: now) }
        } else if isModelOut || isOut || !models.indices.contains(where: { !isKnownToFail($0) }) {
            failingModels = outage.failingModels.union(models.indices.filter { models[$0].outage.since != nil })
            outage.begin(since: now, reason: reason, at: now)
        }
    }

    private func isAnswering(_ model: Int) -> Bool { models[model].outage.since == nil && outage.isAnswering(model) }

    /// Whether a model is out, or has failed and not answered of late.
    private func isKnownToFail(_ model: Int) -> Bool {
        models[model].outage.since != nil || outage.failingModels.contains(model) && !outage.isAnswering(model)
    }

    /// Records an attempt that was answered, if only with a refusal, or that failed for what its own job is.
    func attemptSucceeded(_ jobID: Int64, _ attempt: AdmittedAttempt) {
        guard !isOut(attempt.place.model) else { return }
        _ = models[attempt.place.model].outage.add(jobID, attempt, isFailure: false)
        _ = outage.add(jobID, attempt, isFailure: false)
    }

    /// Records that a request was answered, which may show that its provider or model is not out any more.
    ///
    /// Where it was the provider that seemed out, those of its models that failed are now taken for out by themselves,
    /// until a probe of theirs is answered too: they get one at once.
    func answered(_ attempt: AdmittedAttempt, at now: Duration) {
        let place = attempt.place.model
        if let since = outage.since, outage.isOver(byAnswerTo: attempt) || !failingModels.contains(place) {
            for (index, model) in models.enumerated() where model.outage.since == nil {
                if index != place, failingModels.contains(index) {
                    model.outage.begin(since: since, nextProbe: now, reason: outage.reason, at: now)
                } else {
                    model.outage.end()
                }
            }
            outage.end()
            failingModels = []
            limiter.open(at: now)
        }
        if models[place].outage.isOver(byAnswerTo: attempt) {
            models[place].outage.end()
            models[place].limiter.open(at: now)
        }
    }

    /// Leaves out a time in which nothing was sent: no outage grew older by it.
    func leaveOut(_ time: Duration) {
        outage.leaveOut(time)
        for model in models {
            model.outage.leaveOut(time)
            model.fullTiers.leaveOut(time)
        }
    }

    /// Records the start of a request, which where something is out is a probe.
    func started(_ jobID: Int64, _ place: ModelPlace, at now: Duration) {
        let model = models[place.model]
        guard outage.since != nil || model.outage.since != nil else { return }
        let probeTimeout = max(Self.probeTimeout, model.silences.bound)
        if outage.since != nil {
            probes += 1
            model.lastProbe = probes
            outage.start(jobID, probeTimeout: probeTimeout, at: now)
        } else {
            model.outage.start(jobID, probeTimeout: probeTimeout, at: now)
        }
    }

    /// The models in the order in which they probe: those first of which nothing is known, then who did least lately.
    var orderOfProbes: [Int] {
        models.indices.sorted { first, second in
            (models[first].lastProbe, failingModels.contains(first) ? 1 : 0)
                < (models[second].lastProbe, failingModels.contains(second) ? 1 : 0)
        }
    }

    /// A probe is left alone for so long at least: connecting alone may take 10 s.
    private static let probeTimeout = Duration.seconds(15)
}
