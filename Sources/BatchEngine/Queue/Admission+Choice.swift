import LLMStreaming

// Where the next job of a model goes.
extension Admission {
    /// Where the next job of a model goes, or what it waits for; nil where it turned out that none is at hand.
    func choice(
        _ place: ModelPlace, at now: Duration
    ) -> (endpoint: Int, decision: StartDecision, bytes: Int, size: RequestSize)? {
        let (provider, model) = (providers[place.provider], providers[place])
        if !model.queue.isInInputOrder, !model.queue.hasAsked, !model.queue.isRetryNext {
            return choiceOfNew(place, at: now)
        }
        guard let (bytes, size) = model.nextSize, let id = model.queue.headID else { return nil }
        let (endpoint, decision) = provider.choice(
            for: id, size, model: place.model, bound: keeper(of: place), at: now)
        return (endpoint, decision, bytes, size)
    }

    /// The endpoint that keeps the stream of a model's next job; nil where any will do.
    private func keeper(of place: ModelPlace) -> Int? {
        let provider = providers[place.provider]
        guard provider.isPool, let name = providers[place].queue.withHead({ $0.partial?.replayEndpoint }) ?? nil else {
            return nil
        }
        return provider.usable(name, for: place.model)
    }

    /// The same of jobs that never waited, where they are sent by what they have in common at their beginning.
    private func choiceOfNew(
        _ place: ModelPlace, at now: Duration
    ) -> (endpoint: Int, decision: StartDecision, bytes: Int, size: RequestSize)? {
        let (provider, model) = (providers[place.provider], providers[place])
        let expected = model.nextSize?.size ?? model.tokens.size(bytes: PrefixChain.leastBytes)
        let (free, wait) = provider.free(for: expected, model: place.model, at: now)
        guard !free.isEmpty else { return (0, wait, 0, expected) }
        let (endpoint, decision) = model.queue.pick(free, at: now) { [cancelled, jobs] id in
            cancelled.contains(id) || jobs.contains(id)
        }
        if model.queue.fresh.isEmpty { return nil }
        guard decision == .now, let (bytes, size) = model.nextSize else { return (0, decision, 0, expected) }
        if let keeper = keeper(of: place), let id = model.queue.headID {
            let (endpoint, decision) = provider.choice(for: id, size, model: place.model, bound: keeper, at: now)
            return (endpoint, decision, bytes, size)
        }
        return (endpoint, provider.decision(on: size, model: place.model, at: endpoint, now), bytes, size)
    }

    /// Whether others wait for the first token of a job in work.
    func isWarming(_ jobID: Int64, _ attempt: AdmittedAttempt) -> Bool {
        providers[attempt.place].queue.isWarming(jobID)
    }
}
