package import LLMStreaming

/// All providers and models that have jobs, and which of them get no more requests.
struct Providers {
    private(set) var all: [ProviderState] = []
    /// How many providers and models are stopped.
    private(set) var stopCount = 0
    private var places: [ModelName: ModelPlace] = [:]
    private var limits: [String: ProviderLimits]
    /// The most streams that any may have.
    private var most: Int
    /// This worker's share of the rates, and where its requests fall between those of others.
    private(set) var share: WorkerShare
    private let phase: Double

    init(limits: [String: ProviderLimits], most: Int, share: CurrentShare) {
        self.limits = limits
        self.most = most
        self.share = share.value
        phase = share.phase
    }

    /// Follows a change of this worker's share.
    mutating func set(_ share: WorkerShare, at now: Duration) {
        guard share != self.share else { return }
        self.share = share
        for provider in all {
            provider.limiter.set(share, at: now)
            for model in provider.models { model.limiter.set(share, at: now) }
        }
    }

    /// Follows a change of the most streams that any may have.
    mutating func set(most: Int, at now: Duration) {
        self.most = most
        func bound(_ name: String) -> Int { min(most, limits[name]?.concurrency ?? most) }
        for provider in all {
            provider.limiter.set(bound: bound(provider.name), at: now)
            for model in provider.models { model.limiter.set(bound: bound(model.name.name), at: now) }
        }
    }

    /// Follows a change of a rate that the user sets a provider, now or when jobs of it come.
    ///
    /// - Parameter perMinute: of all workers; nil for what its headers tell.
    mutating func set(_ resource: RateLimit.Resource, perMinute: Int?, of name: String, at now: Duration) {
        limits[name, default: ProviderLimits()].set(resource, perMinute: perMinute)
        all.first { $0.name == name }?.limiter.set(resource, perMinute: perMinute, at: now)
    }

    /// The rate that the user sets a provider; nil where there is none.
    func perMinute(_ resource: RateLimit.Resource, of name: String) -> Int? { limits[name]?.perMinute(resource) }

    private func limiter(of name: String) -> RequestLimiter {
        RequestLimiter(limits[name] ?? ProviderLimits(), most: most, share: share, phase: phase)
    }

    /// How many there are.
    var count: Int { places.count }

    /// Adds those that have jobs; all look for more.
    ///
    /// - Parameter isConfigured: whether there is somebody to send a provider's jobs to.
    mutating func add(_ names: [ModelName], isConfigured: (_ provider: String) -> Bool) {
        for name in names where places[name] == nil {
            let provider = position(of: name.provider)
            if !isConfigured(name.provider) { stop(provider, reason: "no such provider is configured") }
            all[provider].models.append(ModelState(name, limiter: limiter(of: name.name)))
            places[name] = ModelPlace(provider: provider, model: all[provider].models.count - 1)
        }
        for provider in all {
            for model in provider.models { model.queue.refresh() }
        }
    }

    /// All ask again when their next waiting job is due.
    func lookAgain() {
        for provider in all {
            for model in provider.models { model.queue.lookAgain() }
        }
    }

    private mutating func position(of name: String) -> Int {
        if let known = all.firstIndex(where: { $0.name == name }) { return known }
        all.append(ProviderState(name, limiter: limiter(of: name)))
        return all.count - 1
    }

    // MARK: One of them

    /// A provider.
    subscript(_ position: Int) -> ProviderState { all[position] }

    /// Where a model is; nil before it has jobs.
    func place(of name: ModelName) -> ModelPlace? { places[name] }

    /// A model.
    subscript(_ place: ModelPlace) -> ModelState { all[place.provider].models[place.model] }

    // MARK: Stops

    /// Whether a model gets no more requests, by itself or with its provider.
    func isStopped(_ place: ModelPlace) -> Bool {
        guard stopCount > 0 else { return false }
        return self[place.provider].stopReason != nil || self[place].stopReason != nil
    }

    /// Sends nothing more to a provider.
    mutating func stop(_ position: Int, reason: String) {
        let provider = self[position]
        guard provider.stopReason == nil else { return }
        stopCount += 1
        provider.stopReason = reason
        provider.wait = nil
        for model in provider.models { model.queue.close() }
    }

