import LLMStreaming

/// What the end of an attempt means for those that follow it.
extension Admission {
    /// Records that an attempt's answer has begun: what it probed may be asked again.
    mutating func answered(_ jobID: Int64, at now: Duration) {
        update(jobID) { attempt, provider in
            provider.endpoints[attempt.endpoint].answered(jobID, attempt, at: now)
            provider.models[attempt.place.model].queue.fresh.answered(jobID)
        }
    }

    /// Records how an attempt ended, and tells what of it bears on its job.
    ///
    /// - Parameter tier: the service tier that it asked for.
    mutating func judge(
        _ job: Job, _ result: StreamResult, asking tier: String? = nil, at now: Duration
    ) -> RetryCircumstances {
        var circumstances = RetryCircumstances()
        let outageTimeout = configuration.outageTimeout
        var changes: [(name: String, resource: RateLimit.Resource, perMinute: Double)] = []
        update(job.id) { attempt, provider in
            let endpoint = provider.endpoints[attempt.endpoint]
            let model = provider.models[attempt.place.model]
            provider.settle(attempt, result, at: now)
            if let report = result.rateLimits {
                let name = provider.isPool ? "\(model.name.name) at \(endpoint.name)" : model.name.name
                changes += endpoint.learn(report, attempt, at: now).map { (name, $0.0, $0.1) }
            }
            switch result.outcome {
            case .completed:
                endpoint.succeeded(job.id, attempt: attempt, at: now)
                provider.total?.succeeded(job.id, after: now - attempt.started, at: now)
                model.queue.fresh.answered(job.id)
                if let silence = result.longestSilence { model.silences.add(silence) }
                model.fullTiers.answered(tier)
            case .failed(let error):
                // The first of them counts for all.
                let isKnownLoss = result.partial.isEmpty && endpoint.losses.contains(result.lostConnection)
                endpoint.failed(
                    job, attempt: attempt, error: error, result: result, at: now,
                    sentSince: { sentSince(attempt, ofModel: $0) })
                if !result.partial.isEmpty { model.queue.fresh.answered(job.id) }
                if error.kind != .cancelled, !result.isStaleConnection {
                    provider.noteFailure(of: job.id, at: attempt.endpoint)
                }
                circumstances.isTierFull = result.isOfFullTier
                if result.isOfFullTier, let tier {
                    let full = model.fullTiers.refused(tier, at: now)
                    circumstances.isTierGivenUp = now - full.since >= outageTimeout
                    circumstances.areOtherTiersAnswered = full.areOthersAnswered
                }
                circumstances.isOutage = isKnownLoss || endpoint.isOut(attempt.place.model)
                circumstances.isRefusedToAll = endpoint.isRefusedToAll(error, attempt)
                circumstances.isOverRate = provider.isRateExceeded(by: attempt)
                circumstances.equalFailures = error.equalsInARow(
                    job.recentFailures, endpoint: endpoint.name, isPool: provider.isPool)
                circumstances.wasRefused = job.recentFailures.first?.isSameRefusal(as: error) ?? false
            }
        }
        limitChanges += changes
        return circumstances
    }

    /// How many requests to an endpoint, or to the model there, are under way that were sent since one was, itself
    /// included.
    private func sentSince(_ first: AdmittedAttempt, ofModel: Bool) -> Int {
        attempts.values.count { attempt in
            attempt.isOpen && attempt.order >= first.order && attempt.place.provider == first.place.provider
                && attempt.endpoint == first.endpoint && (!ofModel || attempt.place.model == first.place.model)
        }
    }
}

extension ProviderState {
    /// Gives back the tokens of an attempt that was not sent.
    func giveBack(_ attempt: AdmittedAttempt, at now: Duration) {
        charge(RequestSize(inputTokens: 0, outputTokens: 0), in: attempt, at: now)
    }

    private func charge(_ actual: RequestSize, in attempt: AdmittedAttempt, at now: Duration) {
        let endpoint = endpoints[attempt.endpoint]
        endpoint.limiter.rates.settle(attempt.size, actual: actual, startedAt: attempt.started, at: now)
        endpoint.models[attempt.place.model].limiter.rates.settle(
            attempt.size, actual: actual, startedAt: attempt.started, at: now)
        total?.rates.settle(attempt.size, actual: actual, startedAt: attempt.started, at: now)
    }

    /// Charges what an attempt used in place of what it was expected to.
    fileprivate func settle(_ attempt: AdmittedAttempt, _ result: StreamResult, at now: Duration) {
        let isAnswered = result.usage != nil || !result.partial.isEmpty
        let pieces = result.partial.contentDeltaCount
        let output = result.usage?.completionTokens.map { max($0, pieces) } ?? pieces
        // What was not answered costs no tokens; the request itself is counted by the provider all the same.
        let actual = RequestSize(
            inputTokens: isAnswered ? result.usage?.promptTokens.map(Double.init) ?? attempt.size.inputTokens : 0,
            outputTokens: Double(output))
        charge(actual, in: attempt, at: now)
        if case .completed = result.outcome {
            models[attempt.place.model].tokens.learn(
                bytes: attempt.bytes, promptTokens: result.usage?.promptTokens, completionTokens: output)
        }
    }

    /// Whether a request by itself is larger than what is granted in a minute.
    fileprivate func isRateExceeded(by attempt: AdmittedAttempt) -> Bool {
        let endpoint = endpoints[attempt.endpoint]
        return endpoint.limiter.rates.isExceeded(by: attempt.size)
            || endpoint.models[attempt.place.model].limiter.rates.isExceeded(by: attempt.size)
            || total?.rates.isExceeded(by: attempt.size) == true
    }
}

