package import LLMStreaming

/// What admission shows of itself.
extension Admission {
    /// Whether the end of a stream may make more possible: what was waited for last is not only a time.
    var isHeld: Bool { pending.isHeld }

    /// Whether there are jobs, and only the user's pause keeps them.
    var isHeldByPause: Bool { pending.isPaused }

    /// Jobs that were sent in this run and wait for another attempt.
    var waitingCount: Int {
        providers.all.reduce(0) { sum, provider in provider.models.reduce(sum) { $0 + $1.queue.waiting.count } }
    }

    /// How many jobs are read at once: enough to keep the streams busy, and few where many models hold a page each.
    var pageSize: Int { max(2, min(128, max(16, width.limit)) * 4 / max(4, providers.count)) }

    /// What jobs that could be sent wait for.
    ///
    /// - Parameters:
    ///   - now: since the run's start.
    ///   - unixMilliseconds: the wall clock then.
    ///   - isTold: which of them to tell.
    func waits(
        at now: Duration, unixMilliseconds: @autoclosure () -> Int64,
        where isTold: (WaitReason, _ until: Duration?) -> Bool = { _, _ in true }
    ) -> [RunWait] {
        // While the user has paused it nothing else keeps the run from going on.
        if isPaused { return [RunWait(name: RunWait.nameOfRun, reason: .paused)] }
        var found: [RunWait] = []
        func add(
            _ name: @autoclosure () -> String, _ wait: (reason: WaitReason, until: Duration?)?,
            _ limiter: borrowing RequestLimiter, isOfOneEndpoint: Bool = false
        ) -> Bool {
            guard let wait, wait.until.map({ $0 > now }) ?? true else { return false }
            let limit =
                switch wait.reason {
                case .refusals: limiter.limit(at: now)
                case .concurrency: limiter.silent.limit(limiter.window.bound, at: now)
                default: StreamLimit?.none
                }
            if wait.reason == .refusals, limit == nil { return false }
            if isTold(wait.reason, wait.until) || wait.reason == .concurrency && limit != nil {
                let until = wait.until.map { unixMilliseconds() + ($0 - now).wholeMilliseconds }
                found.append(
                    RunWait(
                        name: name(), reason: wait.reason, untilMilliseconds: until, limit: limit,
                        isOfOneEndpoint: isOfOneEndpoint))
            }
            return true
        }
        if pending.isFull, let limit = silent.limit(width.limit, at: now) {
            found.append(RunWait(name: RunWait.nameOfRun, reason: .concurrency, limit: limit))
        }
        for provider in providers.all {
            guard let only = provider.endpoints.first else { continue }
            if !provider.isPool {
                if add(provider.name, provider.wait, only.limiter) { continue }
                for (model, state) in zip(provider.models, only.models) {
                    _ = add(model.name.name, model.wait, state.limiter)
                }
                continue
            }
            guard let total = provider.total else { continue }
            if provider.wait?.reason == .concurrency { _ = add(provider.name, provider.wait, total) }
            let othersGoOn = provider.areAllModelsServed
            for (index, endpoint) in provider.endpoints.enumerated() where endpoint.isHeldUp {
                _ = add(provider.label(of: index), endpoint.wait, endpoint.limiter, isOfOneEndpoint: othersGoOn)
            }
            for model in provider.models { _ = add(model.name.name, model.wait, total) }
        }
        return found
    }

    /// The user's bound that keeps jobs from being sent; nil where none does.
    var spentBudget: String? {
        guard ledger.isBounded else { return nil }
        let isSpent = providers.all.contains { $0.models.contains { $0.wait?.reason == .budget } }
        return isSpent ? ledger.bound : nil
    }
}

extension ProviderState {
    /// Whether each model with jobs has an endpoint that goes on.
    fileprivate var areAllModelsServed: Bool {
        models.indices.allSatisfy { index in
            models[index].stopReason != nil || !models[index].hasWork
                || endpoints.contains {
                    $0.stopReason == nil && !$0.isHeldUp && $0.models[index].stopReason == nil
                }
        }
    }
}

extension EndpointState {
    /// Whether more than a free stream keeps it from being sent something: that is told, also while others of its provider
    /// are.
    fileprivate var isHeldUp: Bool {
        switch wait?.reason {
        case .pause, .outage, .refusals, .probe, .rate: stopReason == nil
        case .evenPace, .concurrency, .warming, .budget, .paused, nil: false
        }
    }
}

