import BatchEngine
import LLMStreaming
import Synchronization

/// A store in memory whose writes are seen by reads only once they are committed, as in the database; it reports every
/// call that the database would refuse or that Contract, "What it is for", forbids.
final class SimulatedJobStore: JobStore {
    /// When what is written is committed.
    enum Commits: Sendable {
        /// All at once, so long after the first of them was written.
        case after(Duration)
        /// When the test says `commit()`.
        case byHand
    }

    /// The store failed, on purpose.
    struct Failure: Error {}

    /// What changes about a job.
    struct JobState: Sendable {
        var status = JobStatus.pending
        var notBefore: Int64?
        var attempts = 0
        var attemptCount = 0
        /// Where its newest attempt was sent.
        var endpoint: String?
        var partial: StoredPartial?
        var recentFailures: [RecentFailure] = []
        var rejected: [RejectedAnswer] = []
        var error: LLMError?
    }

    fileprivate enum Write {
        case start(jobID: Int64, endpoint: String?)
        case end(AttemptEnd, CheckedContinuation<Void, any Error>)
    }

    /// All that happened, for tests to look at.
    struct History: Sendable {
        var starts: [Int64: AttemptStart] = [:]
        var ends: [AttemptEnd] = []
        var texts: [Int64: String] = [:]
        var answers: [Int64: [CompletionRecord]] = [:]
        /// What must never happen.
        var violations: [String] = []
        var commits = 0
        /// How often a question was asked.
        var reads = 0
        /// How many jobs were handed out.
        var handedOut = 0
        /// For how many it was asked whether another has the same answer.
        var lookUps = 0
    }

    fileprivate struct State {
        var jobs: [Job] = []
        var written: [JobState] = []
        var committed: [JobState] = []
        /// The numbers of each model's jobs, in order.
        var models: [ModelName: [Int64]] = [:]
        /// Committed jobs of each model that wait, in the order of their times.
        var waiting: [ModelName: [(time: Int64, id: Int64)]] = [:]
        var open: [Int64: Int64] = [:]
        var chunks: [Int64: Int] = [:]
        var attempts: Int64 = 0
        var writes: [Write] = []
        var isFailing = false
        /// Jobs that the user wants next: they need not wait.
        var asked: Set<Int64> = []
        /// Jobs that ended in an earlier run.
        var earlier: Set<Int64> = []
        var history = History()
        var random: SeededRandom
    }

    private let simulation: Simulation
    private let commits: Commits
    private let readTime: Duration
    private let failsAtCommit: Int?
    private let keepsHistory: Bool
    private let state: Mutex<State>

    /// A store.
    ///
    /// - Parameters:
    ///   - readTime: a read takes up to so long, and sees what was committed at its beginning or at its end.
    ///   - failsAtCommit: the number of the commit that fails; from then on all does.
    init(
        _ simulation: Simulation, jobs: [Job], commits: Commits = .after(.milliseconds(100)),
        readTime: Duration = .zero, failsAtCommit: Int? = nil, keepsHistory: Bool = true, seed: Int = 1
    ) {
        self.simulation = simulation
        self.commits = commits
        self.readTime = readTime
        self.failsAtCommit = failsAtCommit
        self.keepsHistory = keepsHistory
        state = Mutex(State(random: SeededRandom(seed: seed)))
        append(jobs)
    }

    var history: History { state.withLock { $0.history } }
    /// The jobs as they are committed, in order.
    var jobs: [JobState] { state.withLock { $0.committed } }
    /// Whether something waits to be committed.
    var hasWrites: Bool { state.withLock { !$0.writes.isEmpty } }

    /// How many committed jobs have a status.
    func count(_ status: JobStatus) -> Int { jobs.count { $0.status == status } }

