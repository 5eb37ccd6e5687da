import LLMStreaming

// What becomes of the jobs that were sent.
extension Admission {
    /// Records that a job's stream goes on at once with another request.
    mutating func startAgain(_ jobID: Int64, at now: Duration) {
        endSilence(jobID)
        guard var attempt = attempts[jobID] else { return }
        attemptCount += 1
        (attempt.started, attempt.order) = (now, attemptCount)
        (attempt.chunks, attempt.quietSince) = (0, now)
        attempt.isSettled = false
        attempts[jobID] = attempt
        ledger.reserve(attempt.reservation)
        providers[attempt.place.provider].startAgain(attempt, at: now)
    }

    /// Records what jobs that have come into scope used up in earlier runs: in US dollars, and tokens.
    mutating func addSpent(cost: Double, tokens: Double) { ledger.add(spentOnCost: cost, onTokens: tokens) }

    /// Records what an attempt used up.
    ///
    /// - Parameters:
    ///   - jobID: the job in work.
    ///   - result: what came.
    ///   - askedTier: the service tier that its request named.
    ///   - now: Unix milliseconds.
    /// - Returns: what it cost, as far as that is known.
    mutating func settle(
        _ jobID: Int64, _ result: StreamResult, askedTier: String?, at now: Int64
    ) -> Double? {
        guard let attempt = attempts[jobID] else { return nil }
        attempts[jobID]?.isSettled = true
        return ledger.settle(
            attempt.reservation, result: result, of: providers[attempt.place].name, askedTier: askedTier, at: now)
    }

    /// Changes the provider that a job in work is of.
    func update(_ jobID: Int64, _ change: (AdmittedAttempt, ProviderState) -> Void) {
        guard let attempt = attempts[jobID] else { return }
        change(attempt, providers[attempt.place.provider])
    }

    /// Records the end of a job's stream: its slot is free.
    mutating func release(_ jobID: Int64, at now: Duration) {
        guard let attempt = attempts[jobID], attempt.isOpen else { return }
        endSilence(jobID)
        attempts[jobID]?.isOpen = false
        running -= 1
        providers[attempt.place.provider].release(jobID, attempt, at: now)
    }

    /// A job's end is committed, or that it waits until Unix milliseconds.
    mutating func finish(_ jobID: Int64, waitsUntil due: Int64?, at now: Duration) {
        release(jobID, at: now)
        jobs.finish(jobID)
        guard let attempt = attempts.removeValue(forKey: jobID) else { return }
        let isLeft = providers.isStopped(attempt.place) || cancelled.contains(jobID)
        providers[attempt.place].queue.finish(jobID, waitsUntil: isLeft ? nil : due)
        if isLeft || due == nil { providers[attempt.place.provider].forgetFailures(of: jobID) }
    }

    /// Leaves a waiting job alone that would be one too many.
    mutating func leaveAlone() { jobs.leaveAlone() }

    /// Sends nothing more to the endpoint of a job's attempt.
    ///
    /// - Returns: whether its provider has others that its jobs can be sent to.
    mutating func stopEndpoint(of jobID: Int64, reason: String, at now: Duration) -> Bool {
        guard let attempt = attempts[jobID] else { return false }
        return providers.stop(attempt.endpoint, of: attempt.place.provider, reason: reason, at: now)
            && !providers.isStopped(attempt.place)
    }

    /// Sends nothing more of a job's model to the endpoint of its attempt.
    ///
    /// - Returns: whether others have the model.
    mutating func stopModel(of jobID: Int64, reason: String) -> Bool {
        guard let attempt = attempts[jobID] else { return false }
        return providers.stop(attempt.place, at: attempt.endpoint, reason: reason)
    }

    /// Whether a job whose attempt failed may be sent to another endpoint at once.
    func mayGoElsewhere(_ jobID: Int64, at now: Duration) -> Bool {
        guard let attempt = attempts[jobID] else { return false }
        let provider = providers[attempt.place.provider]
        return provider.isPool && provider.hasOther(than: attempt.endpoint, for: attempt.place.model, at: now)
    }
}
