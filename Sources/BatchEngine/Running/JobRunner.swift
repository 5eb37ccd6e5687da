package import LLMStreaming
import Synchronization

/// The loop of a run: admission, stream, store, over its two protocols.
///
/// One task (`run`) takes jobs up, others work on them. Time and chance come in as parameters, so that a day can be
/// simulated in seconds.
package actor JobRunner<C: Clock> where C.Duration == Duration {
    private let store: any JobStore
    private let sender: AttemptSender
    private let endpoints: [String: Endpoint]
    private let configuration: RunConfiguration
    private let clock: C
    private let unixMilliseconds: @Sendable () -> Int64
    private let isIntakeOpen: @Sendable () -> Bool
    private let tell: @Sendable (RunEvent) -> Void
    private let signal: WakeSignal<C>

    private var random: any RandomNumberGenerator & Sendable
    private var state = RunSnapshot()
    private var admission: Admission
    private var stop = RunStop<C.Instant>.none
    private var storeFailure: String?
    private let start: C.Instant
    /// Whether jobs may have been stored since the queue was read to its end.
    private let hasNews = Atomic<Bool>(true)
    /// Jobs that probe and whose answer has begun, as event loops tell.
    private let answered = Mutex<[Int64]>([])
    /// Jobs whose task has not begun: it takes its job from here, so that nothing else holds the request's bytes.
    private var starting: [Int64: Job] = [:]
    /// Tasks that wait for their next job: they are kept, since a task group looks through all its tasks when one ends.
    private var idle: [CheckedContinuation<Job?, Never>] = []
    private var isOver = false
    private var toldWaits: [RunWait] = []
    private var toldStops: Set<String> = []
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
        configuration: RunConfiguration, clock: C, unixMilliseconds: @escaping @Sendable () -> Int64,
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
        self.clock = clock
        self.unixMilliseconds = unixMilliseconds
        self.random = random
        self.isIntakeOpen = isIntakeOpen
        signal = WakeSignal(clock: clock)
        admission = Admission(configuration)
        start = clock.now
    }

    /// Where the run stands.
    package var snapshot: RunSnapshot {
        var snapshot = state
        snapshot.waiting = admission.waitingCount
        snapshot.waits = admission.waits(unixMilliseconds: unixMilliseconds(), at: elapsed)
        snapshot.stoppedProviders = admission.stopReasons
        snapshot.costOvershoot = admission.cost.overshoot
        snapshot.tokenOvershoot = admission.tokens.overshoot
        snapshot.chunks = sender.chunks.value
        return snapshot
    }

    /// Stops the intake and gives open streams the drain time; once more, or with `now`, closes them at once.
    package func stop(now: Bool = false) {
        if now { stop = .now } else { stop.request(deadline: clock.now.advanced(by: configuration.drainTimeout)) }
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

    /// How long the run has lasted: the time by which admission goes.
    private var elapsed: Duration { start.duration(to: clock.now) }

    /// Runs until every job in scope has ended or the run is stopped; returns after the last COMMIT.
    ///
    /// Cancelling the task is the same as `stop(now: true)`. To be called once.
    package func run() async -> RunEnding {
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                do {
                    try await admit(&group)
                } catch {
                    storeDidFail("\(error)")
                }
                await drain(&group)
                let ending = ending
                dismiss(&group)
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
            return admission.stopReasons.isEmpty ? .finished : .providersStopped
        case .intake(let reason): return reason
        case .draining, .now: return .stopped
        }
    }

    // MARK: Admission

    private func admit(_ group: inout DiscardingTaskGroup) async throws {
        var isLastLook = false
        while isTakingUp {
            for jobID in takeAnswered() { admission.answered(jobID, at: elapsed) }
            let allowance = configuration.ramp.allowance(after: elapsed, limit: configuration.concurrency)
            guard admission.running < allowance.streams,
                admission.jobs.count - admission.running < configuration.maximumUncommitted
            else {
                await signal.wait(until: allowance.grows.map(start.advanced(by:)), in: &group)
                continue
            }
            // Both are asked before the queue is: what is stored before the intake closes, or before the last job
            // leaves work, is then seen in the queue.
            let isIntakeOpen = isIntakeOpen()
            let isIdle = admission.jobs.count == 0
            if hasNews.exchange(false, ordering: .acquiring) {
                let lanes = try await store.lanes()
                admission.add(lanes) { endpoints[$0] != nil }
            }
            let step = admission.next(at: elapsed, unixMilliseconds: unixMilliseconds(), allowed: allowance.streams)
            switch step {
            case .start(let job, let isProbe):
                isLastLook = false
                begin(job, isProbe: isProbe, in: &group)
            case .read(let place): try await read(place)
            case .wait(let until, let due):
                state.nextDueMilliseconds = due
                tellWaits()
                if until == nil, due == nil, isIdle, !isIntakeOpen || admission.spentBudget != nil {
                    if isLastLook { return }
                    isLastLook = true
                    hasNews.store(true, ordering: .relaxed)
                    continue
                }
                isLastLook = false
                // A clock of whole nanoseconds would stop short of a time between two of them.
                let deadlines = [
                    until.map { start.advanced(by: $0 + .microseconds(1)) }, due.map(instant(of:)),
                    allowance.grows.map(start.advanced(by:)),
                ]
                await signal.wait(until: deadlines.compactMap { $0 }.min(), in: &group)
            }
        }
    }

    /// Whether jobs are still to be taken up.
    private var isTakingUp: Bool {
        stop == .none && !Task.isCancelled && admission.mayAdmit(to: endpoints.keys)
    }

    /// Tells of waits that are new, but for the short ones that are the rule at a rate.
    private func tellWaits() {
        let now = unixMilliseconds()
        let waits = admission.waits(unixMilliseconds: now, at: elapsed).filter { wait in
            switch wait.reason {
            case .pause, .outage, .budget: true
            default: (wait.untilMilliseconds ?? 0) > now + 5000
            }
        }
        for wait in waits where !toldWaits.contains(where: { $0.isSame(as: wait) }) { tell(.waiting(wait)) }
        toldWaits = waits
    }

    /// Tells what admission learnt and decided since the last time.
    private func tellChanges() {
        for change in admission.limitChanges {
            tell(.limitChanged(name: change.name, resource: change.resource, perMinute: change.perMinute))
        }
        admission.limitChanges = []
        let stops = admission.stopReasons
        guard stops.count > toldStops.count else { return }
        for (name, reason) in stops.sorted(by: { $0.key < $1.key }) where toldStops.insert(name).inserted {
            tell(.stopped(name: name, reason: reason))
        }
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
        let lane = admission[place].lane
        let page = admission.pageSize
        var retries = 0
        if admission[place].queue.isDueUnread(at: unixMilliseconds()) {
            let due = try await store.dueJobs(
                in: lane, at: unixMilliseconds(), limit: max(1, page / 2), excluding: admission.jobs.excluded)
            let next = due.isEmpty ? try await nextDueTime(place) : nil
            admission.change(place) { $0.queue.add(due: due, next: next) }
            retries = due.count
        }
        guard isTakingUp, admission[place].queue.isFreshUnread else { return }
        let cursor = admission[place].queue.cursor
        let fresh =
            admission.jobs.isOverMaximum
            ? [] : try await store.nextJobs(in: lane, after: cursor, limit: max(1, page - retries))
        admission.change(place) { $0.queue.add(fresh: fresh) }
    }

    /// When the next waiting job of a lane is due that this run does not leave alone.
    private func nextDueTime(_ place: LanePlace) async throws -> Int64? {
        let lane = admission[place].lane
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
        if let worker = idle.popLast() {
            worker.resume(returning: job)
        } else {
            starting[job.id] = job
            group.addTask { [id = job.id] in await self.work(from: id) }
        }
    }

    // MARK: Waiting

    /// The clock's time at which a Unix time comes, but a minute away at most: the system's clock may be set.
    private func instant(of milliseconds: Int64) -> C.Instant {
        clock.now.advanced(by: .milliseconds(min(60_000, max(1, milliseconds - unixMilliseconds()))))
    }

    /// Waits for the jobs in work.
    private func drain(_ group: inout DiscardingTaskGroup) async {
        while true {
            if Task.isCancelled { stop = .now }
            if admission.jobs.count == 0 { return }
            var deadline: C.Instant?
            switch stop {
            case .none, .intake: break
            case .draining(let end) where clock.now < end: deadline = end
            case .draining, .now:
                stop = .now
                // Closed streams still write their ends; only their commits are waited for.
                group.cancelAll()
            }
            await signal.wait(until: deadline, in: &group)
        }
    }

    /// Ends the tasks that wait for a job, and the timers that nobody waits for any more.
    private func dismiss(_ group: inout DiscardingTaskGroup) {
        isOver = true
        for worker in idle { worker.resume(returning: nil) }
        idle = []
        group.cancelAll()
    }

    // MARK: One job

    /// Works on one job after another, until the run is over.
    private func work(from id: Int64) async {
        var job = starting.removeValue(forKey: id)
        while let next = job.take() {
            await execute(consume next)
            job = isOver ? nil : await withCheckedContinuation { idle.append($0) }
        }
    }

    /// Sends a job that was taken up, and counts it once its new state is committed.
    private func execute(_ job: consuming Job) async {
        let id = job.id
        let lane = Lane(provider: job.provider, model: job.model)
        let (customID, source, line, number) = (job.customID, job.source, job.line, job.attemptCount + 1)
        let end = await stream(consume job)
        if configuration.failsFast, case .failed = end?.transition { stop.endIntake(.limited("fail-fast")) }
        state.running -= 1
        probes.remove(id)
        admission.release(id, at: elapsed)
        signal.signal()
        var waits = false
        if let end, await commit(end) {
            state.count(end)
            waits = end.waits
            tell(
                .attemptEnded(
                    RunEvent.AttemptReport(
                        customID: customID, source: source, line: line, lane: lane, number: number, end: end)))
        }
        admission.finish(id, waits: waits, at: elapsed)
        signal.signal()
    }

    /// Sends a job, and again at once where a try says so; nil where nothing is left to be stored.
    private func stream(_ first: consuming Job) async -> AttemptEnd? {
        var job = consume first
        var repeats = 0
        while let verdict = await attempt(&job, repeats: repeats) {
            guard verdict.isRepeated else { return verdict.end }
            guard await commit(verdict.end), stop == .none, let same = await handOutAgain(job) else { return nil }
            job = same
            admission.startAgain(job.id, at: elapsed)
            repeats += 1
        }
        return nil
    }

    /// A job in work as the store has it now.
    private func handOutAgain(_ job: borrowing Job) async -> Job? {
        let id = job.id
        do {
            let lane = Lane(provider: job.provider, model: job.model)
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
        ) { job, result in admission.judge(job, result, at: elapsed) }
        verdict.end.costUSD = admission.settle(id, verdict.end.result)
        if verdict.isPrefillRefused { state.refusedPrefills.insert(name) }
        if let reason = verdict.stopsProvider { admission.stopProvider(of: id, reason: reason) }
        if let reason = verdict.stopsModel { admission.stopModel(of: id, reason: reason) }
        tellChanges()
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
