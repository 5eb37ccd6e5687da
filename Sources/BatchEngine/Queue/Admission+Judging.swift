import LLMStreaming

/// What the end of an attempt means for those that follow it.
extension Admission {
    /// Takes that an attempt's answer has begun: what it probed may be asked again.
    mutating func answered(_ jobID: Int64, at now: Duration) {
        update(jobID) { flight, provider in provider.answered(jobID, flight, at: now) }
    }

    /// Takes how an attempt ended, and tells what of it bears on its job.
    ///
    /// - Parameter tier: the service tier that it asked for.
    mutating func judge(
        _ job: Job, _ result: StreamResult, asking tier: String? = nil, at now: Duration
    ) -> RetryCircumstances {
        var circumstances = RetryCircumstances()
        let patience = configuration.outageTimeout
        var changes: [(name: String, resource: RateLimit.Resource, perMinute: Double)] = []
        update(job.id) { flight, provider in
            provider.settle(flight, result, at: now)
            if let report = result.rateLimits {
                let name = provider.models[flight.place.model].name.name
                changes += provider.learn(report, flight, at: now).map { (name, $0.0, $0.1) }
            }
            switch result.outcome {
            case .completed:
                provider.succeeded(job.id, flight, result, at: now)
                provider.models[flight.place.model].fullTiers.answered(tier)
            case .failed(let error):
                provider.failed(
                    job, flight, error, result, at: now, sentSince: { sentSince(flight, ofModel: $0) })
                circumstances.isTierFull = result.isOfFullTier
                if result.isOfFullTier, let tier {
                    let full = provider.models[flight.place.model].fullTiers.refused(tier, at: now)
                    circumstances.isTierGivenUp = now - full.since >= patience
                    circumstances.areOtherTiersAnswered = full.areOthersAnswered
                }
                circumstances.isOutage = provider.isOut(flight.place.model)
                circumstances.isRefusedToAll = provider.isRefusedToAll(error, flight)
                circumstances.isOverRate =
                    provider.gate.rates.isExceeded(by: flight.size)
                    || provider.models[flight.place.model].gate.rates.isExceeded(by: flight.size)
                circumstances.equalFailures = error.equalsInARow(job.recentFailures)
                circumstances.wasRefused = job.recentFailures.first?.isSameRefusal(as: error) ?? false
            }
        }
        limitChanges += changes
        return circumstances
    }

    /// How many requests to a provider, or to the model, are under way that were sent since one was, itself included.
    private func sentSince(_ first: Flight, ofModel: Bool) -> Int {
        flights.values.count { flight in
            flight.isOpen && flight.order >= first.order && flight.place.provider == first.place.provider
                && (!ofModel || flight.place.model == first.place.model)
        }
    }
}

extension ProviderLanes {
    fileprivate func answered(_ jobID: Int64, _ flight: Flight, at now: Duration) {
        models[flight.place.model].gate.answered(jobID, at: now)
        gate.answered(jobID, at: now)
        answered(flight, at: now)
    }

    /// Takes the limits that an answer's headers tell: providers that tell them count by model.
    ///
    /// - Returns: the rates that are others than before.
    fileprivate func learn(_ report: RateLimitReport, _ flight: Flight, at now: Duration)
        -> [(RateLimit.Resource, Double)]
    {
        models[flight.place.model].gate.rates.learn(report, at: now)
    }

    /// Charges what an attempt used in place of what it was expected to.
    fileprivate func settle(_ flight: Flight, _ result: StreamResult, at now: Duration) {
        let isAnswered = result.usage != nil || !result.partial.isEmpty
        let pieces = result.partial.contentDeltaCount
        let output = result.usage?.completionTokens.map { max($0, pieces) } ?? pieces
        // What was not answered costs no tokens; the request itself is counted by the provider all the same.
        let actual = RequestSize(
            inputTokens: isAnswered ? result.usage?.promptTokens.map(Double.init) ?? flight.size.inputTokens : 0,
            outputTokens: Double(output))
        gate.rates.settle(flight.size, actual: actual, at: now)
        models[flight.place.model].gate.rates.settle(flight.size, actual: actual, at: now)
        if case .completed = result.outcome {
            models[flight.place.model].tokens.learn(
                bytes: flight.bytes, promptTokens: result.usage?.promptTokens, completionTokens: output)
        }
    }

