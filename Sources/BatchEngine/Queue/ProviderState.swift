import LLMStreaming

/// All that admission knows of one provider: its models with their queues, and the endpoints that they are sent to.
///
/// A class, with one owner, as its models and endpoints are.
final class ProviderState {
    let name: String
    var models: [ModelState] = []
    let endpoints: [EndpointState]
    /// What the user lets all endpoints together be asked, where there are several; of a single one that is its own.
    var total: RequestLimiter?
    /// The streams that are open.
    private(set) var running = 0
    /// The endpoints that answered when the streams were shared by them last.
    var answering = EndpointSet()
    /// Its newest attempt's number among all attempts of the run.
    var lastStart = 0
    /// Why it gets no more requests; nil where it does.
    var stopReason: String?
    /// What its jobs wait for, and until when since the run's start; nil where they do not.
    var wait: (reason: WaitReason, until: Duration?)?
    /// Where jobs that wait for another attempt have failed: they go elsewhere first.
    private var failures: [Int64: FailedEndpoints] = [:]

    /// - Parameters:
    ///   - pool: its endpoints; nil where it is not configured.
    ///   - total: bounds all of them together.
    ///   - limiter: makes that of one endpoint.
    init(_ name: String, pool: EndpointPool?, total: RequestLimiter, limiter: () -> RequestLimiter) {
        self.name = name
        let members = pool?.members ?? []
        endpoints = members.map { EndpointState($0, hasSiblings: members.count > 1, limiter: limiter()) }
        self.total = members.count > 1 ? total : nil
        answering = currentlyAnswering
    }

    /// Whether it has several endpoints.
    var isPool: Bool { endpoints.count > 1 }

    /// The name of one of its endpoints, as it is told: of a single one the provider's.
    func label(of endpoint: Int) -> String { isPool ? "\(name) at \(endpoints[endpoint].name)" : name }

    /// The endpoint that is out, while all are that are left: who probes there comes first.
    var probed: EndpointState? {
        var first: EndpointState?
        for endpoint in endpoints where endpoint.stopReason == nil {
            guard endpoint.outage.since != nil else { return nil }
            first = first ?? endpoint
        }
        return first
    }

    /// Whether its jobs must wait for longer than a free stream.
    func isPaused(at now: Duration) -> Bool {
        endpoints.allSatisfy { $0.stopReason != nil || $0.isPaused(at: now) }
    }

    /// The most streams that it can use at the moment.
    func neededStreams(at now: Duration) -> Int {
        var needed = 0
        for endpoint in endpoints where endpoint.stopReason == nil && (!isPool || !endpoint.isPaused(at: now)) {
            needed += endpoint.neededStreams(at: now) { models[$0].stopReason == nil }
        }
        guard let total else { return needed }
        return min(needed, total.neededStreams(at: now) ?? total.window.bound)
    }

    /// Why it is not waited for any longer; nil where some endpoint that is left is not out, or not for so long.
    ///
    /// - Parameter outage: that of an endpoint which counts; nil where nothing is sent there anyway.
    func outageReason(
        for timeout: Duration, at now: Duration, _ outage: (EndpointState) -> OutageBreaker?
    ) -> String? {
        var newest: (since: Duration, reason: String)?
        for endpoint in endpoints where endpoint.stopReason == nil {
            guard let outage = outage(endpoint) else { continue }
            guard let since = outage.since, now - since >= timeout else { return nil }
            if since >= newest?.since ?? since { newest = (since, outage.reason) }
        }
        return newest.map { "out for \(Int((now - $0.since).seconds)) s: \($0.reason)" }
    }

    /// Adds why endpoints get no more requests, or those of a model.
    func addStops(to reasons: inout [String: String]) {
        for (index, endpoint) in endpoints.enumerated() {
            if let reason = endpoint.stopReason {
                reasons[label(of: index)] = reason
                continue
            }
            for (model, state) in zip(endpoint.models, models) where state.stopReason == nil {
                if let reason = model.stopReason { reasons["\(state.name.name) at \(endpoint.name)"] = reason }
            }
        }
    }

    // MARK: Streams

    /// Records the start of a request.
    func start(_ jobID: Int64, _ attempt: AdmittedAttempt, at now: Duration) {
        let (place, endpoint) = (attempt.place.model, endpoints[attempt.endpoint])
        let model = models[place]
        running += 1
        model.running += 1
        (model.lastStart, lastStart, endpoint.lastStart) = (attempt.order, attempt.order, attempt.order)
        endpoint.models[place].limiter.start(jobID, attempt.size, at: now)
        endpoint.limiter.start(jobID, attempt.size, at: now)
        total?.start(jobID, attempt.size, at: now)
        endpoint.started(jobID, place, patience: model.silences.bound, at: now)
    }

    /// Records another request of a stream that goes on at once.
    func startAgain(_ attempt: AdmittedAttempt, at now: Duration) {
        endpoints[attempt.endpoint].models[attempt.place.model].limiter.startAgain(attempt.size, at: now)
        endpoints[attempt.endpoint].limiter.startAgain(attempt.size, at: now)
        total?.startAgain(attempt.size, at: now)
    }

    /// Records the end of a stream.
    func release(_ jobID: Int64, _ attempt: AdmittedAttempt, at now: Duration) {
        let endpoint = endpoints[attempt.endpoint]
        running -= 1
        models[attempt.place.model].running -= 1
        endpoint.models[attempt.place.model].limiter.release(jobID, at: now)
        endpoint.limiter.release(jobID, at: now)
        total?.release(jobID, at: now)
        endpoint.gaveUp(jobID, attempt.place.model, at: now)
        endpoint.found?.ended += 1
        models[attempt.place.model].queue.fresh.ended(jobID)
    }

    /// Leaves out a time in which nothing was sent: no outage grew older by it.
    func leaveOut(_ time: Duration) {
        for endpoint in endpoints { endpoint.leaveOut(time) }
        for model in models { model.fullTiers.leaveOut(time) }
    }

    // MARK: Where jobs have failed

    /// Notes that an attempt of a job failed at an endpoint: where there are others it goes to those first.
    func noteFailure(of jobID: Int64, at endpoint: Int) {
        if isPool { failures[jobID, default: FailedEndpoints()].add(endpoint, of: endpoints.count) }
    }

    /// Forgets where a job has failed: it is not sent again.
    func forgetFailures(of jobID: Int64) {
        if !failures.isEmpty { failures[jobID] = nil }
    }

    /// Where a job has failed.
    func failures(of jobID: Int64) -> FailedEndpoints? { failures.isEmpty ? nil : failures[jobID] }
}

/// The endpoints at which a job has failed, until it has at each.
struct FailedEndpoints: Sendable {
    private var positions: [Int] = []

    func contains(_ endpoint: Int) -> Bool { positions.contains(endpoint) }

    /// Adds one; where all have failed only the newest is left.
    mutating func add(_ endpoint: Int, of count: Int) {
        positions.removeAll { $0 == endpoint }
        positions.append(endpoint)
        if positions.count >= count { positions.removeFirst(positions.count - 1) }
    }
}
