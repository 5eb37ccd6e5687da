package import LLMStreaming
import Synchronization

/// The loop of a run: admission, stream, store, over its two protocols.
///
/// One task (`run`) takes jobs up, others work on them. Time and chance come in as parameters, so that a day can be
/// simulated in seconds.
package actor JobRunner {
    private let store: any JobStore
    private let sender: AttemptSender
    private let endpoints: [String: Endpoint]
    private let configuration: RunConfiguration
    private let clock: RunClock
    private let unixMilliseconds: @Sendable () -> Int64
    private let isIntakeOpen: @Sendable () -> Bool
    private let tell: @Sendable (RunEvent) -> Void
    private let signal: WakeSignal

    private var random: any RandomNumberGenerator & Sendable
    private var state = RunSnapshot()
    private var admission: Admission
    private var stop = RunStop.none
    private var storeFailure: String?
    /// Whether jobs may have been stored since the queue was read to its end.
    private let hasNews = Atomic<Bool>(true)
    /// Jobs that probe and whose answer has begun, as event loops tell.
    private let answered = Mutex<[Int64]>([])
    private var workers = Workers()
    private var news = RunNews()
    /// Jobs whose first answer shows whether others may follow.
    private var probes: Set<Int64> = []
    /// The jobs whose streams are open.
    private var open: [Int64: SentJob] = [:]

    /// A runner of the jobs in a store.
    ///
    /// - Parameters:
    ///   - endpoints: every provider that jobs in scope name.
    ///   - tell: told of what happens, in its order; must not block.
    ///   - unixMilliseconds: the time of day, asked once: from then on the clock tells it.
    ///   - isIntakeOpen: whether more jobs are still being stored; `wake()` tells of new ones and of the end.
    package init(
        store: any JobStore, source: any CompletionSource, endpoints: [String: Endpoint],
        configuration: RunConfiguration, clock: some Clock<Duration>,
        unixMilliseconds: @escaping @Sendable () -> Int64,
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator(),
        isIntakeOpen: @escaping @Sendable () -> Bool = { false },
        tell: @escaping @Sendable (RunEvent) -> Void = { _ in }
    ) {
        self.tell = tell
        self.store = store
        self.clock = RunClock(clock)
        self.unixMilliseconds = self.clock.timeOfDay(from: unixMilliseconds())
        sender = AttemptSender(
            store: store, source: source, configuration: configuration, unixMilliseconds: self.unixMilliseconds)
        self.endpoints = endpoints
        self.configuration = configuration
        self.random = random
        self.isIntakeOpen = isIntakeOpen
        signal = WakeSignal(clock: self.clock)
        admission = Admission(
            configuration,
            regions: endpoints.compactMapValues { BillingRegion(host: $0.origin.host) })
    }

    /// Where the run stands.
    package var snapshot: RunSnapshot {
        var snapshot = state
        snapshot.waiting = admission.waitingCount
        snapshot.waits = admission.waits(at: clock.now, unixMilliseconds: unixMilliseconds())
        snapshot.stoppedProviders = admission.providers.stopReasons
        snapshot.costOvershoot = admission.ledger.cost.overshoot
        snapshot.tokenOvershoot = admission.ledger.tokens.overshoot
        snapshot.chunks = sender.chunks.value
        snapshot.bytes = sender.bytes.value
        return snapshot
    }

    /// Stops the intake and gives open streams the drain time; once more, or with `now`, closes them at once.
    package func stop(now: Bool = false) {
        if now { stop = .now } else { stop.request(deadline: clock.now + configuration.drainTimeout) }
        signal.signal()
    }

    /// Ends the run since the store can take no more: streams are closed.
    package func storeDidFail(_ reason: String) {
        if storeFailure == nil { storeFailure = reason }
        stop(now: true)
    }

    /// Tells that something may have changed outside: jobs were stored, the intake ended.
    package nonisolated func wake() {
        hasNews.store(true, ordering: .releasing)
        signal.signal()
    }

    /// Runs until every job in scope has ended or the run is stopped; returns after the last COMMIT.
    ///
    /// Cancelling the task is the same as `stop(now: true)`. To be called once.
    package func run() async -> RunEnding {
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                await withDiscardingTaskGroup { timers in
                    do {
                        try await admit(&group, &timers)
                    } catch {
                        storeDidFail("\(error)")
                    }
                    await drain(&group, &timers)
                    timers.cancelAll()
                }
                let ending = ending
                workers.dismiss()
                group.cancelAll()
                return ending
            }
        } onCancel: {
            signal.signal()
        }
    }

    private var ending: RunEnding {
        if let storeFailure { return .storeFailed(storeFailure) }
        switch stop {
        case .none:
            if admission.jobs.isOverMaximum { return .limited("max-jobs") }
            if let budget = admission.spentBudget { return .limited(budget) }
            return admission.providers.stopCount == 0 ? .finished : .providersStopped
        case .intake(let reason): return reason
        case .draining, .now: return .stopped
        }
    }

    // MARK: Admission

    private func admit(_ group: inout DiscardingTaskGroup, _ timers: inout DiscardingTaskGroup) async throws {
        var isLastLook = false
        while isTakingUp {
            let now = clock.now
            for jobID in takeAnswered() { admission.answered(jobID, at: now) }
            lookAtStreams(at: now)
            let allowance = configuration.ramp.allowance(after: now, limit: configuration.concurrency)
            guard admission.running < allowance.streams,
                admission.jobs.count - admission.running < configuration.maximumUncommitted
            else {
                admission.hold()
                if admission.silentCount > 0 { tellWaits(at: now) }
                await signal.wait(until: earliest([allowance.grows, admission.nextLook]), in: &timers)
                continue
            }
            // Both are asked before the queue is: what is stored before the intake closes, or before the last job
            // leaves work, is then seen in the queue.
            let isIntakeOpen = isIntakeOpen()
            let isIdle = admission.jobs.count == 0
            if hasNews.exchange(false, ordering: .acquiring) {
                let lanes = try await store.lanes()
                admission.providers.add(lanes) { endpoints[$0] != nil }
            }
            let step = admission.next(at: now, unixMilliseconds: unixMilliseconds(), allowed: allowance.streams)
            switch step {
            case .start(let job, let isProbe):
                isLastLook = false
                begin(job, isProbe: isProbe, in: &group)
            case .read(let place): try await read(place)
            case .wait(let until, let due):
                state.nextDueMilliseconds = due
                if lookAtStreams(at: now) { continue }
                tellWaits(at: now)
                if until == nil, due == nil, isIdle, !isIntakeOpen || admission.spentBudget != nil {
                    if isLastLook { return }
                    isLastLook = true
                    hasNews.store(true, ordering: .relaxed)
                    continue
                }
                isLastLook = false
                // A clock of whole nanoseconds would stop short of a time between two of them.
                let time = until.map { $0 + .microseconds(1) }
                let deadline = earliest([time, due.map(time(of:)), allowance.grows, admission.nextLook])
                await signal.wait(until: deadline, in: &timers)
            }
        }
    }

    private func tellWaits(at now: Duration) {
        for event in news.waits(of: admission, at: now, unixMilliseconds: unixMilliseconds) { tell(event) }
    }

    /// Whether jobs are still to be taken up.
    private var isTakingUp: Bool {
        stop == .none && !Task.isCancelled && admission.providers.mayAdmit(to: endpoints.keys)
    }

    private func earliest(_ times: [Duration?]) -> Duration? { times.compactMap(\.self).min() }

    /// Looks whether open streams go on, where something depends on it and a second is over.
    ///
    /// - Returns: whether it did.
    @discardableResult
    private func lookAtStreams(at now: Duration) -> Bool {
        guard let next = admission.nextLook, next <= now else { return false }
        admission.look(at: now) { jobID in open[jobID]?.receiver?.pulse }
        return true
    }

    private func takeAnswered() -> [Int64] {
        answered.withLock { answered in
            defer { answered = [] }
            return answered
        }
    }

    /// Reads the next page of a lane's jobs.
    ///
    /// At most half a page are retries; they and new jobs take turns.
    private func read(_ place: ModelPlace) async throws {
        let lane = admission.providers[place].name
        let page = admission.pageSize
        var retries = 0
        if admission.providers[place].queue.isDueUnread(at: unixMilliseconds()) {
            admission.providers[place].queue.ask()
            let (due, next) =
                admission.jobs.isFull
                ? try await retriesOfThisRun(place, limit: max(1, page / 2))
                : try await dueJobs(lane, limit: max(1, page / 2))
            admission.providers[place].queue.add(due: due, next: next)
            retries = due.count
        }
        guard isTakingUp, admission.providers[place].queue.isFreshUnread else { return }
        let cursor = admission.providers[place].queue.cursor
        let fresh =
            admission.jobs.isOverMaximum
            ? [] : try await store.nextJobs(in: lane, after: cursor, limit: max(1, page - retries))
        admission.providers[place].queue.add(fresh: fresh)
    }

    /// The waiting jobs of a lane that are due, and when the next is where none are.
    private func dueJobs(_ lane: ModelName, limit: Int) async throws -> (due: [Job], next: Int64?) {
        let due = try await store.dueJobs(
            in: lane, at: unixMilliseconds(), limit: limit, excluding: admission.jobs.excluded)
        guard due.isEmpty else { return (due, nil) }
        return (due, try await store.nextDueTime(in: lane, excluding: admission.jobs.excluded))
    }

    /// The same of the jobs that this run has tried, once it may take up no others: the store is asked for them by their
    /// numbers, since it may have any number of others that wait.
    private func retriesOfThisRun(_ place: ModelPlace, limit: Int) async throws -> (due: [Job], next: Int64?) {
        let lane = admission.providers[place].name
        if admission.providers[place].queue.keepRetries() {
            let times = try await store.waitingTimes(of: admission.providers[place].queue.waiting, in: lane)
            admission.providers[place].queue.add(times)
        }
        if !admission.jobs.isOverMaximum, admission.providers[place].queue.looksForOthers() {
            let own = admission.jobs.excluded.union(admission.providers[place].queue.waiting)
            if try await store.nextDueTime(in: lane, excluding: own) != nil { admission.leaveAlone() }
        }
        let now = unixMilliseconds()
        let retries = admission.providers[place].queue.takeDueRetries(at: now, limit: limit)
        let due = retries.isEmpty ? [] : try await store.dueJobs(among: retries.map(\.jobID), in: lane, at: now)
        if let last = due.last, let index = retries.firstIndex(where: { $0.jobID == last.id }) {
            admission.providers[place].queue.add(Array(retries[(index + 1)...]))
        }
        return (due, admission.providers[place].queue.retries?.next)
    }

    private func begin(_ job: Job, isProbe: Bool, in group: inout DiscardingTaskGroup) {
        state.running += 1
        state.nextDueMilliseconds = nil
        if isProbe { probes.insert(job.id) }
        let id = job.id
        if workers.hand(job) { group.addTask { await self.work(from: id) } }
    }

    // MARK: Waiting

    /// The run's time at which a Unix time comes, but a minute away at most: what is stored may be any time.
    private func time(of milliseconds: Int64) -> Duration {
        let time = milliseconds.clamped(to: NumberGate.unixMilliseconds)
        return clock.now + .milliseconds((time - unixMilliseconds()).clamped(to: 1...60_000))
    }

    /// Waits for the jobs in work.
    private func drain(_ group: inout DiscardingTaskGroup, _ timers: inout DiscardingTaskGroup) async {
        while true {
            if Task.isCancelled { stop = .now }
            if admission.jobs.count == 0 { return }
            var deadline: Duration?
            switch stop {
            case .none, .intake: break
            case .draining(let end) where clock.now < end: deadline = end
            case .draining, .now:
                stop = .now
                // Closed streams still write their ends; only their commits are waited for.
                group.cancelAll()
            }
            await signal.wait(until: deadline, in: &timers)
        }
    }

    // MARK: One job

    // Nothing here holds a large value while it waits, and nothing is inlined, since its values would stay in the frame of
    // the caller that waits: see SentJob.

    /// Works on one job after another, until the run is over.
    private func work(from first: Int64) async {
        var next: Int64? = first
        while let id = next {
            await execute(take(id))
            next = await nextJobID()
        }
    }

    /// Waits for the next job that is handed to this task; nil where the run is over.
    @inline(never)
    private func nextJobID() async -> Int64? { await withCheckedContinuation { workers.wait($0) } }

    /// The job that was handed to a task.
    @inline(never)
    private func take(_ id: Int64) -> SentJob {
        let job = workers.take(id)
        guard let endpoint = endpoints[job.provider] else {
            preconditionFailure("job \(id) is taken up although there is no provider '\(job.provider)'")
        }
        return SentJob(job, to: endpoint)
    }

    /// Sends a job that was taken up, and again at once where a try says so, and counts it once its new state is
    /// committed; without an end nothing is left to be stored.
    @inline(never)
    private func execute(_ sent: SentJob) async {
        repeat {
            begin(sent)
            await sender.send(sent)
            conclude(sent)
            if let cursor = sent.abandoned { await sender.abandon(cursor, of: sent) }
        } while await isRepeated(sent)
        release(sent)
        finish(sent, isStored: await commit(sent))
    }

    /// Whether the attempt is to be repeated at once, and the job is as the store has it now.
    @inline(never)
    private func isRepeated(_ sent: SentJob) async -> Bool {
        guard sent.verdict?.value.isRepeated == true else { return false }
        defer { sent.isStored = true }
        guard await commit(sent), stop == .none, await handOutAgain(sent) else { return false }
        admission.startAgain(sent.job.id, at: clock.now)
        sent.repeats += 1
        return true
    }

    /// Takes a job in work as the store has it now.
    @inline(never)
    private func handOutAgain(_ sent: SentJob) async -> Bool {
        let id = sent.job.id
        do {
            let lane = ModelName(provider: sent.job.provider, model: sent.job.model)
            guard let job = try await store.nextJobs(in: lane, after: id.addingClamped(-1), limit: 1).first,
                job.id == id
            else {
                return false
            }
            sent.job = job
            return true
        } catch {
            storeDidFail("\(error)")
            return false
        }
    }

    /// Begins one attempt.
    @inline(never)
    private func begin(_ sent: SentJob) {
        state.attempts += 1
        let id = sent.job.id
        open[id] = sent
        let whenAnswered: @Sendable () -> Void = { [self] in hasAnswered(id) }
        sent.begin(
            isRefused: state.refusedPrefills.contains("\(sent.job.provider)/\(sent.job.model)"),
            random: random.next(), answered: probes.contains(id) ? whenAnswered : nil)
    }

    /// Takes an attempt's consequences for the run.
    @inline(never)
    private func conclude(_ sent: SentJob) {
        let id = sent.job.id
        sender.judge(sent) { job, result in
            admission.judge(job, result, asking: sent.askedTier, at: clock.now)
        }
        guard let verdict = sent.verdict?.value else { return }
        state.output.add(reported: sent.reportedTokens, bytes: sent.receiver?.modelBytes ?? 0)
        sent.verdict?.value.end.costUSD = admission.settle(
            id, verdict.end.result, askedTier: sent.askedTier, at: unixMilliseconds())
        if verdict.isPrefillRefused { state.refusedPrefills.insert("\(sent.job.provider)/\(sent.job.model)") }
        if let reason = verdict.stopsProvider { admission.stopProvider(of: id, reason: reason) }
        if let reason = verdict.stopsModel { admission.stopModel(of: id, reason: reason) }
        let changes = news.changes(of: &admission)
        for event in changes { tell(event) }
        if !changes.isEmpty { signal.signal() }
    }

    /// Frees a job's slot: its stream has ended.
    @inline(never)
    private func release(_ sent: SentJob) {
        if configuration.failsFast, case .failed = sent.end?.transition { stop.endIntake(.limited("fail-fast")) }
        state.running -= 1
        probes.remove(sent.job.id)
        open[sent.job.id] = nil
        admission.release(sent.job.id, at: clock.now)
        // The loop that only waits for a time would look at everything for nothing.
        if admission.isHeld || stop != .none { signal.signal() }
    }

    /// Counts a job, once its new state is committed.
    @inline(never)
    private func finish(_ sent: SentJob, isStored: Bool) {
        let job = sent.job
        var due: Int64?
        if isStored, let end = sent.end {
            state.count(end)
            due = end.waitsUntil
            tell(
                .attemptEnded(
                    RunEvent.AttemptReport(
                        customID: job.customID, source: job.source, line: job.line,
                        lane: ModelName(provider: job.provider, model: job.model), number: sent.number, end: end)))
        }
        let isFull = admission.jobs.count - admission.running >= configuration.maximumUncommitted
        admission.finish(job.id, waitsUntil: due, at: clock.now)
        if due != nil || isFull || admission.jobs.count == 0 || stop != .none { signal.signal() }
    }

    /// Tells, from any thread, that the answer of a job that probes has begun.
    private nonisolated func hasAnswered(_ id: Int64) {
        answered.withLock { $0.append(id) }
        signal.signal()
    }

    /// Waits for the COMMIT of an attempt's end; false where the store fails, and where there is none.
    @inline(never)
    private func commit(_ sent: SentJob) async -> Bool {
        guard let end = sent.end else { return false }
        do {
            try await store.endAttempt(end)
            return true
        } catch {
            storeDidFail("\(error)")
            return false
        }
    }
}