    fileprivate func succeeded(_ jobID: Int64, _ flight: Flight, _ result: StreamResult, at now: Duration) {
        answered(jobID, flight, at: now)
        let duration = now - flight.started
        models[flight.place.model].gate.succeeded(jobID, after: duration, at: now)
        gate.succeeded(jobID, after: duration, at: now)
        answeredInPart(flight)
        attemptSucceeded(jobID, flight)
        for (index, model) in models.enumerated() {
            if index == flight.place.model {
                model.ownRefusals.answered()
            } else {
                model.ownRefusals.otherAnswered(flight)
            }
        }
        if let silence = result.longestSilence { models[flight.place.model].silences.add(silence) }
    }

    /// Takes that the provider gave something of an answer: neither it nor the model refuses everybody.
    private func answeredInPart(_ flight: Flight) {
        refusals.succeeded()
        models[flight.place.model].refusals.succeeded()
    }

    /// Whether an error's answer is the one that everybody gets.
    fileprivate func isRefusedToAll(_ error: LLMError, _ flight: Flight) -> Bool {
        switch error.suspicion {
        case .provider: refusals.isOfEverybody
        case .model: models[flight.place.model].refusals.isOfEverybody
        case nil: false
        }
    }

    fileprivate func failed(
        _ job: Job, _ flight: Flight, _ error: LLMError, _ result: StreamResult, at now: Duration,
        sentSince: (_ ofModel: Bool) -> Int
    ) {
        let jobID = job.id
        // A connection that had grown stale is tried again at once.
        if result.isStaleConnection { return }
        switch result.isOfFullTier ? .alive : error.outageEvidence(hasContent: !result.partial.isEmpty) {
        // The same answer as to its last try is about the job; such jobs are those that are left at a run's end.
        case .failure where !isOut(flight.place.model) && error.equalsInARow(job.recentFailures) > 1:
            attemptSucceeded(jobID, flight)
        case .failure: attemptFailed(jobID, flight, reason: error.message, at: now)
        case .alive:
            answered(flight, at: now)
            attemptSucceeded(jobID, flight)
        case .none:
            outage.gaveUp(jobID, at: now)
            models[flight.place.model].outage.gaveUp(jobID, at: now)
        }
        switch error.suspicion {
        case .provider: refusals.refused(jobID, error.streakAnswer)
        case .model: models[flight.place.model].refusals.refused(jobID, error.streakAnswer)
        // What was answered in part was no refusal.
        case nil: if !result.partial.isEmpty { answeredInPart(flight) }
        }
        // A tier without capacity says nothing of the others.
        guard !result.isOfFullTier, error.kind == .rateLimit || error.kind == .overloaded else {
            gate.failed(jobID, at: now)
            models[flight.place.model].gate.failed(jobID, at: now)
            return
        }
        let model = models[flight.place.model]
        model.ownRefusals.refused(flight)
        // A refusal beside the figures of a limit is of that limit, which is the model's; another is the provider's, unless
        // its other models are answered.
        if result.rateLimits == nil, !model.ownRefusals.areOfModel {
            gate.refused(jobID, flight, error, at: now, sentSince: sentSince(false))
            model.gate.failed(jobID, at: now)
        } else {
            model.gate.refused(jobID, flight, error, at: now, sentSince: sentSince(true))
            gate.failed(jobID, at: now)
        }
    }
}

extension Gate {
    fileprivate mutating func refused(
        _ jobID: Int64, _ flight: Flight, _ error: LLMError, at now: Duration, sentSince: @autoclosure () -> Int
    ) {
        let isOverload = error.kind == .overloaded
        refused(
            jobID, started: flight.started, sentSince: sentSince(), asked: error.retryAfter, isOverload: isOverload,
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