    /// Stores new jobs, with their COMMIT.
    func append(_ jobs: [Job]) {
        state.withLock { state in
            for var job in jobs {
                job.id = Int64(state.jobs.count + 1)
                state.attempts = max(state.attempts, job.partial?.attemptID ?? 0)
                state.jobs.append(job)
                state.models[ModelName(provider: job.provider, model: job.model), default: []].append(job.id)
                state.written.append(
                    JobState(attempts: job.attempts, attemptCount: job.attemptCount, partial: job.partial))
                state.committed.append(state.written[state.written.count - 1])
            }
        }
    }

    /// Takes a job that waits out of the scope: it is not handed out any more; false where it does not wait.
    func leave(_ id: Int64) -> Bool {
        state.withLock { state in
            let index = Int(id) - 1
            guard let time = state.committed[index].notBefore else { return false }
            state.removeWaiting(time, id)
            return true
        }
    }

    /// Gives a job another check.
    func annotate(_ id: Int64, check: [UInt8]?) { state.withLock { $0.jobs[Int(id) - 1].check = check } }

    /// What has ended until now did so in an earlier run.
    func beginRun() {
        state.withLock { state in
            state.earlier.formUnion(state.jobs.map(\.id).filter { state.committed[Int($0) - 1].status == .completed })
        }
    }

    /// Lets a job wait until Unix milliseconds, as an earlier run left it.
    func wait(_ id: Int64, until time: Int64) {
        state.withLock { state in
            state.written[Int(id) - 1].notBefore = time
            state.committed[Int(id) - 1].notBefore = time
            state.addWaiting(time, id)
        }
    }

    /// All calls fail from now on.
    func fail() { state.withLock { $0.isFailing = true } }

    // MARK: Reads

    func models() async throws -> [ModelName] {
        try await read { state in state.models.keys.sorted { $0.name < $1.name } }
    }

    func nextJobs(for model: ModelName, after jobID: Int64, limit: Int) async throws -> [Job] {
        try await read { state in
            var found: [Job] = []
            let ids = state.models[model] ?? []
            var position = ids.firstPosition { $0 > jobID }
            while position < ids.count, found.count < limit {
                let index = Int(ids[position]) - 1
                let job = state.committed[index]
                if job.notBefore == nil, job.status == .pending || job.status == .interrupted {
                    found.append(state.job(index))
                }
                position += 1
            }
            return found
        }
    }

    func dueJobs(for model: ModelName, at now: Int64, limit: Int, excluding running: Set<Int64>) async throws -> [Job] {
        try await read { state in
            (state.waiting[model] ?? []).lazy.prefix { $0.time <= now }.filter { !running.contains($0.id) }
                .prefix(limit).map { state.job(Int($0.id) - 1) }
        }
    }

    func waitingTimes(of jobs: Set<Int64>, for model: ModelName) async throws -> [RetryTimes.Retry] {
        try await read { state in
            (state.waiting[model] ?? []).filter { jobs.contains($0.id) }
                .map { RetryTimes.Retry(jobID: $0.id, due: $0.time) }
        }
    }

    func dueJobs(among jobs: [Int64], for model: ModelName, at now: Int64) async throws -> [Job] {
        try await read { state in
            jobs.filter { id in state.committed[Int(id) - 1].notBefore.map { $0 <= now } ?? false }
                .map { state.job(Int($0) - 1) }
        }
    }

    func jobs(_ ids: [Int64]) async throws -> [Job] {
        try await read { state in
            state.asked.formUnion(ids)
            return ids.filter { id in [.pending, .interrupted].contains(state.committed[Int(id) - 1].status) }
                .map { state.job(Int($0) - 1) }
        }
    }

    /// Cancels those of these jobs that can run, with their COMMIT, as whoever told the run to does.
    func cancel(_ ids: [Int64]) -> [Int64] {
        state.withLock { state in
            ids.filter { id in
                let index = Int(id) - 1
                guard [.pending, .interrupted].contains(state.committed[index].status) else { return false }
                if let time = state.committed[index].notBefore { state.removeWaiting(time, id) }
                (state.committed[index].status, state.committed[index].notBefore) = (.cancelled, nil)
                (state.written[index].status, state.written[index].notBefore) = (.cancelled, nil)
                return true
            }
        }
    }

