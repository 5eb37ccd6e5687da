import LLMStreaming

/// Works on one job that is taken up: its attempts, what they mean for the run, and the COMMIT of its new state.
///
/// Its asynchronous functions hold no large value while a stream is open, and nothing that they call is inlined, since
/// its values would stay in their frames: see `RunningAttempt`.
final class AttemptRunner {
    let store: any JobStore
    private let sender: AttemptSender
    let state: RunState
    private let workers: Workers
    var random: any RandomNumberGenerator & Sendable
    /// Jobs whose first answer shows whether others may follow.
    var probes: Set<Int64> = []
    let answered = AnsweredProbes()
    /// The attempts of jobs that have a slot, by their jobs.
    var open: [Int64: RunningAttempt] = [:]
    /// Whether all streams were closed: the run sends no more.
    private var isClosed = false
    /// Those who wait for jobs to leave work.
    private var leavers: [CheckedContinuation<Void, Never>] = []
    /// Jobs that were to be sent again at once while the run was paused.
    private var heldBack: [Int64: Job] = [:]

    init(
        store: any JobStore, source: any CompletionSource, state: RunState, workers: Workers,
        random: any RandomNumberGenerator & Sendable
    ) {
        self.store = store
        self.state = state
        self.workers = workers
        self.random = random
        sender = AttemptSender(
            store: store, source: source, configuration: state.configuration,
            unixMilliseconds: state.unixMilliseconds)
    }

    /// The chunks received in the run, and the bytes of what models wrote in them.
    var received: (chunks: Int, bytes: Int) { (sender.chunks.value, sender.bytes.value) }

    /// Counts a job that is about to be sent.
    func takeUp(_ id: Int64, isProbe: Bool) {
        state.counts.running += 1
        state.counts.nextDueMilliseconds = nil
        if isProbe { probes.insert(id) }
    }

    // MARK: Open streams

    /// Notes the probes whose answers have begun.
    func noteAnswers(at now: Duration) {
        for id in answered.take() { state.admission.answered(id, at: now) }
    }

    /// Looks whether open streams go on, where something depends on it and a second is over.
    ///
    /// - Returns: whether it did.
    @discardableResult
    func lookAtStreams(at now: Duration) -> Bool {
        guard let next = state.admission.nextLook, next <= now else { return false }
        state.admission.look(at: now) { id in open[id]?.receiver?.activity }
        return true
    }

    // MARK: What the user cancels

    /// Closes the streams of those of these jobs that are in work.
    func cancel(_ ids: [Int64]) {
        for id in ids {
            open[id]?.cancel()
            if let job = open[id]?.job { state.configuration.answers.judge?.giveUp(job.customID) }
        }
    }

    /// Waits until none of these jobs is in work: what became of them is committed.
    func untilLeft(_ ids: [Int64]) async {
        while ids.contains(where: state.admission.jobs.contains) {
            await withCheckedContinuation { leavers.append($0) }
        }
    }

    /// Closes all streams, also those that are still to open.
    func closeStreams() {
        if isClosed { return }
        isClosed = true
        for attempt in open.values { attempt.cancel() }
    }

    private func tellLeavers() {
        if leavers.isEmpty { return }
        let waiting = leavers
        leavers = []
        for waiter in waiting { waiter.resume() }
    }

    // MARK: One job

    /// Sends a job that was taken up.
    ///
    /// - Returns: its number, where no stream of it could be opened at once, and `run` is to be called.
    func send(_ job: Job) -> Int64? {
        let attempt = begin(job, after: nil)
        return sender.open(attempt, onEnd: whenEnded(attempt)) ? nil : job.id
    }

    /// Has a worker go on with an attempt once its stream has ended.
    private func whenEnded(_ attempt: RunningAttempt) -> @Sendable (StreamResultBox) -> Void {
        { [workers, id = attempt.job.id] end in workers.hand(id, end) }
    }

    /// Goes on with a job until its next stream is open, or its new state is committed and it is counted.
    ///
    /// It is sent where that is still to be done, and again at once where an attempt says so; without an end nothing is
    /// left to be stored.
    @inline(never)
    func run(_ first: RunningAttempt) async {
        var attempt = first
        while true {
            if attempt.isUnsent {
                if isCancelledUnsent(attempt) { break }
                if await sender.send(attempt, onEnd: whenEnded(attempt)) { return }
            }
            conclude(attempt)
            if let judge = state.configuration.answers.judge { await ask(judge, about: attempt) }
            if let cursor = attempt.abandoned { await sender.abandon(cursor, at: attempt.endpoint) }
            guard let next = await repeated(attempt) else { break }
            attempt = next
        }
        release(attempt)
        finish(attempt, isStored: await commit(attempt))
    }

