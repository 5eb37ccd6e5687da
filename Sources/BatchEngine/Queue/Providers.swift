import LLMStreaming

/// All providers and models that have jobs, and which of them get no more requests.
struct Providers {
    private(set) var all: [ProviderState] = []
    /// How many providers and models are stopped.
    var stopCount = 0
    /// How many endpoints are, by themselves or for a model.
    var endpointStopCount = 0
    private var places: [ModelName: ModelPlace] = [:]
    private var limits: [String: ProviderLimits]
    /// The most streams that any may have.
    private var most: Int
    /// This worker's share of the rates, and where its requests fall between those of others.
    private(set) var share: WorkerShare
    private let phase: Double
    private let warmFirst: WarmFirst
    /// The order of jobs that never waited.
    private let order: EndpointChoice.Order
    /// How many streams an endpoint gets.
    private var rule: StreamWidth

    /// The endpoints of each provider that can be sent something.
    private let pools: [String: EndpointPool]

    init(pools: [String: EndpointPool], _ configuration: RunConfiguration) {
        self.pools = pools
        limits = configuration.limits
        most = configuration.concurrency
        share = configuration.share.value
        phase = configuration.share.phase
        warmFirst = configuration.warmFirst
        switch configuration.order {
        case .input: order = .input
        case .prefix: order = .prefix(warmsFirst: configuration.warmFirst != .off)
        }
        rule = configuration.width
    }

    /// Follows a change of this worker's share.
    mutating func set(_ share: WorkerShare, at now: Duration) {
        guard share != self.share else { return }
        self.share = share
        for provider in all {
            provider.total?.set(share, at: now)
            for endpoint in provider.endpoints {
                endpoint.limiter.set(share, at: now)
                for model in endpoint.models { model.limiter.set(share, at: now) }
            }
        }
    }

    /// Follows a change of the most streams that any may have, and of how many an endpoint gets; what was found of one is
    /// not forgotten where the rule stays as it was.
    mutating func set(most: Int, rule: StreamWidth, at now: Duration) {
        let before = self.rule
        (self.most, self.rule) = (most, rule)
        for provider in all {
            for endpoint in provider.endpoints { endpoint.follow(rule, insteadOf: before) }
            setWidths(provider, at: now)
        }
    }

    private func bound(_ name: String) -> Int { min(most, limits[name]?.concurrency ?? most) }

    /// Shares the streams that a provider may have by its endpoints.
    func setWidths(_ provider: ProviderState, at now: Duration) {
        provider.setWidths(bound: bound(provider.name), ofModel: { bound($0.name.name) }, at: now)
    }

    /// Follows a change of a rate that the user sets a provider, now or when jobs of it come.
    ///
    /// - Parameter perMinute: of all workers; nil for what its headers tell.
    mutating func set(_ resource: RateLimit.Resource, perMinute: Int?, of name: String, at now: Duration) {
        limits[name, default: ProviderLimits()].set(resource, perMinute: perMinute)
        guard let provider = all.first(where: { $0.name == name }) else { return }
        if provider.isPool {
            provider.total?.set(resource, perMinute: perMinute, at: now)
        } else {
            provider.endpoints.first?.limiter.set(resource, perMinute: perMinute, at: now)
        }
    }

    /// The rate that the user sets a provider; nil where there is none.
    func perMinute(_ resource: RateLimit.Resource, of name: String) -> Int? { limits[name]?.perMinute(resource) }

    /// A limiter of all that the user bounds of a provider or model, or of what is left where that holds for several
    /// endpoints together.
    private func limiter(of name: String, isPart: Bool = false) -> RequestLimiter {
        var limits = limits[name] ?? ProviderLimits()
        if isPart { (limits.requestsPerMinute, limits.tokensPerMinute) = (nil, nil) }
        return RequestLimiter(limits, most: most, share: share, phase: phase)
    }

    /// How many there are.
    var count: Int { places.count }

    /// Adds those that have jobs; all look for more.
    mutating func add(_ names: [ModelName], at now: Duration) {
        for name in names where places[name] == nil {
            let position = position(of: name.provider)
            let provider = all[position]
            if provider.endpoints.isEmpty { stop(position, reason: "no such provider is configured") }
            provider.models.append(ModelState(name, queue: queue(of: provider)))
            for endpoint in provider.endpoints {
                endpoint.models.append(EndpointModel(limiter: limiter(of: name.name)))
            }
            places[name] = ModelPlace(provider: position, model: provider.models.count - 1)
            if provider.isPool || rule != .fixed { setWidths(provider, at: now) }
        }
        if places.isEmpty { return }
        for provider in all {
            for model in provider.models {
                model.queue.readAhead = (Self.jobsAhead / places.count, Self.bytesAhead / places.count)
                model.queue.refresh()
            }
        }
    }

    /// An empty queue for a model: Anthropic's interface keeps a beginning only where a request asks for it.
    private func queue(of provider: ProviderState) -> ModelQueue {
        let isAsked = pools[provider.name]?.provider.dialect == .anthropicMessages
        return ModelQueue(order, asksForCache: isAsked && warmFirst == .auto)
    }

    /// The most new jobs at hand of all models, and the most bytes of their requests, where those that begin alike are to be
    /// found among them.
    private static let (jobsAhead, bytesAhead) = (4096, 32 << 20)

    /// All ask again when their next waiting job is due.
    func lookAgain() {
        for provider in all {
            for model in provider.models { model.queue.lookAgain() }
        }
    }

    private mutating func position(of name: String) -> Int {
        if let known = all.firstIndex(where: { $0.name == name }) { return known }
        let pool = pools[name]
        let isPart = (pool?.members.count ?? 0) > 1
        let provider = ProviderState(name, pool: pool, total: limiter(of: name)) {
            limiter(of: name, isPart: isPart)
        }
        for endpoint in provider.endpoints { endpoint.follow(rule) }
        all.append(provider)
        return all.count - 1
    }

    // MARK: One of them

    /// A provider.
    subscript(_ position: Int) -> ProviderState { all[position] }

    /// Where a model is; nil before it has jobs.
    func place(of name: ModelName) -> ModelPlace? { places[name] }

    /// A model.
    subscript(_ place: ModelPlace) -> ModelState { all[place.provider].models[place.model] }
}
