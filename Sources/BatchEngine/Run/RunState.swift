import LLMStreaming

/// What a run knows while it goes on, shared by its loop, its reader of the queue and its attempts.
///
/// A class without a lock: whatever touches it runs on the runner's actor.
final class RunState {
    let configuration: RunConfiguration
    /// The endpoints of every provider that jobs in scope name.
    let pools: [String: EndpointPool]
    let clock: RunClock
    /// The time of day.
    let unixMilliseconds: @Sendable () -> Int64
    /// Wakes the loop.
    let signal: WakeSignal
    var admission: Admission
    /// Who waits for whom, where equal requests are sent once.
    var equals = EqualRequests()
    /// Jobs that wait for another though their own time has come: the store would hand them out.
    var setAside: Set<Int64> = []
    /// Jobs that waited for another and were put into the queue since the store was asked for more.
    var promoted: Set<Int64> = []
    /// What is counted as it happens; `snapshot` adds what admission knows.
    var counts = RunSnapshot()
    var stop = RunStop.none
    private let listener: @Sendable (RunEvent) -> Void
    private var news = RunNews()

    init(
        _ configuration: RunConfiguration, pools: [String: EndpointPool], clock: RunClock,
        unixMilliseconds: @escaping @Sendable () -> Int64, tell: @escaping @Sendable (RunEvent) -> Void
    ) {
        self.configuration = configuration
        self.pools = pools
        self.clock = clock
        self.unixMilliseconds = unixMilliseconds
        listener = tell
        signal = WakeSignal(clock: clock)
        admission = Admission(
            configuration, pools: pools,
            regions: pools.compactMapValues { BillingRegion(host: $0.members[0].endpoint.origin.host) })
    }

    /// Where the run stands, but for what is received.
    var snapshot: RunSnapshot {
        var snapshot = counts
        snapshot.waiting = admission.waitingCount
        snapshot.endpoints = admission.providers.all.flatMap { $0.endpointSnapshots(at: clock.now) }
        snapshot.waits = admission.waits(at: clock.now, unixMilliseconds: unixMilliseconds())
        snapshot.stoppedProviders = admission.providers.stopReasons
        snapshot.costOvershoot = admission.ledger.cost.overshoot
        snapshot.tokenOvershoot = admission.ledger.tokens.overshoot
        return snapshot
    }

    /// How many jobs' streams have ended whose COMMIT is still to come.
    var uncommittedCount: Int { admission.jobs.count - admission.running }

    // MARK: The end

    /// Whether jobs are still to be taken up.
    var isTakingUp: Bool {
        stop == .none && !Task.isCancelled && admission.providers.mayAdmit(to: pools.keys)
    }

    /// Whether jobs are still given the ends of others: that asks nobody.
    var givesEnds: Bool {
        switch stop {
        case .none, .intake: true
        case .draining(let deadline): clock.now < deadline
        case .now, .storeFailed: false
        }
    }

    /// Ends the run since the store can take no more: streams are closed.
    func storeDidFail(_ reason: String) {
        stop.fail(reason)
        signal.signal()
    }

    /// Why the run ended, once nothing is in work.
    var ending: RunEnding {
        if let ending = stop.ending { return ending }
        if admission.jobs.isOverMaximum { return .limited("max-jobs") }
        if let budget = admission.spentBudget { return .limited(budget) }
        return admission.providers.stopCount == 0 ? .finished : .providersStopped
    }

    // MARK: Events

    /// Tells the end of an attempt, once it is committed.
    func tell(_ report: RunEvent.AttemptReport) { listener(.attemptEnded(report)) }

    /// Counts and tells jobs that were cancelled where nobody worked on them, once that is committed.
    func tell(cancelled jobs: [(id: Int64, customID: String)]) {
        counts.cancelled += jobs.count
        for job in jobs { listener(.cancelled(jobID: job.id, customID: job.customID)) }
    }

    /// Tells what jobs wait for, as far as that is new.
    func tellWaits(at now: Duration) {
        for event in news.waits(of: admission, at: now, unixMilliseconds: unixMilliseconds) { listener(event) }
    }

    /// Tells changed limits and what gets no more requests.
    ///
    /// - Returns: whether there was anything to tell.
    func tellChanges() -> Bool {
        let changes = news.changes(of: &admission)
        for event in changes { listener(event) }
        return !changes.isEmpty
    }
}
