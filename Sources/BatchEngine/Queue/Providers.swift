package import LLMStreaming

/// All providers and models that have jobs, and which of them get no more requests.
struct Lanes {
    private(set) var providers: [ProviderLanes] = []
    /// How many providers and models are stopped.
    private(set) var stopCount = 0
    private var places: [ModelName: LanePlace] = [:]
    private let limits: [String: ProviderLimits]
    /// The most streams that any may have.
    private let most: Int

    init(limits: [String: ProviderLimits], most: Int) {
        self.limits = limits
        self.most = most
    }

    /// How many there are.
    var count: Int { places.count }

    /// Takes those that have jobs; all look for more.
    ///
    /// - Parameter isConfigured: whether there is somebody to send a provider's jobs to.
    mutating func add(_ names: [ModelName], isConfigured: (_ provider: String) -> Bool) {
        for name in names where places[name] == nil {
            let provider = provider(name.provider)
            if !isConfigured(name.provider) { stop(provider, reason: "no such provider is configured") }
            providers[provider].models.append(
                ModelLane(name, limits: limits[name.name] ?? ProviderLimits(), most: most))
            places[name] = LanePlace(provider: provider, model: providers[provider].models.count - 1)
        }
        for provider in providers {
            for model in provider.models { model.queue.refresh() }
        }
    }

    /// All ask again when their next waiting job is due.
    func lookAgain() {
        for provider in providers {
            for model in provider.models { model.queue.lookAgain() }
        }
    }

    private mutating func provider(_ name: String) -> Int {
        if let known = providers.firstIndex(where: { $0.name == name }) { return known }
        providers.append(ProviderLanes(name, limits: limits[name] ?? ProviderLimits(), most: most))
        return providers.count - 1
    }

    // MARK: One of them

    /// A lane.
    subscript(_ place: LanePlace) -> ModelLane { providers[place.provider].models[place.model] }

    // MARK: Stops

    /// Whether a lane gets no more requests, by itself or with its provider.
    func isStopped(_ place: LanePlace) -> Bool {
        guard stopCount > 0 else { return false }
        return providers[place.provider].stopReason != nil || self[place].stopReason != nil
    }

    /// Sends nothing more to a provider.
    mutating func stop(_ provider: Int, reason: String) {
        let provider = providers[provider]
        guard provider.stopReason == nil else { return }
        stopCount += 1
        provider.stopReason = reason
        provider.wait = nil
        for model in provider.models { model.queue.close() }
    }

    /// Sends nothing more to a model.
    mutating func stop(_ place: LanePlace, reason: String) {
        let lane = self[place]
        guard lane.stopReason == nil else { return }
        stopCount += 1
        lane.stopReason = reason
        lane.wait = nil
        lane.queue.close()
    }

    /// Stops the providers that are out for as long as the user waits, and the models that are while others of their
    /// provider answer.
    mutating func stopWhatIsOut(for timeout: Duration, at now: Duration) {
        func reason(_ outage: OutageBreaker) -> String? {
            guard let since = outage.since, now - since >= timeout else { return nil }
            return "out for \(Int((now - since).seconds)) s: \(outage.reason)"
        }
        for (index, provider) in providers.enumerated() where provider.stopReason == nil {
            if let reason = reason(provider.outage) { stop(index, reason: reason) }
            for (model, lane) in provider.models.enumerated() where lane.stopReason == nil && lane.hasWork {
                guard let reason = reason(lane.outage) else { continue }
                stop(LanePlace(provider: index, model: model), reason: reason)
            }
        }
    }

    /// Whether some of these providers may be sent something.
    func mayAdmit(to names: some Sequence<String>) -> Bool {
        stopCount == 0
            || names.contains { name in !providers.contains { $0.name == name && $0.stopReason != nil } }
    }

    /// What gets no more requests, and why: providers, and models as `provider/model`.
    var stopReasons: [String: String] {
        var reasons: [String: String] = [:]
        guard stopCount > 0 else { return reasons }
        for provider in providers {
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

    package init(concurrency: Int? = nil, requestsPerMinute: Int? = nil, tokensPerMinute: Int? = nil) {
        self.concurrency = concurrency
        self.requestsPerMinute = requestsPerMinute
        self.tokensPerMinute = tokensPerMinute
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
