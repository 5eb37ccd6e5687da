package import LLMStreaming

/// What a user tells a run that goes on (Contract, "Control").
///
/// Each call holds when it returns: the loop looks at everything anew before it sends another job.
extension JobRunner {
    /// Sends nothing more, neither new jobs nor other attempts, until `resume()`; open streams go on.
    ///
    /// - Returns: how many do.
    package func pause() -> Int {
        state.admission.pause(at: clock.now)
        signal.signal()
        return state.admission.running
    }

    /// Goes on after a pause.
    package func resume() {
        state.admission.resume(at: clock.now)
        signal.signal()
    }

    /// Stops the intake and gives open streams the drain time, as the first signal does; another call changes nothing.
    ///
    /// - Returns: how many streams are open.
    package func drain() -> Int {
        if state.stop.isBeforeDrain { stop() }
        return state.admission.running
    }

    /// Changes how many streams may be open in all, and how many each endpoint gets.
    ///
    /// - Returns: how many are open beyond that.
    package func set(concurrency: Int, rule: StreamWidth = .fixed) -> Int {
        state.admission.set(concurrency: concurrency, rule: rule, at: clock.now)
        widthFeed.yield(rule != .fixed)
        signal.signal()
        return max(0, state.admission.running - concurrency)
    }

    /// Changes a rate of a provider, or of all of them (nil).
    ///
    /// - Parameter perMinute: of all workers; nil for what its headers tell.
    package func set(_ resource: RateLimit.Resource, perMinute: Int?, of provider: String?) {
        let now = clock.now
        for name in provider.map({ [$0] }) ?? Array(state.pools.keys) {
            state.admission.providers.set(resource, perMinute: perMinute, of: name, at: now)
        }
        signal.signal()
    }

    /// Changes what the run may cost.
    ///
    /// - Parameters:
    ///   - cap: in US dollars; nil for no bound.
    ///   - earlier: what earlier runs have spent, where that was not counted before.
    /// - Returns: how many open streams may go beyond it.
    package func set(costCap cap: Double?, earlier: Double) -> Int {
        state.admission.set(costCap: cap, earlier: earlier)
        signal.signal()
        return state.admission.streamsOverCost
    }

    /// Closes the streams of these jobs, and sends them no more in this run.
    ///
    /// - Returns: once none of them is in work and what became of each is committed; how many streams were closed. Jobs
    ///   that nobody worked on are still to be stored as cancelled, and then to be told by `didCancel`.
    package func cancel(_ ids: [Int64]) async -> Int {
        let open = ids.count { state.admission.attempts[$0]?.isOpen == true }
        state.admission.cancel(ids)
        attempts.cancel(ids)
        signal.signal()
        await attempts.untilLeft(ids)
        // Who waits for one of them waits for nobody now.
        for id in ids { state.equals.giveUp(id) }
        signal.signal()
        return open
    }

    /// Notes that these jobs, on which nobody worked, are stored as cancelled.
    package func didCancel(_ jobs: [(id: Int64, customID: String)]) {
        state.tell(cancelled: jobs)
        state.admission.providers.lookAgain()
        signal.signal()
    }

    /// Has these jobs sent before all others, whether or not they wait for another attempt; behind those that were asked
    /// for before.
    package func sendNext(_ ids: [Int64]) {
        var wanted = Set(ids)
        state.admission.asked.removeAll { wanted.contains($0) }
        // Once each, however often it is named.
        state.admission.asked += ids.filter { wanted.remove($0) != nil }
        signal.signal()
    }

    /// Whether jobs of this model may still be sent in this run: neither it nor its provider was stopped.
    package func mayStillSend(to name: ModelName) -> Bool {
        guard let place = state.admission.providers.place(of: name) else { return true }
        return !state.admission.providers.isStopped(place)
    }

    /// What bounds the run now.
    package var limits: RunLimits {
        let admission = state.admission
        var limits = RunLimits(
            concurrency: admission.width.limit, isFound: admission.width.isFound, isDraining: !state.stop.isBeforeDrain,
            maximumCost: admission.ledger.cost.cap, spentCost: admission.ledger.cost.spent)
        for name in state.pools.keys {
            limits.requestsPerMinute[name] = admission.providers.perMinute(.requests, of: name)
            limits.tokensPerMinute[name] = admission.providers.perMinute(.tokens, of: name)
        }
        return limits
    }

    /// Notes what the server of an endpoint says of itself.
    ///
    /// - Parameter waiting: the requests that wait there, of all its clients; nil where it does not say.
    package func note(waiting: Int?, at endpoint: String, of provider: String) {
        state.admission.note(waiting: waiting, at: endpoint, of: provider)
    }

    /// The providers that jobs may be sent to.
    package var providerNames: [String] { state.pools.keys.sorted() }
}

/// What bounds a run at the moment.
package struct RunLimits: Sendable, Equatable {
    /// The streams that may be open in all.
    package var concurrency: Int
    /// Whether how many each endpoint gets is found.
    package var isFound = false
    /// Whether the user stops it: no more jobs are taken up.
    package var isDraining: Bool
    /// In US dollars; nil for no bound.
    package var maximumCost: Double?
    /// What is known to be spent, of earlier runs as far as a budget ever bounded this one.
    package var spentCost: Double
    /// The user's rates, by provider.
    package var requestsPerMinute: [String: Int] = [:]
    package var tokensPerMinute: [String: Int] = [:]
}

extension RunStop {
    /// Whether the user has not stopped the run yet.
    fileprivate var isBeforeDrain: Bool {
        switch self {
        case .none, .intake: true
        case .draining, .now, .storeFailed: false
        }
    }
}
