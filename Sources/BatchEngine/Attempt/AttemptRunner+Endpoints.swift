import LLMStreaming

// Where attempts are sent, and what follows for that from their ends.
extension AttemptRunner {
    /// The next attempt of a job in work.
    ///
    /// - Parameter previous: the one that it repeats at once.
    @inline(never)
    func begin(_ job: Job, after previous: RunningAttempt?) -> RunningAttempt {
        let id = job.id
        guard let pool = state.pools[job.provider], let admitted = state.admission.attempts[id] else {
            preconditionFailure("job \(id) is taken up although there is no provider '\(job.provider)'")
        }
        let whenAnswered = whenAnswered(id, admitted)
        state.counts.attempts += 1
        let isRefused = state.counts.refusedPrefills.contains("\(job.provider)/\(job.model)")
        let attempt = RunningAttempt(
            job, to: pool.members[admitted.endpoint], after: previous, isPrefillRefused: isRefused,
            random: random.next(), tally: state.admission.tally(of: admitted), whenAnswered: whenAnswered)
        open[id] = attempt
        return attempt
    }

    /// What is done once the first chunk of an answer is there; nil where nothing is.
    private func whenAnswered(_ id: Int64, _ admitted: AdmittedAttempt) -> (@Sendable () -> Void)? {
        let isAwaited = probes.contains(id) || state.admission.isWarming(id, admitted)
        // Nobody would take what is added.
        let tally = state.admission.width.isFound ? state.admission.tally(of: admitted) : nil
        guard isAwaited || tally != nil else { return nil }
        let start = admitted.started
        return { [answered, clock = state.clock, signal = state.signal] in
            tally?.add(firstToken: clock.now - start)
            guard isAwaited else { return }
            answered.add(id)
            signal.signal()
        }
    }

    /// Draws the consequences of a verdict for the run; where other endpoints are left its job goes to them.
    func follow(_ verdict: inout AttemptVerdict, of attempt: RunningAttempt) {
        let (id, now) = (attempt.job.id, state.clock.now)
        var isElsewhere = false
        switch verdict.consequence {
        case .none:
            // Once it has failed at as many, the next wait is for the servers' sake.
            let others = (state.pools[attempt.job.provider]?.members.count ?? 1) - 1
            isElsewhere = attempt.job.attempts < others && state.admission.mayGoElsewhere(id, at: now)
        case .repeats: break
        case .repeatsWithoutPrefill:
            state.counts.refusedPrefills.insert("\(attempt.job.provider)/\(attempt.job.model)")
        case .stopsProvider(let reason):
            isElsewhere = state.admission.stopEndpoint(of: id, reason: reason, at: now)
        case .stopsModel(let reason): isElsewhere = state.admission.stopModel(of: id, reason: reason)
        }
        if isElsewhere { verdict.goElsewhere(within: state.configuration.retry.firstWait) }
    }
}