    func answered(_ jobs: [Job]) async throws -> [Int64: EarlierEnd] {
        try await read { state in
            state.history.lookUps += jobs.count
            var found: [Int64: EarlierEnd] = [:]
            for job in jobs {
                let twin = state.jobs.last { other in
                    state.committed[Int(other.id) - 1].status == .completed && state.history.answers[other.id] != nil
                        && (other.provider, other.model, other.requestSHA256, other.sample)
                            == (job.provider, job.model, job.requestSHA256, job.sample)
                        && other.check == job.check
                }
                found[job.id] = twin.map { twin in
                    EarlierEnd(jobID: twin.id, isOfThisRun: !state.earlier.contains(twin.id))
                }
            }
            return found
        }
    }

    func end(ofJob jobID: Int64) async throws -> JobEnd? {
        try await read { state in
            let id = state.jobs[Int(jobID) - 1].customID
            let job = state.committed[Int(jobID) - 1]
            if job.status == .completed, let records = state.history.answers[jobID] {
                return .completed(customID: id, records)
            }
            return job.status == .failed ? job.error.map { .failed(customID: id, $0) } : nil
        }
    }

    func give(_ ends: [GivenEnd]) async throws -> [RunEvent.AttemptReport] {
        try await read { state in ends.flatMap { given in given.jobs.compactMap { state.give(given, to: $0) } } }
    }

    func endWaits(of jobs: [Int64]) async throws {
        try await read { state in
            for id in jobs {
                let index = Int(id) - 1
                guard state.committed[index].status == .pending, let time = state.committed[index].notBefore else {
                    continue
                }
                state.removeWaiting(time, id)
                (state.committed[index].notBefore, state.written[index].notBefore) = (nil, nil)
            }
        }
    }

