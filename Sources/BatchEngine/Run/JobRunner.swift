package import LLMStreaming
import Synchronization

/// The loop of a run: it takes jobs up as admission allows, until none is left or the run is stopped.
///
/// One task (`run`) takes jobs up and sends them, others work on them once their streams have ended. Time and chance come
/// in as parameters, so that a day can be simulated in seconds.
package actor JobRunner {
    private let store: any JobStore
    private let isIntakeOpen: @Sendable () -> Bool
    let clock: RunClock
    let signal: WakeSignal
    let state: RunState
    let queue: QueueReader
    let attempts: AttemptRunner
    private let workers = Workers()
    /// Whether how many streams endpoints get is found: how it is from the start, and each change; for one reader.
    package nonisolated let findsWidths: AsyncStream<Bool>
    let widthFeed: AsyncStream<Bool>.Continuation
    /// Whether jobs are being given the ends of others.
    var isGiving = false
    /// Whether jobs may have been stored since the queue was read to its end.
    private let hasNews = Atomic<Bool>(true)

    /// A runner of the jobs in a store.
    ///
    /// - Parameters:
    ///   - pools: the endpoints of every provider that jobs in scope name.
    ///   - tell: told of what happens, in its order; must not block.
    ///   - unixMilliseconds: the time of day, asked once: from then on the clock tells it.
    ///   - isIntakeOpen: whether more jobs are still being stored; `wake()` tells of new ones and of the end.
    package init(
        store: any JobStore, source: any CompletionSource, pools: [String: EndpointPool],
        configuration: RunConfiguration, clock: some Clock<Duration>,
        unixMilliseconds: @escaping @Sendable () -> Int64,
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator(),
        isIntakeOpen: @escaping @Sendable () -> Bool = { false },
        tell: @escaping @Sendable (RunEvent) -> Void = { _ in }
    ) {
        let clock = RunClock(clock)
        let state = RunState(
            configuration, pools: pools, clock: clock,
            unixMilliseconds: clock.timeOfDay(from: unixMilliseconds()), tell: tell)
        self.store = store
        self.isIntakeOpen = isIntakeOpen
        self.clock = clock
        self.state = state
        signal = state.signal
        queue = QueueReader(store: store, state: state)
        attempts = AttemptRunner(
            store: store, source: source, state: state, workers: workers, random: random)
        (findsWidths, widthFeed) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        widthFeed.yield(configuration.width != .fixed)
        configuration.share.follow { [signal] in signal.signal() }
    }

    /// Where the run stands.
    package var snapshot: RunSnapshot {
        var snapshot = state.snapshot
        (snapshot.chunks, snapshot.bytes) = attempts.received
        return snapshot
    }

    /// Stops the intake and gives open streams the drain time; once more, or with `now`, closes them at once.
    package func stop(now: Bool = false) {
        if now {
            state.stop.close()
        } else {
            state.stop.request(deadline: clock.now + state.configuration.drainTimeout)
        }
        signal.signal()
    }

    /// Ends the run since the store can take no more: streams are closed.
    package func storeDidFail(_ reason: String) { state.storeDidFail(reason) }

    /// Tells that something may have changed outside: jobs were stored, the intake ended.
    package nonisolated func wake() {
        hasNews.store(true, ordering: .releasing)
        signal.signal()
    }

    /// Counts against the budgets what jobs used up in earlier runs that come into scope now.
    ///
    /// - Parameters:
    ///   - cost: in US dollars.
    ///   - tokens: input and output.
    package func addSpent(cost: Double, tokens: Double) { state.admission.addSpent(cost: cost, tokens: tokens) }

    /// Runs until every job in scope has ended or the run is stopped; returns after the last COMMIT.
    ///
    /// Cancelling the task is the same as `stop(now: true)`. To be called once.
    package func run() async -> RunEnding {
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                group.addTask { [workers] in await workers.run { await self.work(on: $0) } }
                await withDiscardingTaskGroup { timers in
                    do {
                        try await takeJobsUp(&group, &timers)
                    } catch {
                        state.storeDidFail("\(error)")
                    }
                    await drain(&group, &timers)
                    timers.cancelAll()
                }
                let ending = state.ending
                workers.dismiss()
                group.cancelAll()
                return ending
            }
        } onCancel: {
            signal.signal()
        }
    }

    /// How many jobs are sent before others come to the actor.
    private static let startsAtOnce = 32

    /// Takes jobs up until none is left that may be sent.
    private func takeJobsUp(_ group: inout DiscardingTaskGroup, _ timers: inout DiscardingTaskGroup) async throws {
        let configuration = state.configuration
        var isLastLook = false
        var startCount = 0
        // Behind a wait of any kind everything is looked at anew: the user may have changed it meanwhile.
        while state.isTakingUp {
            let now = clock.now
            giveEnds(in: &group)
            attempts.noteAnswers(at: now)
            attempts.lookAtStreams(at: now)
            let share = configuration.share.value
            state.admission.providers.set(share, at: now)
            let allowance = state.admission.width.allowance(at: now, share: share)
            guard state.admission.running < allowance.streams,
                state.uncommittedCount < configuration.maximumUncommitted
            else {
                state.admission.hold()
                if state.admission.silentCount > 0 { state.tellWaits(at: now) }
                await wait(until: [allowance.grows], &timers)
                continue
            }
            // Both are asked before the queue is: what is stored before the intake closes, or before the last job
            // leaves work, is then seen in the queue.
            let isIntakeOpen = isIntakeOpen()
            let isIdle = state.admission.jobs.count == 0
            if hasNews.exchange(false, ordering: .acquiring) {
                let models = try await store.models()
                state.admission.providers.add(models, at: now)
                continue
            }
            // A page of them at a time.
            if !state.admission.asked.isEmpty, !state.admission.hasAsked {
                try await queue.readAsked()
                continue
            }
            state.admission.readsAhead = state.equals.releasedCount < Self.mostReleased
            switch state.admission.next(
                at: now, unixMilliseconds: state.unixMilliseconds(), allowed: allowance.streams)
            {
            case .start(let job, let isProbe):
                isLastLook = false
                attempts.takeUp(job.id, isProbe: isProbe)
                if let id = attempts.send(job) { workers.hand(id) }
                // Others have a word in between, such as those who stop the run.
                startCount += 1
                if startCount % Self.startsAtOnce == 0 { await Task.yield() }
            case .read(let place):
                if state.equals.releasedCount < Self.mostReleased {
                    try await queue.read(place)
                } else {
                    await wait(until: [], &timers)
                }
            case .wait(let until, let due):
                state.counts.nextDueMilliseconds = due
                if attempts.lookAtStreams(at: now) { continue }
                state.tellWaits(at: now)
                if until == nil, due == nil, isIdle, !isGiving, !state.admission.isHeldByPause,
                    !isIntakeOpen || state.admission.spentBudget != nil
                {
                    if isLastLook, !freeFollowers() { return }
                    isLastLook = true
                    hasNews.store(true, ordering: .relaxed)
                    continue
                }
                isLastLook = false
                // A clock of whole nanoseconds would stop short of a time between two of them.
                let time = until.map { $0 + .microseconds(1) }
                await wait(until: [time, due.map(time(of:)), allowance.grows], &timers)
            }
        }
    }

    /// Waits for a signal, for the first of these times, or for the next look at the open streams.
    private func wait(until times: [Duration?], _ timers: inout DiscardingTaskGroup) async {
        let deadline = (times + [state.admission.nextLook]).compactMap(\.self).min()
        await signal.wait(until: deadline, in: &timers)
    }

    /// The run's time at which a Unix time comes, but a minute away at most: what is stored may be any time.
    private func time(of milliseconds: Int64) -> Duration {
        let time = milliseconds.clamped(to: NumberGate.unixMilliseconds)
        return clock.now + .milliseconds((time - state.unixMilliseconds()).clamped(to: 1...60_000))
    }

    /// Waits for the jobs in work.
    private func drain(_ group: inout DiscardingTaskGroup, _ timers: inout DiscardingTaskGroup) async {
        while true {
            if Task.isCancelled { state.stop.close() }
            giveEnds(in: &group)
            if state.admission.jobs.count == 0, !isGiving { return }
            var deadline: Duration?
            switch state.stop {
            case .none, .intake: break
            case .draining(let end) where clock.now < end: deadline = end
            case .draining, .now, .storeFailed:
                state.stop.close()
                // Closed streams still write their ends; only their commits are waited for.
                attempts.closeStreams()
                group.cancelAll()
            }
            await signal.wait(until: deadline, in: &timers)
        }
    }

    /// Works on a job whose stream has ended, or that could not be sent at once.
    ///
    /// No large value is held while it waits: see `RunningAttempt`.
    private func work(on id: Int64) async {
        await attempts.run(take(id))
    }

    /// The attempt of a job that was handed over.
    @inline(never)
    private func take(_ id: Int64) -> RunningAttempt {
        guard let attempt = attempts.open[id] else { preconditionFailure("job \(id) is not in work") }
        if let end = workers.takeEnd(of: id) { attempt.end(end) }
        return attempt
    }
}
