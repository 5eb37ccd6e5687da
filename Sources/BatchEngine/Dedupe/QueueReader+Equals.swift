import LLMStreaming

/// What becomes of jobs that ask the same as others (Contract, "Equal requests").
extension QueueReader {
    /// The most jobs that are given an end at once, and the most bytes.
    private static let mostGiven = 1024
    private static let mostGivenBytes = 8 << 20

    // MARK: Jobs that are read

    /// Those of the jobs that are to be sent: the others wait for one that asks the same.
    ///
    /// - Parameter areDue: whether they waited for a time that has come: the store would hand them out again.
    func toBeSent(_ read: [Job], areDue: Bool = false) async throws -> [Job] {
        guard state.configuration.dedupes, !read.isEmpty else { return read }
        let keys = read.map { RequestKey(of: $0) }
        let earlier = try await earlierEnds(read, keys)
        var waiting: [Job] = []
        var sent: [Job] = []
        for (job, key) in zip(read, keys) {
            // While the store was asked it was cancelled, and nobody may wait for it, or it was found to be sent.
            if state.admission.cancelled.contains(job.id) || state.promoted.contains(job.id) { continue }
            switch state.place(job, key, earlier: earlier[key]) {
            case .sends: sent.append(job)
            case .waits: waiting.append(job)
            }
        }
        if areDue { try await setAside(waiting) }
        return sent
    }

    /// The jobs that have ended and asked the same, by what was asked, as far as nobody waits for an answer to that.
    private func earlierEnds(_ jobs: [Job], _ keys: [RequestKey]) async throws -> [RequestKey: EarlierEnd] {
        var ends: [RequestKey: EarlierEnd] = [:]
        var known: Set<RequestKey> = []
        while true {
            var asked: [Job] = []
            for (job, key) in zip(jobs, keys)
            where job.partial == nil && state.equals.isUnknown(key) && known.insert(key).inserted {
                asked.append(job)
            }
            if asked.isEmpty { return ends }
            let found = try await store.answered(asked)
            for (job, key) in zip(jobs, keys) {
                if let end = found[job.id] { ends[key] = end }
            }
            // Once more: what others waited for may have ended meanwhile.
        }
    }

    /// Notes jobs that wait for another though their own time has come.
    private func setAside(_ jobs: [Job]) async throws {
        for job in jobs {
            state.setAside.insert(job.id)
            let name = ModelName(provider: job.provider, model: job.model)
            if let place = state.admission.providers.place(of: name) {
                state.admission.providers[place].queue.forget(job.id)
            }
        }
        // Each look at what is due passes over them: not over more than a page.
        guard state.setAside.count >= Self.mostGiven else { return }
        try await store.endWaits(of: Array(state.setAside))
        state.setAside = []
    }

    // MARK: Jobs that wait no longer

    /// Gives jobs that wait no longer the ends of those that they waited for, as many as go into one commit, and has others
    /// sent.
    func giveEnds() async throws {
        var given: [GivenEnd] = []
        var keys: [RequestKey] = []
        var (count, bytes) = (0, 0)
        while count < Self.mostGiven, bytes < Self.mostGivenBytes, var release = state.equals.takeReleased() {
            guard let id = release.end else {
                try await sendOne(of: release)
                continue
            }
            guard let end = try await end(id, for: &release) else {
                state.equals.refuse(release)
                continue
            }
            if release.jobs.isEmpty { continue }
            let room = max(1, (Self.mostGivenBytes - bytes) / end.byteCount)
            let jobs = release.jobs.prefix(min(Self.mostGiven - count, room))
            release.jobs = release.jobs.dropFirst(jobs.count)
            state.equals.putBack(release)
            count += jobs.count
            bytes += jobs.count * end.byteCount
            given.append(GivenEnd(end: end, jobID: id, jobs: Array(jobs)))
            keys.append(release.key)
        }
        if given.isEmpty { return }
        let reports = try await store.give(given)
        for report in reports {
            state.counts.count(report.end)
            state.tell(report)
        }
        let taken = Set(reports.map(\.end.jobID))
        state.equals.leave(taken)
        state.setAside.subtract(taken)
        // Something has changed meanwhile: it asks something else, was cancelled, or what it waited for is gone.
        for (given, key) in zip(given, keys) {
            for id in given.jobs where !taken.contains(id) {
                state.equals.forget(given.jobID, of: key)
                try await readAgain(id)
            }
        }
    }

