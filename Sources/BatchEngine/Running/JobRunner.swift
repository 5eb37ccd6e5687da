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

    /// A runner of the jobs in a store.
    ///
    /// - Parameters:
    ///   - endpoints: every provider that jobs in scope name.
    ///   - tell: told of what happens, in its order; must not block.
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
        sender = AttemptSender(
            store: store, source: source, configuration: configuration, unixMilliseconds: unixMilliseconds)
        self.endpoints = endpoints
        self.configuration = configuration
        self.clock = RunClock(clock)
        self.unixMilliseconds = unixMilliseconds
        self.random = random
        self.isIntakeOpen = isIntakeOpen
        signal = WakeSignal(clock: self.clock)
        admission = Admission(configuration)
    }

    /// Where the run stands.
    package var snapshot: RunSnapshot {
        var snapshot = state
        snapshot.waiting = admission.waitingCount
        snapshot.waits = admission.waits(at: clock.now, unixMilliseconds: unixMilliseconds())
        snapshot.stoppedProviders = admission.lanes.stopReasons
        snapshot.costOvershoot = admission.ledger.cost.overshoot
        snapshot.tokenOvershoot = admission.ledger.tokens.overshoot
        snapshot.chunks = sender.chunks.value
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
            return admission.lanes.stopCount == 0 ? .finished : .providersStopped
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
            let allowance = configuration.ramp.allowance(after: now, limit: configuration.concurrency)
            guard admission.running < allowance.streams,
                admission.jobs.count - admission.running < configuration.maximumUncommitted
            else {
                admission.hold()
                await signal.wait(until: allowance.grows, in: &timers)
                continue
            }
            // Both are asked before the queue is: what is stored before the intake closes, or before the last job
            // leaves work, is then seen in the queue.
            let isIntakeOpen = isIntakeOpen()
            let isIdle = admission.jobs.count == 0
            if hasNews.exchange(false, ordering: .acquiring) {
                let lanes = try await store.lanes()
                admission.lanes.add(lanes) { endpoints[$0] != nil }
            }
            let step = admission.next(at: now, unixMilliseconds: unixMilliseconds(), allowed: allowance.streams)
            switch step {
            case .start(let job, let isProbe):
                isLastLook = false
                begin(job, isProbe: isProbe, in: &group)
            case .read(let place): try await read(place)
            case .wait(let until, let due):
                state.nextDueMilliseconds = due
                for event in news.waits(of: admission, at: now, unixMilliseconds: unixMilliseconds) { tell(event) }
                if until == nil, due == nil, isIdle, !isIntakeOpen || admission.spentBudget != nil {
                    if isLastLook { return }
                    isLastLook = true
                    hasNews.store(true, ordering: .relaxed)
                    continue
                }
                isLastLook = false
                // A clock of whole nanoseconds would stop short of a time between two of them.
                var deadline = until.map { $0 + .microseconds(1) }
                for other in [due.map(time(of:)), allowance.grows] {
                    if let other { deadline = min(deadline ?? other, other) }
                }
                await signal.wait(until: deadline, in: &timers)
            }
        }
    }

    /// Whether jobs are still to be taken up.
    private var isTakingUp: Bool {
        stop == .none && !Task.isCancelled && admission.lanes.mayAdmit(to: endpoints.keys)
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
    private func read(_ place: LanePlace) async throws {
        let lane = admission.lanes[place].name
        let page = admission.pageSize
        var retries = 0
        if admission.lanes[place].queue.isDueUnread(at: unixMilliseconds()) {
            let due = try await store.dueJobs(
                in: lane, at: unixMilliseconds(), limit: max(1, page / 2), excluding: admission.jobs.excluded)
            let next = due.isEmpty ? try await nextDueTime(place) : nil
            admission.lanes[place].queue.add(due: due, next: next)
            retries = due.count
        }
        guard isTakingUp, admission.lanes[place].queue.isFreshUnread else { return }
        let cursor = admission.lanes[place].queue.cursor
        let fresh =
            admission.jobs.isOverMaximum
            ? [] : try await store.nextJobs(in: lane, after: cursor, limit: max(1, page - retries))
        admission.lanes[place].queue.add(fresh: fresh)
    }

    /// When the next waiting job of a lane is due that this run does not leave alone.
    private func nextDueTime(_ place: LanePlace) async throws -> Int64? {
        let lane = admission.lanes[place].name
        while admission.jobs.isFull {
            let waiting = try await store.dueJobs(
                in: lane, at: .max, limit: 16, excluding: admission.jobs.excluded)
            if waiting.isEmpty { return nil }
            if !admission.leaveAlone(waiting, at: place) { break }
        }
        return try await store.nextDueTime(in: lane, excluding: admission.jobs.excluded)
    }

    private func begin(_ job: Job, isProbe: Bool, in group: inout DiscardingTaskGroup) {
        state.running += 1
        state.nextDueMilliseconds = nil
        if isProbe { probes.insert(job.id) }
        let id = job.id
        if workers.hand(job) { group.addTask { await self.work(from: id) } }
    }

    // MARK: Waiting

    /// The run's time at which a Unix time comes, but a minute away at most: the system's clock may be set.
    private func time(of milliseconds: Int64) -> Duration {
        clock.now + .milliseconds(min(60_000, max(1, milliseconds - unixMilliseconds())))
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

    /// Works on one job after another, until the run is over.
    private func work(from id: Int64) async {
        var job = workers.first(id)
        while let next = job.take() {
            await execute(consume next)
            job = await withCheckedContinuation { workers.wait($0) }
        }
    }

    /// Sends a job that was taken up, and counts it once its new state is committed.
    private func execute(_ job: consuming Job) async {
        let id = job.id
        let lane = ModelName(provider: job.provider, model: job.model)
        let (customID, source, line, number) = (job.customID, job.source, job.line, job.attemptCount + 1)
        let end = await stream(consume job)
        if configuration.failsFast, case .failed = end?.transition { stop.endIntake(.limited("fail-fast")) }
        state.running -= 1
        probes.remove(id)
        admission.release(id, at: clock.now)
        // The loop that only waits for a time would look at everything for nothing.
        if admission.isHeld || stop != .none { signal.signal() }
        var waits = false
        if let end, await commit(end) {
            state.count(end)
            waits = end.waits
            tell(
                .attemptEnded(
                    RunEvent.AttemptReport(
                        customID: customID, source: source, line: line, lane: lane, number: number, end: end)))
        }
        let isFull = admission.jobs.count - admission.running >= configuration.maximumUncommitted
        admission.finish(id, waits: waits, at: clock.now)
        if waits || isFull || admission.jobs.count == 0 || stop != .none { signal.signal() }
    }

    /// Sends a job, and again at once where a try says so; nil where nothing is left to be stored.
    private func stream(_ first: consuming Job) async -> AttemptEnd? {
        var job = consume first
        var repeats = 0
        while let verdict = await attempt(&job, repeats: repeats) {
            guard verdict.isRepeated else { return verdict.end }
            guard await commit(verdict.end), stop == .none, let same = await handOutAgain(job) else { return nil }
            job = same
            admission.startAgain(job.id, at: clock.now)
            repeats += 1
        }
        return nil
    }

    /// A job in work as the store has it now.
    private func handOutAgain(_ job: borrowing Job) async -> Job? {
        let id = job.id
        do {
            let lane = ModelName(provider: job.provider, model: job.model)
            let job = try await store.nextJobs(in: lane, after: id - 1, limit: 1).first
            return job?.id == id ? job : nil
        } catch {
            storeDidFail("\(error)")
            return nil
        }
    }

    /// Sends one attempt and takes its consequences for the run; nil where there is nobody to send it to.
    private func attempt(_ job: inout Job, repeats: Int) async -> AttemptVerdict? {
        guard let endpoint = endpoints[job.provider] else {
            preconditionFailure("job \(job.id) is taken up although there is no provider '\(job.provider)'")
        }
        state.attempts += 1
        let id = job.id
        let name = "\(job.provider)/\(job.model)"
        let whenAnswered: @Sendable () -> Void = { [self] in hasAnswered(id) }
        var verdict = await sender.send(
            &job, to: endpoint, isRefused: state.refusedPrefills.contains(name), repeats: repeats,
            random: random.next(), answered: probes.contains(id) ? whenAnswered : nil
        ) { job, result in admission.judge(job, result, at: clock.now) }
        verdict.end.costUSD = admission.settle(id, verdict.end.result)
        if verdict.isPrefillRefused { state.refusedPrefills.insert(name) }
        if let reason = verdict.stopsProvider { admission.stopProvider(of: id, reason: reason) }
        if let reason = verdict.stopsModel { admission.stopModel(of: id, reason: reason) }
        let changes = news.changes(of: &admission)
        for event in changes { tell(event) }
        if !changes.isEmpty { signal.signal() }
        return verdict
    }

    /// Tells, from any thread, that the answer of a job that probes has begun.
    private nonisolated func hasAnswered(_ id: Int64) {
        answered.withLock { $0.append(id) }
        signal.signal()
    }

    /// Waits for the COMMIT of an attempt's end; false where the store fails.
    private func commit(_ end: AttemptEnd) async -> Bool {
        do {
            try await store.endAttempt(end)
            return true
        } catch {
            storeDidFail("\(error)")
            return false
        }
    }
}
