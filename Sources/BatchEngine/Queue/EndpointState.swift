import LLMStreaming

/// All that admission knows of one endpoint of a provider: its limiter, whether it is out or refuses, and the same of each
/// model there.
///
/// A class, with one owner: it is looked at many times a job.
final class EndpointState {
    /// Its URL, with the name of its key's variable where its provider has several keys.
    let name: String
    /// How many streams it gets beside the others of its provider.
    let weight: Double
    /// Whether its provider has others.
    let hasSiblings: Bool
    var limiter: RequestLimiter
    var outage = OutageBreaker()
    /// While it is out: its models of which an attempt failed.
    var failingModels: Set<Int> = []
    /// The probes that were sent while it was out.
    private(set) var probes = 0
    var losses = RecentLosses()
    var refusals = RefusalStreak()
    /// By the position of the model at its provider.
    var models: [EndpointModel] = []
    /// Its newest attempt's number among all attempts of the run.
    var lastStart = 0
    /// Why it gets no more requests; nil where it does.
    var stopReason: String?
    /// What keeps it from being sent something, and until when since the run's start; nil where nothing does.
    var wait: (reason: WaitReason, until: Duration?)?
    /// Whether it or one of its models is out.
    private(set) var isOutAnywhere = false
    /// How many streams it should have, where that is found.
    var found: FoundWidth?
    /// What its streams are counted by: also where the width is not found, since that may be asked for at any time.
    let tally = EndpointTally()

    init(_ member: EndpointPool.Member, hasSiblings: Bool, limiter: RequestLimiter) {
        name = member.name
        weight = member.weight
        self.hasSiblings = hasSiblings
        self.limiter = limiter
    }

    /// Whether a request of any size and model may start.
    func decision(at now: Duration) -> StartDecision {
        let outage = outage.decision(at: now)
        return outage == .now ? limiter.decision(at: now) : outage
    }

    /// Whether a request of this size, to one of the models, may start.
    func decision(on size: RequestSize, model: Int, at now: Duration) -> StartDecision {
        let state = models[model]
        // While the whole endpoint is out, all its models are probed.
        if outage.since == nil {
            let ofOutage = state.outage.decision(at: now)
            guard ofOutage == .now else { return ofOutage }
        }
        let ofLimiter = state.limiter.decision(at: now)
        guard ofLimiter == .now else { return ofLimiter }
        return limiter.decision(on: size, at: now).andThen(state.limiter.decision(on: size, at: now))
    }

    /// Whether the next request, to one of the models, shows whether others may follow.
    func isProbeDue(_ model: Int) -> Bool {
        isOut(model) || limiter.isProbeDue || models[model].limiter.isProbeDue
    }

    /// Whether jobs must wait for it for longer than a free stream.
    func isPaused(at now: Duration) -> Bool {
        switch decision(at: now) {
        case .later(_, .pause), .later(_, .outage), .later(_, .probe): true
        default: false
        }
    }

    /// Whether it takes requests for a model, now or as soon as a stream is free.
    func serves(_ model: Int, at now: Duration) -> Bool {
        stopReason == nil && models[model].stopReason == nil && !isOut(model) && !isPaused(at: now)
            && !models[model].limiter.isPaused(at: now)
    }

    /// The most streams that it can use at the moment.
    ///
    /// - Parameter isWanted: whether jobs of a model are sent.
    func neededStreams(at now: Duration, isWanted: (_ model: Int) -> Bool) -> Int {
        var ofModels = 0
        for (index, model) in models.enumerated() {
            guard isWanted(index), model.stopReason == nil, model.outage.since == nil,
                !model.limiter.isPaused(at: now)
            else { continue }
            ofModels += model.limiter.neededStreams(at: now) ?? model.limiter.window.streams(at: now)
        }
        return min(limiter.neededStreams(at: now) ?? limiter.window.streams(at: now), ofModels)
    }
}

/// Whether an endpoint is out, or only one of its models: it is the model where others there answer.
extension EndpointState {
    /// Whether a model is out, by itself or with its endpoint.
    func isOut(_ model: Int) -> Bool { outage.since != nil || models[model].outage.since != nil }

    /// Records an attempt that failed by connection or 5xx.
    func attemptFailed(_ jobID: Int64, _ attempt: AdmittedAttempt, reason: String, at now: Duration) {
        defer { noteOutages() }
        let place = attempt.place.model
        let model = models[place]
        if outage.since != nil {
            failingModels.insert(place)
            return outage.failed(jobID, reason: reason, longest: longestInterval, at: now)
        }
        if model.outage.since != nil {
            return model.outage.failed(jobID, reason: reason, longest: longestInterval, at: now)
        }
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

    /// Records that a request was answered, which may show that the endpoint or the model is not out any more.
    ///
    /// Where it was the endpoint that seemed out, those of its models that failed are now taken for out by themselves,
    /// until a probe of theirs is answered too: they get one at once.
    func answered(_ attempt: AdmittedAttempt, at now: Duration) {
        guard isOutAnywhere else { return }
        defer { noteOutages() }
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
            found?.restart(at: now)
        }
        if models[place].outage.isOver(byAnswerTo: attempt) {
            models[place].outage.end()
            models[place].limiter.open(at: now)
        }
    }

    /// Records that an attempt ended without a word about the endpoint.
    func gaveUp(_ jobID: Int64, _ model: Int, at now: Duration) {
        guard isOutAnywhere else { return }
        outage.gaveUp(jobID, at: now)
        models[model].outage.gaveUp(jobID, at: now)
    }

    /// Leaves out a time in which nothing was sent: no outage grew older by it.
    func leaveOut(_ time: Duration) {
        outage.leaveOut(time)
        for model in models { model.outage.leaveOut(time) }
    }

    /// Records the start of a request, which where something is out is a probe.
    ///
    /// - Parameter patience: how long a stream of the model may be silent.
    func started(_ jobID: Int64, _ place: Int, patience: Duration, at now: Duration) {
        guard isOutAnywhere else { return }
        let model = models[place]
        guard outage.since != nil || model.outage.since != nil else { return }
        let probeTimeout = max(Self.probeTimeout, patience)
        if outage.since != nil {
            probes += 1
            model.lastProbe = probes
            outage.start(jobID, probeTimeout: probeTimeout, longest: longestInterval, at: now)
        } else {
            model.outage.start(jobID, probeTimeout: probeTimeout, longest: longestInterval, at: now)
        }
    }

    /// The models in the order in which they probe: those first of which nothing is known, then who did least lately.
    var orderOfProbes: [Int] {
        models.indices.sorted { first, second in
            (models[first].lastProbe, failingModels.contains(first) ? 1 : 0)
                < (models[second].lastProbe, failingModels.contains(second) ? 1 : 0)
        }
    }

    private func noteOutages() { isOutAnywhere = outage.since != nil || models.contains { $0.outage.since != nil } }

    /// The longest time between two probes: where others answer nobody waits for it, and it is to be back soon.
    private var longestInterval: Duration { hasSiblings ? .seconds(10) : OutageBreaker.longestInterval }

    /// A probe is left alone for so long at least: connecting alone may take 10 s.
    private static let probeTimeout = Duration.seconds(15)
}