    /// Whether a job is cancelled by now: it is not sent, and has no attempt.
    @inline(never)
    private func isCancelledUnsent(_ attempt: RunningAttempt) -> Bool {
        guard state.admission.cancelled.contains(attempt.job.id) else { return false }
        state.admission.giveUp(attempt.job.id, at: state.clock.now)
        state.counts.attempts -= 1
        attempt.store()
        return true
    }

    /// Gives the verdict on an attempt, with its consequences for the run.
    @inline(never)
    private func conclude(_ attempt: RunningAttempt) {
        let id = attempt.job.id
        let sent = attempt.sent
        let found = sender.verdict(on: attempt) { job, result in
            state.admission.judge(job, result, asking: sent?.askedTier, at: state.clock.now)
        }
        guard var verdict = found else { return }
        state.counts.output.add(
            reported: verdict.end.reportedTokens(of: sent?.plan), bytes: attempt.receiver?.modelBytes ?? 0)
        verdict.end.costUSD = state.admission.settle(
            id, verdict.end.result, askedTier: sent?.askedTier, at: state.unixMilliseconds())
        if attempt.isPaid { verdict.end.costUSD = verdict.end.costUSD ?? 0 }
        if state.admission.cancelled.contains(id) { verdict.cancel() }
        follow(&verdict, of: attempt)
        attempt.judge(verdict)
        if state.tellChanges() { state.signal.signal() }
    }

    /// The attempt that follows at once, of the job as the store has it now; nil where none does.
    @inline(never)
    private func repeated(_ attempt: RunningAttempt) async -> RunningAttempt? {
        guard attempt.isRepeated else { return nil }
        defer { attempt.store() }
        guard await commit(attempt), state.stop == .none else { return nil }
        return await handOutAgain(attempt)
    }

    @inline(never)
    private func handOutAgain(_ attempt: RunningAttempt) async -> RunningAttempt? {
        let id = attempt.job.id
        do {
            let model = ModelName(provider: attempt.job.provider, model: attempt.job.model)
            guard let job = try await store.nextJobs(for: model, after: id.addingClamped(-1), limit: 1).first,
                job.id == id
            else {
                return nil
            }
            if state.stop != .none || state.admission.cancelled.contains(id) { return nil }
            if state.admission.isPaused {
                heldBack[id] = job
                return nil
            }
            state.admission.startAgain(id, at: state.clock.now)
            return begin(job, after: attempt)
        } catch {
            state.storeDidFail("\(error)")
            return nil
        }
    }

    /// Waits for the COMMIT of an attempt's end; false where the store fails, and where there is none.
    @inline(never)
    private func commit(_ attempt: RunningAttempt) async -> Bool {
        guard let end = attempt.toStore else { return false }
        do {
            try await store.endAttempt(end)
            return true
        } catch {
            state.storeDidFail("\(error)")
            return false
        }
    }

    /// Frees a job's slot: its stream has ended.
    @inline(never)
    private func release(_ attempt: RunningAttempt) {
        if state.configuration.failsFast, case .failed = attempt.toStore?.transition {
            state.stop.endIntake(.limited("fail-fast"))
        }
        let id = attempt.job.id
        state.counts.running -= 1
        probes.remove(id)
        open[id] = nil
        state.admission.release(id, at: state.clock.now)
        // The loop that only waits for a time would look at everything for nothing.
        if state.admission.isHeld || state.stop != .none { state.signal.signal() }
    }

    /// Counts a job, once its new state is committed.
    @inline(never)
    private func finish(_ attempt: RunningAttempt, isStored: Bool) {
        let job = attempt.job
        var due: Int64?
        if isStored, let end = attempt.toStore {
            state.counts.count(end)
            due = end.waitsUntil
            state.tell(
                RunEvent.AttemptReport(
                    customID: job.customID, source: job.source, line: job.line,
                    model: ModelName(provider: job.provider, model: job.model), number: attempt.number, end: end,
                    endpoint: attempt.endpointName))
        }
        let isFull = state.uncommittedCount >= state.configuration.maximumUncommitted
        let place = state.admission.attempts[job.id]?.place
        state.noteEnd(of: job.id, isStored ? attempt.toStore : nil, comesAgain: heldBack[job.id] != nil)
        state.admission.finish(job.id, waitsUntil: due, at: state.clock.now)
        if let held = heldBack.removeValue(forKey: job.id), let place {
            state.admission.takeBack(held, of: place)
            state.signal.signal()
        }
        tellLeavers()
        if due != nil || isFull || state.admission.jobs.count == 0 || state.stop != .none { state.signal.signal() }
    }
}