    /// How a job ended, as others are to take it; nil where it has no end any more, or one that is not right in this run.
    private func end(_ jobID: Int64, for release: inout EqualRequests.Release) async throws -> JobEnd? {
        let end = try await store.end(ofJob: jobID)
        guard release.isEarlier, case .completed(let id, let records)? = end else { return end }
        // All that wait for it ask the same, so that one stands for all.
        while let first = release.jobs.first {
            if let job = try await store.jobs([first]).first, RequestKey(of: job) == release.key {
                return judged(records, for: job).map { .completed(customID: id, $0) }
            }
            release.jobs.removeFirst()
            try await readAgain(first)
        }
        return end
    }

    /// An earlier answer as this run takes it; nil where it does not.
    private func judged(_ records: [CompletionRecord], for job: Job) -> [CompletionRecord]? {
        guard let content = try? JobRequest(stored: job.request).content,
            let rules = try? checks.rules(of: job, content, state.configuration.answers)
        else { return state.configuration.answers.takesAny && job.check == nil ? records : nil }
        let trial = AnswerTrial(of: Completion(records), as: records, job: job, by: rules)
        guard case .taken(let taken) = trial else { return nil }
        if rules.policy.loops == .stop, taken.contains(where: { $0.checkReport?["loop"] != nil }) { return nil }
        // What was taken off from around it is gone: only its own row tells of that.
        return zip(taken, records).map { $0.check == .ok && $1.check == .mended ? $1 : $0 }
    }

    /// Has one of these jobs sent; the others wait for it.
    private func sendOne(of release: EqualRequests.Release) async throws {
        var release = release
        while !state.equals.join(release), let id = release.jobs.first {
            guard state.isTakingUp, try await readAgain(id) else {
                // They stay as they are.
                return state.equals.leave(release.jobs)
            }
            release.jobs.removeFirst()
        }
    }

    /// Finds the place of a job anew that waits no longer.
    ///
    /// - Returns: false where its provider or model gets no more requests.
    @discardableResult
    private func readAgain(_ id: Int64) async throws -> Bool {
        let found = try await store.jobs([id])
        let keys = found.map { RequestKey(of: $0) }
        let earlier = try await earlierEnds(found, keys)
        // From here on nothing happens meanwhile.
        state.equals.leave([id])
        state.setAside.remove(id)
        guard let job = found.first, let key = keys.first, !state.admission.cancelled.contains(id) else { return true }
        guard let place = state.admission.providers.place(of: ModelName(provider: job.provider, model: job.model)),
            !state.admission.providers.isStopped(place)
        else { return false }
        guard state.place(job, key, earlier: earlier[key]) == .sends else { return true }
        state.promoted.insert(id)
        state.admission.providers[place].queue.add(next: [job])
        return true
    }
}

extension RunState {
    /// Finds the place of a job that was read.
    fileprivate func place(_ job: Job, _ key: RequestKey, earlier: EarlierEnd?) -> EqualRequests.Place {
        guard job.partial == nil else {
            // What has come of its own answer is paid for: it goes on from that.
            equals.lead(job.id, key)
            return .sends
        }
        return equals.place(job.id, key, earlier: earlier)
    }

    /// Notes what the end of a job in work means for those that ask the same.
    ///
    /// - Parameters:
    ///   - end: what was stored of it; nil where nothing was.
    ///   - comesAgain: whether it is sent again though it waits for no time.
    func noteEnd(of jobID: Int64, _ end: AttemptEnd?, comesAgain: Bool) {
        guard configuration.dedupes else { return }
        switch end?.transition {
        case .completed: equals.end(jobID, isFailed: false)
        case .failed: equals.end(jobID, isFailed: true)
        case .cancelled: equals.giveUp(jobID)
        case .waiting(until: .some, _): break
        case .waiting(until: nil, _), nil:
            // Where its provider gets no more requests, neither do those that wait for it.
            guard let place = admission.attempts[jobID]?.place, !admission.providers.isStopped(place) else { return }
            if !comesAgain, stop == .none { equals.giveUp(jobID) }
        }
        if equals.releasedCount > 0 { signal.signal() }
    }
}
