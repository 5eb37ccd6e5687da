import LLMStreaming

/// Reads the next jobs of a model from the store, a page at a time, and when its next waiting job is due.
struct QueueReader {
    let store: any JobStore
    let state: RunState
    let checks = JobChecks()

    init(store: any JobStore, state: RunState) {
        self.store = store
        self.state = state
    }

    /// Reads the next page of a model's jobs.
    ///
    /// At most half a page are retries; they and new jobs take turns.
    func read(_ place: ModelPlace) async throws {
        let model = state.admission.providers[place]
        state.promoted = []
        let page = state.admission.pageSize
        var retries = 0
        if model.queue.isDueUnread(at: state.unixMilliseconds()) {
            model.queue.ask()
            let (due, next) =
                state.admission.jobs.isFull
                ? try await retriesOfThisRun(model, limit: max(1, page / 2))
                : try await dueJobs(model, limit: max(1, page / 2))
            model.queue.add(due: try await toBeSent(due, areDue: true), next: next, of: due.count)
            retries = due.count
        }
        guard state.isTakingUp, model.queue.isFreshUnread else { return }
        let fresh =
            state.admission.jobs.isOverMaximum
            ? []
            : try await store.nextJobs(for: model.name, after: model.queue.cursor, limit: max(1, page - retries))
        model.queue.add(read: try await toBeSent(model.queue.note(read: fresh)))
    }

    /// Reads the jobs that the user wants next; one that is in work, or has ended, is passed over.
    ///
    /// Only the loop of the run begins jobs: none of these is begun while they are read.
    func readAsked() async throws {
        let ids = state.admission.asked.filter { !state.admission.jobs.contains($0) }
        state.admission.asked = []
        state.promoted = []
        let found = try await store.jobs(ids)
        state.admission.add(asked: try await toBeSent(found))
        // There may be only the first of them.
        guard let last = found.last.flatMap({ job in ids.firstIndex(of: job.id) }) else { return }
        state.admission.asked = ids[(last + 1)...] + state.admission.asked
    }

    private var notToBeRead: Set<Int64> {
        let jobs = state.admission.notToBeRead
        return state.setAside.isEmpty ? jobs : jobs.union(state.setAside)
    }

    /// The waiting jobs of a model that are due, and when the next is where none are.
    private func dueJobs(_ model: ModelState, limit: Int) async throws -> (due: [Job], next: Int64?) {
        let others = notToBeRead
        let due = try await store.dueJobs(
            for: model.name, at: state.unixMilliseconds(), limit: limit, excluding: others)
        guard due.isEmpty else { return (due, nil) }
        return (due, try await store.nextDueTime(for: model.name, excluding: notToBeRead))
    }

    /// The same of the jobs that this run has sent before, once it may take up no others: the store is asked for them
    /// by their numbers, since any number of others may wait there.
    private func retriesOfThisRun(_ model: ModelState, limit: Int) async throws -> (due: [Job], next: Int64?) {
        if model.queue.keepRetries() {
            model.queue.add(try await store.waitingTimes(of: model.queue.waiting, for: model.name))
        }
        if !state.admission.jobs.isOverMaximum, model.queue.looksForOthers() {
            let own = state.admission.jobs.excluded.union(model.queue.waiting)
            if try await store.nextDueTime(for: model.name, excluding: own) != nil { state.admission.leaveAlone() }
        }
        let now = state.unixMilliseconds()
        let retries = model.queue.takeDueRetries(at: now, limit: limit)
        let due = retries.isEmpty ? [] : try await store.dueJobs(among: retries.map(\.jobID), for: model.name, at: now)
        if let last = due.last, let index = retries.firstIndex(where: { $0.jobID == last.id }) {
            model.queue.add(Array(retries[(index + 1)...]))
        }
        return (due, model.queue.retries?.next)
    }
}
