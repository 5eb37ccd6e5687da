import LLMStreaming

/// Reads the next jobs of a lane from the store, a page at a time, and when its next waiting job is due.
struct QueueReader {
    private let store: any JobStore
    private let state: RunState

    init(store: any JobStore, state: RunState) {
        self.store = store
        self.state = state
    }

    /// Reads the next page of a lane's jobs.
    ///
    /// At most half a page are retries; they and new jobs take turns.
    func read(_ place: ModelPlace) async throws {
        let lane = state.admission.providers[place]
        let page = state.admission.pageSize
        var retries = 0
        if lane.queue.isDueUnread(at: state.unixMilliseconds()) {
            lane.queue.ask()
            let (due, next) =
                state.admission.jobs.isFull
                ? try await retriesOfThisRun(lane, limit: max(1, page / 2))
                : try await dueJobs(lane, limit: max(1, page / 2))
            lane.queue.add(due: due, next: next)
            retries = due.count
        }
        guard state.isTakingUp, lane.queue.isFreshUnread else { return }
        let fresh =
            state.admission.jobs.isOverMaximum
            ? []
            : try await store.nextJobs(in: lane.name, after: lane.queue.cursor, limit: max(1, page - retries))
        lane.queue.add(fresh: fresh)
    }

    /// The waiting jobs of a lane that are due, and when the next is where none are.
    private func dueJobs(_ lane: ModelState, limit: Int) async throws -> (due: [Job], next: Int64?) {
        let due = try await store.dueJobs(
            in: lane.name, at: state.unixMilliseconds(), limit: limit, excluding: state.admission.jobs.excluded)
        guard due.isEmpty else { return (due, nil) }
        return (due, try await store.nextDueTime(in: lane.name, excluding: state.admission.jobs.excluded))
    }

    /// The same of the jobs that this run has sent before, once it may take up no others: the store is asked for them
    /// by their numbers, since any number of others may wait there.
    private func retriesOfThisRun(_ lane: ModelState, limit: Int) async throws -> (due: [Job], next: Int64?) {
        if lane.queue.keepRetries() {
            lane.queue.add(try await store.waitingTimes(of: lane.queue.waiting, in: lane.name))
        }
        if !state.admission.jobs.isOverMaximum, lane.queue.looksForOthers() {
            let own = state.admission.jobs.excluded.union(lane.queue.waiting)
            if try await store.nextDueTime(in: lane.name, excluding: own) != nil { state.admission.leaveAlone() }
        }
        let now = state.unixMilliseconds()
        let retries = lane.queue.takeDueRetries(at: now, limit: limit)
        let due = retries.isEmpty ? [] : try await store.dueJobs(among: retries.map(\.jobID), in: lane.name, at: now)
        if let last = due.last, let index = retries.firstIndex(where: { $0.jobID == last.id }) {
            lane.queue.add(Array(retries[(index + 1)...]))
        }
        return (due, lane.queue.retries?.next)
    }
}