/// What one step of admission found that has to be waited for.
struct PendingWaits: Sendable {
    /// When something may be possible that is not now: since the run's start, and by the wall clock in Unix milliseconds.
    private(set) var time: Duration?
    var due: Int64?
    /// Whether the end of a stream may make more possible.
    var isHeld: Bool
    /// Whether it depends on whether open streams go on.
    private(set) var isWatched = false
    /// Whether as many streams are open as the user allows.
    var isFull = false
    /// Whether a provider or model has as many streams as the user allows it.
    private(set) var isAtBound = false
    /// Whether there are jobs, and the user has paused the run.
    var isPaused = false

    init(isHeld: Bool = true) { self.isHeld = isHeld }

    /// Adds what a provider or model has to wait for.
    ///
    /// - Returns: the reason, and until when; nil where it may start.
    mutating func add(_ decision: StartDecision) -> (reason: WaitReason, until: Duration?)? {
        switch decision {
        case .now: return nil
        case .later(let time, let reason):
            self.time = min(self.time ?? time, time)
            isHeld = isHeld || !reason.isTimeOnly
            isWatched = isWatched || reason == .outage
            return (reason, time)
        case .held(let reason):
            isHeld = true
            isWatched = isWatched || reason == .refusals
            isAtBound = isAtBound || reason == .concurrency
            return (reason, nil)
        }
    }
}

/// Whether a request may start.
enum StartDecision: Sendable, Equatable {
    case now
    /// Not before a time since the run's start.
    case later(Duration, WaitReason)
    /// Not before something that is under way ends.
    case held(WaitReason)
}

/// What jobs of a provider or model wait for.
package enum WaitReason: Sendable, Hashable {
    /// The provider asked to wait, or refused for its rate limit or for load.
    case pause(isOverload: Bool)
    /// The first request after a pause or an outage, which shows whether others may follow.
    case probe
    /// The provider cannot be reached or fails.
    case outage
    /// The first token of a request that begins alike: then its server has that beginning at hand.
    case warming
    /// A rate per minute.
    case rate(RateLimit.Resource)
    /// Streams follow each other at even distances after a pause.
    case evenPace
    /// As many streams are open as the user allows.
    case concurrency
    /// As many streams are open as refusals have left.
    case refusals
    /// What runs may use up the rest of what the user lets it cost.
    case budget
    /// The user has paused the run.
    case paused

    /// Whether it ends with its time, and not before with a stream.
    var isTimeOnly: Bool {
        switch self {
        case .rate(.requests), .evenPace: true
        // A stream may give tokens back.
        case .rate, .pause, .probe, .warming, .outage, .concurrency, .refusals, .budget, .paused: false
        }
    }

    /// The words for progress and messages.
    package var text: String {
        switch self {
        case .pause(false): "rate limit"
        case .pause(true): "overload"
        case .probe: "a first answer"
        case .warming: "a first token of the same beginning"
        case .outage: "outage"
        case .rate(let resource): "\(resource.text) per minute"
        case .evenPace: "even pace"
        case .concurrency: "a free stream"
        case .refusals: "the limit that refusals set"
        case .budget: "the rest of the budget"
        case .paused: "paused"
        }
    }
}

extension RateLimit.Resource {
    /// The word for it.
    package var text: String {
        switch self {
        case .requests: "requests"
        case .tokens: "tokens"
        case .inputTokens: "input tokens"
        case .outputTokens: "output tokens"
        }
    }
}

/// How many streams a run, a provider or a model may have: as many as the user allows, or what refusals have left.
package struct StreamLimit: Sendable, Hashable {
    /// How many may be open; where refusals have left them, with the silent ones, which do not hold that.
    package var streams: Int
    /// How many of them are silent.
    package var silent: Int
    /// For how many seconds the first of these has been.
    package var silentSeconds: Int

    package init(streams: Int, silent: Int = 0, silentSeconds: Int = 0) {
        self.streams = streams
        self.silent = silent
        self.silentSeconds = silentSeconds
    }
}

extension SilentStreams {
    /// What of a bound of the user's is theirs; nil where nothing is.
    func limit(_ streams: Int, at now: Duration) -> StreamLimit? {
        guard let since else { return nil }
        return StreamLimit(streams: streams, silent: count, silentSeconds: Int((now - since).seconds))
    }
}