    func metadata(of jobID: Int64) async throws -> [UInt8]? { Array(#"{"job":\#(jobID)}"#.utf8) }

    func nextDueTime(for model: ModelName, excluding running: Set<Int64>) async throws -> Int64? {
        try await read { state in (state.waiting[model] ?? []).first { !running.contains($0.id) }?.time }
    }

    private func read<Value: Sendable>(_ body: (inout sending State) -> Value) async throws -> Value {
        let seesEnd = state.withLock { state in
            state.history.reads += 1
            return Bool.random(using: &state.random)
        }
        if readTime > .zero, seesEnd { await pause() }
        let value = try state.withLock { state in
            if state.isFailing { throw Failure() }
            return body(&state)
        }
        if readTime > .zero, !seesEnd { await pause() }
        return value
    }

    /// Lets time pass, also in a cancelled task.
    private func pause() async {
        let time = readTime * state.withLock { Double.random(in: 0...1, using: &$0.random) }
        await withCheckedContinuation { waiter in simulation.clock.after(time) { waiter.resume() } }
    }

    // MARK: Writes

    func startAttempt(_ start: AttemptStart) -> Int64 {
        let now = simulation.unixMilliseconds()
        return state.withLock { state in
            state.attempts += 1
            let id = state.attempts
            let index = Int(start.jobID) - 1
            let job = state.written[index]
            if state.open[start.jobID] != nil { state.complain("job \(start.jobID) is sent twice at once") }
            if job.status == .completed || job.status == .failed || job.status == .cancelled {
                state.complain("job \(start.jobID) is sent although it is \(job.status)")
            }
            if start.number != job.attemptCount + 1 {
                state.complain("attempt \(start.number) of job \(start.jobID) follows \(job.attemptCount)")
            }
            if let time = job.notBefore, time > now, !state.asked.contains(start.jobID) {
                state.complain("job \(start.jobID) did not wait")
            }
            if start.prefixScalars != nil, start.resumedFrom != job.partial?.attemptID {
                state.complain("job \(start.jobID) goes on from attempt \(start.resumedFrom ?? 0), not its newest")
            }
            state.written[index].status = .running
            state.written[index].notBefore = nil
            state.written[index].attemptCount += 1
            state.written[index].endpoint = start.endpoint
            state.open[start.jobID] = id
            if keepsHistory { state.history.starts[id] = start }
            write(.start(jobID: start.jobID, endpoint: start.endpoint), &state)
            return id
        }
    }

    func storeChunks(
        _ chunks: [StreamedChunk], of attemptID: Int64, from sequence: Int, atMicroseconds microseconds: Int64
    ) -> Bool {
        if keepsHistory { state.withLock { keep(chunks, of: attemptID, from: sequence, &$0) } }
        return true
    }

    private func keep(_ chunks: [StreamedChunk], of attemptID: Int64, from sequence: Int, _ state: inout State) {
        if state.chunks[attemptID, default: 0] != sequence {
            state.complain("attempt \(attemptID) has a gap before chunk \(sequence)")
        }
        state.chunks[attemptID] = sequence + chunks.count
        state.history.texts[attemptID, default: ""] += chunks.filter { $0.kind == .text }.map(\.text).joined()
    }

    func whenThereIsRoom(_ resume: @escaping @Sendable () -> Void) { resume() }

    func endAttempt(_ end: AttemptEnd) async throws {
        try await withCheckedThrowingContinuation { (waiter: CheckedContinuation<Void, any Error>) in
            let fails = state.withLock { state in
                if state.isFailing { return true }
                if state.open.removeValue(forKey: end.jobID) != end.attemptID {
                    state.complain("attempt \(end.attemptID) ends and is not open")
                }
                state.written[Int(end.jobID) - 1].apply(end)
                if keepsHistory {
                    for read in end.tail.reads { keep(read.chunks, of: end.attemptID, from: read.sequence, &state) }
                    state.history.ends.append(end)
                }
                write(.end(end, waiter), &state)
                return false
            }
            if fails { waiter.resume(throwing: Failure()) }
        }
    }

    private func write(_ write: Write, _ state: inout State) {
        if state.writes.isEmpty, case .after(let time) = commits {
            simulation.clock.after(time) { [self] in commit() }
        }
        state.writes.append(write)
    }

    /// Commits everything that was written until now.
    func commit() {
        let (waiters, fails) = state.withLock { state in
            state.history.commits += 1
            if state.history.commits == failsAtCommit { state.isFailing = true }
            var waiters: [CheckedContinuation<Void, any Error>] = []
            for write in state.writes {
                if case .end(_, let waiter) = write { waiters.append(waiter) }
                if !state.isFailing { state.commit(write) }
            }
            state.writes = []
            return (waiters, state.isFailing)
        }
        for waiter in waiters {
            if fails { waiter.resume(throwing: Failure()) } else { waiter.resume() }
        }
    }
}

extension SimulatedJobStore.JobState {
    fileprivate mutating func apply(_ end: AttemptEnd) {
        if end.resetsAttempts { attempts = 0 }
        if end.counts { attempts += 1 }
        var left = end.partial
        left?.endpoint = endpoint
        partial = end.rejectsAnswer ? nil : left ?? partial
        error = end.error
        if end.rejectsAnswer, let error = end.error {
            rejected.insert(
                RejectedAnswer(
                    attemptID: end.attemptID, kind: error.kind, code: error.code, reason: error.message,
                    answer: end.partial?.answer, completionTokens: end.result.usage?.completionTokens), at: 0)
        }
        if end.counts, let error = end.error {
            let failure = RecentFailure(
                httpStatus: error.httpStatus, code: error.code, message: error.message, endpoint: endpoint)
            recentFailures = [failure] + recentFailures.prefix(1)
        }
        switch end.transition {
        case .completed: status = .completed
        case .failed: status = .failed
        case .cancelled: status = .cancelled
        case .waiting(let until, let hasPartial):
            status = hasPartial ? .interrupted : .pending
            notBefore = until
        }
    }
}

extension SimulatedJobStore.State {
    fileprivate mutating func job(_ index: Int) -> Job {
        history.handedOut += 1
        var job = jobs[index]
        job.attempts = committed[index].attempts
        job.attemptCount = committed[index].attemptCount
        job.partial = committed[index].partial
        job.recentFailures = committed[index].recentFailures
        job.rejected = committed[index].rejected
        job.answers = job.rejected.count
        return job
    }

    /// Gives a job the end of another, with its COMMIT; nil where they do not ask the same any more.
    fileprivate mutating func give(_ given: GivenEnd, to id: Int64) -> RunEvent.AttemptReport? {
        let (job, other) = (jobs[Int(id) - 1], jobs[Int(given.jobID) - 1])
        let index = Int(id) - 1
        guard [.pending, .interrupted].contains(committed[index].status),
            committed[Int(given.jobID) - 1].status == given.end.status,
            (job.provider, job.model, job.requestSHA256, job.sample)
                == (other.provider, other.model, other.requestSHA256, other.sample), job.check == other.check
        else { return nil }
        if open[id] != nil { complain("job \(id) is given an end while it is sent") }
        if let time = committed[index].notBefore { removeWaiting(time, id) }
        attempts += 1
        let end = AttemptEnd(taking: given.end, for: id, attemptID: attempts, at: 0)
        written[index].endpoint = nil
        written[index].apply(end)
        written[index].notBefore = nil
        written[index].attemptCount += 1
        committed[index] = written[index]
        if case .completed(let records) = end.transition { history.answers[id] = records }
        history.ends.append(end)
        return RunEvent.AttemptReport(
            customID: job.customID, source: job.source, line: job.line,
            model: ModelName(provider: job.provider, model: job.model), number: written[index].attemptCount, end: end)
    }

    fileprivate mutating func complain(_ violation: String) { history.violations.append(violation) }

    fileprivate mutating func addWaiting(_ time: Int64, _ id: Int64) {
        let model = model(id)
        let position = (waiting[model] ?? []).firstPosition { $0 >= (time, id) }
        waiting[model, default: []].insert((time, id), at: position)
    }

    fileprivate mutating func removeWaiting(_ time: Int64, _ id: Int64) {
        let model = model(id)
        guard let position = waiting[model]?.firstPosition(where: { $0 >= (time, id) }) else { return }
        waiting[model]?.remove(at: position)
    }

    private func model(_ id: Int64) -> ModelName {
        ModelName(provider: jobs[Int(id) - 1].provider, model: jobs[Int(id) - 1].model)
    }

    fileprivate mutating func commit(_ write: SimulatedJobStore.Write) {
        switch write {
        case .start(let id, let endpoint):
            let index = Int(id) - 1
            committed[index].endpoint = endpoint
            if let time = committed[index].notBefore { removeWaiting(time, id) }
            committed[index].status = .running
            committed[index].notBefore = nil
            committed[index].attemptCount += 1
        case .end(let end, _):
            let index = Int(end.jobID) - 1
            committed[index].apply(end)
            if let time = committed[index].notBefore { addWaiting(time, end.jobID) }
            if case .completed(let records) = end.transition {
                if history.answers.updateValue(records, forKey: end.jobID) != nil {
                    complain("job \(end.jobID) is completed twice")
                }
            }
        }
    }
}

extension Array {
    /// The position of the first element of a sorted array for which a condition holds, as for all after it.
    fileprivate func firstPosition(where condition: (Element) -> Bool) -> Int {
        var range = 0..<count
        while !range.isEmpty {
            let middle = (range.lowerBound + range.upperBound) / 2
            if condition(self[middle]) {
                range = range.lowerBound..<middle
            } else {
                range = middle + 1..<range.upperBound
            }
        }
        return range.lowerBound
    }
}