extension EndpointState {
    fileprivate func answered(_ jobID: Int64, _ attempt: AdmittedAttempt, at now: Duration) {
        models[attempt.place.model].limiter.answered(jobID, at: now)
        limiter.answered(jobID, at: now)
        answered(attempt, at: now)
    }

    /// Records the limits that an answer's headers tell: providers that tell them count by model.
    ///
    /// - Returns: the rates that are others than before.
    fileprivate func learn(_ report: RateLimitReport, _ attempt: AdmittedAttempt, at now: Duration)
        -> [(RateLimit.Resource, Double)]
    {
        models[attempt.place.model].limiter.rates.learn(report, at: now)
    }

    fileprivate func succeeded(_ jobID: Int64, attempt: AdmittedAttempt, at now: Duration) {
        answered(jobID, attempt, at: now)
        let duration = now - attempt.started
        models[attempt.place.model].limiter.succeeded(jobID, after: duration, at: now)
        limiter.succeeded(jobID, after: duration, at: now)
        answeredInPart(attempt)
        attemptSucceeded(jobID, attempt)
        for (index, model) in models.enumerated() {
            if index == attempt.place.model {
                model.ownRefusals.answered()
            } else {
                model.ownRefusals.otherAnswered(attempt)
            }
        }
    }

    /// Records that the endpoint gave something of an answer: neither it nor the model refuses everybody.
    private func answeredInPart(_ attempt: AdmittedAttempt) {
        refusals.succeeded()
        models[attempt.place.model].refusals.succeeded()
    }

    /// Whether an error's answer is the one that everybody gets.
    fileprivate func isRefusedToAll(_ error: LLMError, _ attempt: AdmittedAttempt) -> Bool {
        switch error.suspicion {
        case .provider: refusals.isOfEverybody
        case .model: models[attempt.place.model].refusals.isOfEverybody
        case nil: false
        }
    }

    fileprivate func failed(
        _ job: Job, attempt: AdmittedAttempt, error: LLMError, result: StreamResult, at now: Duration,
        sentSince: (_ ofModel: Bool) -> Int
    ) {
        let jobID = job.id
        // A connection that had grown stale is replaced at once.
        if result.isStaleConnection { return }
        switch result.isOfFullTier ? .alive : error.outageEvidence(hasContent: !result.partial.isEmpty) {
        // The same answer as to its last attempt is about the job; such jobs are those that are left at a run's end.
        case .failure
        where !isOut(attempt.place.model)
            && error.equalsInARow(job.recentFailures, endpoint: name, isPool: hasSiblings) > 1:
            attemptSucceeded(jobID, attempt)
        // Another of its streams has said so.
        case .failure where losses.contains(result.lostConnection):
            gaveUp(jobID, attempt.place.model, at: now)
        case .failure:
            losses.add(result.lostConnection)
            attemptFailed(jobID, attempt, reason: error.message, at: now)
        case .alive:
            answered(attempt, at: now)
            attemptSucceeded(jobID, attempt)
        case .none: gaveUp(jobID, attempt.place.model, at: now)
        }
        switch error.suspicion {
        case .provider:
            // Whole answers may take minutes yet.
            if tally.bytes.value > 0 { refusals.answers() }
            refusals.refused(jobID, error.streakAnswer)
        case .model: models[attempt.place.model].refusals.refused(jobID, error.streakAnswer)
        // What was answered in part was no refusal.
        case nil: if !result.partial.isEmpty { answeredInPart(attempt) }
        }
        // A tier without capacity says nothing of the others.
        guard !result.isOfFullTier, error.kind == .rateLimit || error.kind == .overloaded else {
            limiter.failed(jobID, at: now)
            models[attempt.place.model].limiter.failed(jobID, at: now)
            return
        }
        let model = models[attempt.place.model]
        model.ownRefusals.refused(attempt)
        if error.kind == .overloaded {
            found?.refused(running: limiter.running - limiter.silent.count, at: now)
        }
        // A refusal beside the figures of a limit is of that limit, which is the model's; another is the endpoint's,
        // unless its other models are answered.
        if result.rateLimits == nil, !model.ownRefusals.areOfModel {
            limiter.refused(jobID, attempt: attempt, error: error, at: now, sentSince: sentSince(false))
            model.limiter.failed(jobID, at: now)
        } else {
            model.limiter.refused(jobID, attempt: attempt, error: error, at: now, sentSince: sentSince(true))
            limiter.failed(jobID, at: now)
        }
    }
}

extension RequestLimiter {
    fileprivate mutating func refused(
        _ jobID: Int64, attempt: AdmittedAttempt, error: LLMError, at now: Duration,
        sentSince: @autoclosure () -> Int
    ) {
        let isOverload = error.kind == .overloaded
        refused(
            jobID, started: attempt.started, sentSince: sentSince(), asked: error.retryAfter, isOverload: isOverload,
            pausesUnasked: !isOverload, at: now)
    }
}

extension StreamResult {
    /// The longest time in which nothing of the answer came; nil where there was none.
    fileprivate var longestSilence: Duration? {
        firstChunkMicroseconds.map { .microseconds(max($0, gaps.longestMicroseconds ?? 0)) }
    }
}

extension RecentFailure {
    /// Whether a failure that may be of everybody has come to the job before, the last time.
    fileprivate func isSameRefusal(as error: LLMError) -> Bool {
        httpStatus == 402 || httpStatus == 403 || error.suspicion != nil && isSame(as: error.asRecentFailure)
    }
}