    /// Sends nothing more to a model.
    mutating func stop(_ place: ModelPlace, reason: String) {
        let model = self[place]
        guard model.stopReason == nil else { return }
        stopCount += 1
        model.stopReason = reason
        model.wait = nil
        model.queue.close()
    }

    /// Stops the providers that are out for as long as the user waits, and the models that are while others of their
    /// provider answer.
    mutating func stopWhatIsOut(for timeout: Duration, at now: Duration) {
        func reason(_ outage: OutageBreaker) -> String? {
            guard let since = outage.since, now - since >= timeout else { return nil }
            return "out for \(Int((now - since).seconds)) s: \(outage.reason)"
        }
        for (index, provider) in all.enumerated() where provider.stopReason == nil {
            if let reason = reason(provider.outage) { stop(index, reason: reason) }
            for (position, model) in provider.models.enumerated() where model.stopReason == nil && model.hasWork {
                guard let reason = reason(model.outage) else { continue }
                stop(ModelPlace(provider: index, model: position), reason: reason)
            }
        }
    }

    /// Whether some of these providers may be sent something.
    func mayAdmit(to names: some Sequence<String>) -> Bool {
        stopCount == 0
            || names.contains { name in !all.contains { $0.name == name && $0.stopReason != nil } }
    }

    /// What gets no more requests, and why: providers, and models as `provider/model`.
    var stopReasons: [String: String] {
        var reasons: [String: String] = [:]
        guard stopCount > 0 else { return reasons }
        for provider in all {
            if let reason = provider.stopReason { reasons[provider.name] = reason }
            for model in provider.models where provider.stopReason == nil {
                if let reason = model.stopReason { reasons[model.name.name] = reason }
            }
        }
        return reasons
    }
}

/// What the user lets a provider, or one of its models, be asked.
package struct ProviderLimits: Sendable, Equatable {
    /// The most streams open at once; nil for as many as the run may have.
    package var concurrency: Int?
    package var requestsPerMinute: Int?
    package var tokensPerMinute: Int?
    /// Whether its rate is learnt from its refusals; not so only where both are compared.
    package var learnsRate: Bool

    package init(
        concurrency: Int? = nil, requestsPerMinute: Int? = nil, tokensPerMinute: Int? = nil, learnsRate: Bool = true
    ) {
        self.concurrency = concurrency
        self.requestsPerMinute = requestsPerMinute
        self.tokensPerMinute = tokensPerMinute
        self.learnsRate = learnsRate
    }

    /// A rate a minute; nil where there is none.
    package func perMinute(_ resource: RateLimit.Resource) -> Int? {
        resource == .requests ? requestsPerMinute : tokensPerMinute
    }

    /// Sets a rate a minute, of requests or else of tokens; nil takes it away.
    package mutating func set(_ resource: RateLimit.Resource, perMinute: Int?) {
        if resource == .requests { requestsPerMinute = perMinute } else { tokensPerMinute = perMinute }
    }

    /// What of them is a worker's share, at least one a minute: the streams are its own.
    package func share(_ share: WorkerShare) -> ProviderLimits {
        func part(_ count: Int) -> Int { max(1, Int(Double(count) * share.part)) }
        var own = self
        own.requestsPerMinute = requestsPerMinute.map(part)
        own.tokensPerMinute = tokensPerMinute.map(part)
        return own
    }

    /// The bounds of the providers of a run, by name.
    ///
    /// - Parameters:
    ///   - providers: with the bounds of each.
    ///   - concurrency: by provider or `provider/model`; goes before a provider's own.
    package static func table(of providers: [Provider], concurrency: [String: Int]) -> [String: ProviderLimits] {
        var limits: [String: ProviderLimits] = [:]
        for provider in providers {
            limits[provider.name] = ProviderLimits(
                concurrency: provider.concurrency, requestsPerMinute: provider.requestsPerMinute,
                tokensPerMinute: provider.tokensPerMinute)
        }
        for (name, count) in concurrency { limits[name, default: ProviderLimits()].concurrency = count }
        return limits
    }
}
