// Which endpoint of a provider a job is sent to.
extension ProviderState {
    /// Whether a request of any size and model may start anywhere.
    ///
    /// - Parameter pending: told what endpoints have to wait for.
    func decision(at now: Duration, _ pending: inout PendingWaits) -> StartDecision {
        if let total {
            let decision = total.decision(at: now)
            guard decision == .now else { return decision }
        }
        if endpoints.count == 1 { return endpoints[0].decision(at: now) }
        var best: StartDecision?
        for endpoint in endpoints where endpoint.stopReason == nil {
            let decision = endpoint.decision(at: now)
            endpoint.wait = pending.add(decision)
            best = best.map { $0.sooner(decision) } ?? decision
        }
        return best ?? .held(.concurrency)
    }

    /// The endpoint that the next job of a model is sent to, or what it waits for.
    ///
    /// - Parameters:
    ///   - jobID: the job.
    ///   - size: of its request.
    ///   - bound: the endpoint that has what it goes on from; nil where any will do.
    func choice(
        for jobID: Int64, _ size: RequestSize, model: Int, bound: Int?, at now: Duration
    ) -> (endpoint: Int, decision: StartDecision) {
        // Who must go where its stream is kept goes there, also where it failed.
        let failed = bound == nil ? failures(of: jobID) : nil
        // Where it has failed it goes only when nobody else is left that could answer, also later.
        let avoided = failed.flatMap { failed in
            endpoints.indices.contains { !failed.contains($0) && endpoints[$0].serves(model, at: now) } ? failed : nil
        }
        let (free, wait) = free(for: size, model: model, at: now) {
            bound ?? $0 == $0 && avoided?.contains($0) != true
        }
        return free.leastLoaded().map { ($0.index, .now) } ?? (0, wait)
    }

    /// The endpoints that a job of a model may be sent to, or what it waits for where there are none.
    ///
    /// - Parameters:
    ///   - size: of its request, or as expected.
    ///   - isMeant: whether it may be sent to the endpoint at this position.
    func free(
        for size: RequestSize, model: Int, at now: Duration, where isMeant: (Int) -> Bool = { _ in true }
    ) -> (endpoints: [EndpointLoad], wait: StartDecision) {
        if let decision = models[model].totalDecision, decision != .now { return ([], decision) }
        if let total {
            let decision = total.decision(on: size, at: now)
            guard decision == .now else { return ([], decision) }
        }
        var free: [EndpointLoad] = []
        var wait: StartDecision?
        for (index, endpoint) in endpoints.enumerated() {
            guard endpoint.stopReason == nil, endpoint.models[model].stopReason == nil, isMeant(index) else { continue }
            var decision = !isPool || endpoint.wait == nil ? .now : endpoint.decision(at: now)
            if decision == .now { decision = endpoint.decision(on: size, model: model, at: now) }
            guard decision == .now else {
                wait = wait.map { $0.sooner(decision) } ?? decision
                continue
            }
            free.append(
                EndpointLoad(
                    index: index, running: max(0, endpoint.limiter.running - endpoint.limiter.silent.count),
                    width: Double(endpoint.limiter.window.bound), lastStart: endpoint.lastStart))
        }
        return (free, wait ?? .held(.concurrency))
    }

    /// Whether a request of this size to a model may start at an endpoint.
    func decision(on size: RequestSize, model: Int, at endpoint: Int, _ now: Duration) -> StartDecision {
        if let total {
            let decision = total.decision(on: size, at: now)
            guard decision == .now else { return decision }
        }
        return endpoints[endpoint].decision(on: size, model: model, at: now)
    }

    /// Whether a job that failed at an endpoint may be sent to another at once.
    func hasOther(than endpoint: Int, for model: Int, at now: Duration) -> Bool {
        endpoints.indices.contains { $0 != endpoint && endpoints[$0].serves(model, at: now) }
    }

    /// The position of the endpoint of this name, where jobs can still be sent to it.
    func usable(_ name: String, for model: Int) -> Int? {
        endpoints.firstIndex {
            $0.name == name && $0.stopReason == nil && $0.models[model].stopReason == nil && !$0.isOut(model)
        }
    }
}

extension StartDecision {
    /// Whether it is a first token that is waited for.
    var isForWarming: Bool {
        switch self {
        case .later(_, .warming), .held(.warming): true
        default: false
        }
    }

    /// Of two places where a request may start, what holds for the first of them.
    func sooner(_ other: StartDecision) -> StartDecision {
        switch (self, other) {
        case (.now, _), (_, .now): .now
        case (.later(let time, _), .later(let otherTime, _)): time <= otherTime ? self : other
        // A free stream may come at any time.
        case (.held, _): self
        case (_, .held): other
        }
    }

    /// Of two bounds that both hold, what holds for a request.
    func andThen(_ other: @autoclosure () -> StartDecision) -> StartDecision {
        let other = other()
        switch (self, other) {
        case (.later(let time, _), .later(let later, _)): return time > later ? self : other
        case (.now, _): return other
        default: return self
        }
    }
}
