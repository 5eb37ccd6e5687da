import LLMStreaming

/// What the user changes while the run goes on; all of it holds at the next step (Contract, "Control").
extension Admission {
    /// Changes how many streams may be open in all, and how many each endpoint gets.
    mutating func set(concurrency: Int, rule: StreamWidth, at now: Duration) {
        width.set(concurrency, rule: rule, at: now, share: providers.share)
        providers.set(most: concurrency, rule: rule, at: now)
    }

    /// Changes what the run may cost; for streams that are open and have nothing set aside that is done now.
    ///
    /// - Parameters:
    ///   - cap: in US dollars; nil for no bound.
    ///   - earlier: what earlier runs have spent, where that was not counted before.
    mutating func set(costCap cap: Double?, earlier: Double) {
        ledger.set(costCap: cap, earlier: earlier)
        guard cap != nil else { return }
        for (id, attempt) in attempts where attempt.isOpen && !attempt.isSettled && attempt.reservation.isEmpty {
            let model = providers[attempt.place]
            let reservation = ledger.reservation(
                forBytes: attempt.bytes, of: model.name, largestOutput: model.tokens.largestOutput)
            attempts[id]?.reservation = reservation
            ledger.reserve(reservation)
        }
    }

    /// How many open streams may go beyond what the run may cost: all of them once what is spent and set aside is more.
    var streamsOverCost: Int { ledger.cost.isPassed ? running : 0 }

    /// Sends these jobs no more in this run.
    mutating func cancel(_ ids: some Sequence<Int64>) {
        for id in ids {
            cancelled.insert(id)
            for provider in providers.all {
                for model in provider.models { model.queue.forget(id) }
            }
        }
        // What they waited for is found anew, where others wait for it too.
        for provider in providers.all {
            provider.wait = nil
            for model in provider.models { model.wait = nil }
        }
    }

    /// The jobs that are not read: those in work, and those that the user has cancelled, which the store may not know yet.
    var notToBeRead: Set<Int64> { cancelled.isEmpty ? jobs.excluded : jobs.excluded.union(cancelled) }

    /// Whether a job waits to be sent next, and may be.
    var hasAsked: Bool {
        providers.all.contains { provider in
            provider.stopReason == nil && provider.models.contains { $0.stopReason == nil && $0.queue.hasAsked }
        }
    }

    /// Gives back what a job in work has set aside that is not sent after all.
    mutating func giveUp(_ jobID: Int64, at now: Duration) {
        guard let attempt = attempts[jobID], !attempt.isSettled else { return }
        attempts[jobID]?.isSettled = true
        ledger.giveBack(attempt.reservation)
        providers[attempt.place.provider].giveBack(attempt, at: now)
    }

    /// Takes a job back whose stream was to go on at once with another request.
    mutating func takeBack(_ job: Job, of place: ModelPlace) {
        if !providers.isStopped(place) { providers[place].queue.takeBack(job) }
    }

    /// Adds jobs that the user wants next, as the store has them; what is in work by now is left out.
    mutating func add(asked found: [Job]) {
        let free = found.filter { !jobs.contains($0.id) && !cancelled.contains($0.id) }
        for (name, jobs) in Dictionary(grouping: free, by: { ModelName(provider: $0.provider, model: $0.model) }) {
            guard let place = providers.place(of: name), !providers.isStopped(place) else { continue }
            providers[place].queue.add(asked: jobs)
        }
    }
}
