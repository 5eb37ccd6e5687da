package import LLMStreaming

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
    private let signal: WakeSignal<C>

    private var random: any RandomNumberGenerator & Sendable
    private var state = RunSnapshot()
    private var window: AdmissionWindow
    private var stop = RunStop<C.Instant>.none
    private var storeFailure: String?
    /// Jobs whose task has not begun: it takes its job from here, so that nothing else holds the request's bytes.
    private var starting: [Int64: Job] = [:]
    /// Tasks that wait for their next job: they are kept, since a task group looks through all its tasks when one ends.
    private var idle: [CheckedContinuation<Job?, Never>] = []
    private var isOver = false

    /// A runner of the jobs in a store.
    ///
    /// - Parameters:
    ///   - endpoints: every provider that jobs in scope name.
    ///   - isIntakeOpen: whether more jobs are still being stored; `wake()` tells of new ones and of the end.
    package init(
        store: any JobStore, source: any CompletionSource, endpoints: [String: Endpoint],
        configuration: RunConfiguration, clock: C, unixMilliseconds: @escaping @Sendable () -> Int64,
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator(),
        isIntakeOpen: @escaping @Sendable () -> Bool = { false }
    ) {
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
        window = AdmissionWindow(maximumJobs: configuration.maximumJobs)
    }

    /// Where the run stands.
    package var snapshot: RunSnapshot {
        var snapshot = state
        snapshot.waiting = window.waiting.count
        snapshot.stoppedProviders = window.stoppedProviders
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
    package nonisolated func wake() { signal.signal() }

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
            if window.isOverMaximum { return .limited("max-jobs") }
            return window.stoppedProviders.isEmpty ? .finished : .providersStopped
        case .intake(let reason): return reason
        case .draining, .now: return .stopped
        }
    }

    // MARK: Admission

    private func admit(_ group: inout DiscardingTaskGroup) async throws {
        let start = clock.now
        while isTakingUp {
            let allowance = configuration.ramp.allowance(
                after: start.duration(to: clock.now), limit: configuration.concurrency)
            guard state.running < allowance.streams,
                window.inWork - state.running < configuration.maximumUncommitted
            else {
                await signal.wait(until: allowance.grows.map(start.advanced(by:)), in: &group)
                continue
            }
            // Both are asked before the queue is: what is stored before the intake closes, or before the last job
            // leaves work, is then seen in the queue.
            let isIntakeOpen = isIntakeOpen()
            let isIdle = window.inWork == 0
            if let job = try await nextJob() {
                begin(job, in: &group)
                continue
            }
            let due = try await nextDueTime()
            state.nextDueMilliseconds = due
            if due == nil, isIdle, !isIntakeOpen { return }
            await signal.wait(until: due.map(instant(of:)), in: &group)
        }
    }

    /// Whether jobs are still to be taken up.
    private var isTakingUp: Bool {
        stop == .none && !Task.isCancelled
            && (window.stoppedProviders.isEmpty || endpoints.keys.contains { window.stoppedProviders[$0] == nil })
    }

    /// The next job that may be sent now.
    private func nextJob() async throws -> Job? {
        while isTakingUp {
            if let job = window.take() { return job }
            guard try await refill() else { return nil }
        }
        return nil
    }

    /// Reads the next page of jobs; false where there are none.
    ///
    /// At most half a page are retries, and they go first: neither starves the other.
    private func refill() async throws -> Bool {
        let page = min(128, max(16, configuration.concurrency))
        let due = try await store.dueJobs(at: unixMilliseconds(), limit: page / 2, excluding: window.excluded)
        let fresh =
            window.isOverMaximum ? [] : try await store.nextJobs(after: window.cursor, limit: page - due.count)
        window.add(due: due, fresh: fresh)
        return !due.isEmpty || !fresh.isEmpty
    }

    /// When the next waiting job is due that this run does not leave alone.
    private func nextDueTime() async throws -> Int64? {
        while window.leavesJobsAlone {
            let waiting = try await store.dueJobs(at: .max, limit: 16, excluding: window.excluded)
            if waiting.isEmpty { return nil }
            if !window.leaves(waiting) { break }
        }
        return try await store.nextDueTime(excluding: window.excluded)
    }

    private func begin(_ job: Job, in group: inout DiscardingTaskGroup) {
        state.running += 1
        state.nextDueMilliseconds = nil
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
            if window.inWork == 0 { return }
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
        let end = await stream(consume job)
        if configuration.failsFast, case .failed = end?.transition { stop.endIntake(.limited("fail-fast")) }
        state.running -= 1
        signal.signal()
        var waits = false
        if let end, await commit(end) {
            state.count(end)
            waits = end.waits
        }
        window.finish(id, waits: waits)
        signal.signal()
    }

    /// Sends a job, and again at once where a try says so; nil where nothing is left to be stored.
    private func stream(_ first: consuming Job) async -> AttemptEnd? {
        var job = consume first
        var repeats = 0
        while let verdict = await attempt(&job, repeats: repeats) {
            guard verdict.isRepeated else { return verdict.end }
            guard await commit(verdict.end), stop == .none, let same = await handOutAgain(job.id) else { return nil }
            job = same
            repeats += 1
        }
        return nil
    }

    /// A job in work as the store has it now.
    private func handOutAgain(_ id: Int64) async -> Job? {
        do {
            let job = try await store.nextJobs(after: id - 1, limit: 1).first
            return job?.id == id ? job : nil
        } catch {
            storeDidFail("\(error)")
            return nil
        }
    }

    /// Sends one attempt and takes its consequences for the run; nil where there is nobody to send it to.
    private func attempt(_ job: inout Job, repeats: Int) async -> AttemptVerdict? {
        guard let endpoint = endpoints[job.provider] else {
            window.stop(job.provider, reason: "no such provider is configured")
            return nil
        }
        state.attempts += 1
        let name = "\(job.provider)/\(job.model)"
        let verdict = await sender.send(
            &job, to: endpoint, isRefused: state.refusedPrefills.contains(name), repeats: repeats,
            random: random.next())
        if verdict.isPrefillRefused { state.refusedPrefills.insert(name) }
        if let reason = verdict.stopsProvider { window.stop(job.provider, reason: reason) }
        return verdict
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
