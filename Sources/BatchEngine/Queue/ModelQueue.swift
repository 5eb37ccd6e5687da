/// What a run holds of one model's queue: the next jobs, how far it was read, and when the next waiting one is due.
///
/// A value that decides; the runner asks the store.
struct ModelQueue: Sendable {
    /// When a waiting job may be sent.
    private enum NextDue: Equatable {
        case unknown
        case none
        /// Unix milliseconds.
        case at(Int64)
    }

    /// The number up to which jobs that never waited have been read.
    private(set) var cursor = Int64.min
    /// Jobs that were sent in this run and wait for another attempt.
    private(set) var waiting: Set<Int64> = []
    /// All with the next job last; what the user wants next goes before all others.
    private var asked: [Job] = []
    private var due: [Job] = []
    /// In an order of their own.
    var fresh: FreshJobs
    /// Which of these come next, and where they go, where that was found.
    var pick: (group: FreshJobs.Group, endpoint: Int)?
    /// How many new jobs are to be at hand, and of how many bytes at most, where those that begin alike stand together.
    var readAhead = (jobs: 0, bytes: 0)
    /// Jobs beyond the cursor that were taken out of their turn: they are not taken again when it comes.
    private var early: Set<Int64> = []
    /// Whether all jobs that never waited were read.
    private var isFreshRead = false
    private var nextDue = NextDue.unknown
    /// Whether a job ended since the store was asked for those that are due: what it told may be old.
    private var hasChanged = false
    /// Its waiting jobs by their times, once no others may be taken up; nil before.
    private(set) var retries: RetryTimes?
    /// Whether the store may have waiting jobs that this run did not send and that nobody has noticed.
    private var mayHaveOthers = true
    /// Whether a new job goes before a retry: they take turns, so that neither starves the other.
    private var isNewsTurn = false

    /// - Parameters:
    ///   - order: that of jobs that never waited.
    ///   - asksForCache: whether only a request that asks for it has its beginning kept.
    init(_ order: EndpointChoice.Order = .input, asksForCache: Bool = false) {
        fresh = FreshJobs(order, asksForCache: asksForCache)
    }

    /// Whether a job is at hand.
    var isEmpty: Bool { due.isEmpty && fresh.isEmpty && asked.isEmpty }

    /// Whether a job is at hand that the user wants next.
    var hasAsked: Bool { !asked.isEmpty }

    /// The number of the job that would be taken next.
    var headID: Int64? { withHead { $0.id } }

    /// Looks at the job that would be taken next, in its place: a copy would cost more than most looks.
    func withHead<Result>(_ body: (borrowing Job) -> Result) -> Result? {
        if hasAsked { return body(asked[asked.count - 1]) }
        if isRetryNext { return body(due[due.count - 1]) }
        return nextGroup.flatMap { fresh.withHead(of: $0, body) }
    }

    var isRetryNext: Bool { !due.isEmpty && (fresh.isEmpty || !isNewsTurn) }

    /// Whether the store must be asked before the next job is known.
    ///
    /// - Parameter isAhead: whether more may be read than is needed now.
    func needsReading(at now: Int64, isAhead: Bool = true) -> Bool {
        guard isEmpty else { return isAhead && !isFreshRead && hasRoomAhead }
        return !isFreshRead || isDueUnread(at: now)
    }

    /// Whether waiting jobs may be due that were not read.
    func isDueUnread(at now: Int64) -> Bool {
        switch nextDue {
        case .unknown: true
        case .none: false
        case .at(let time): time <= now
        }
    }

    /// Whether jobs that never waited are left to be read.
    var isFreshUnread: Bool { !isFreshRead }

    /// When the next waiting job is due, in Unix milliseconds; nil where none waits, as far as is known.
    var nextDueTime: Int64? { if case .at(let time) = nextDue { time } else { nil } }

    /// The store is about to be asked for the jobs that are due: what ends until it answers is not in its answer.
    mutating func ask() { hasChanged = false }

    /// Adds what the store has: waiting jobs whose time has come.
    ///
    /// - Parameters:
    ///   - next: when the next is due, asked where there were none; nil where none waits.
    ///   - count: how many the store had, where not all of them are to be sent.
    mutating func add(due jobs: [Job], next: Int64?, of count: Int? = nil) {
        // What is there was taken back while the store was asked.
        due = jobs.reversed() + due
        if hasAsked { due.removeAll { job in asked.contains { $0.id == job.id } } }
        nextDue = (count ?? jobs.count) == 0 && !hasChanged ? next.map(NextDue.at) ?? .none : .unknown
    }

    // MARK: Once no other jobs may be taken up

    /// Begins to keep the times of its waiting jobs; those that wait already are to be added.
    ///
    /// - Returns: whether it had not begun before.
    mutating func keepRetries() -> Bool {
        if retries != nil { return false }
        retries = RetryTimes()
        return true
    }

    /// Adds the times of jobs that wait.
    mutating func add(_ waiting: [RetryTimes.Retry]) { retries?.add(waiting) }

    /// Removes and returns the times of the retries that are due.
    mutating func takeDueRetries(at now: Int64, limit: Int) -> [RetryTimes.Retry] {
        retries?.takeDue(at: now, limit: limit) ?? []
    }

    /// Whether the store is to be asked for waiting jobs that this run did not send; once, until more may be stored.
    mutating func looksForOthers() -> Bool {
        defer { mayHaveOthers = false }
        return mayHaveOthers
    }

    // MARK: Changes

    /// Has another job go before the next one, which has to wait: a new one before a retry or the other way round, else the
    /// next retry.
    ///
    /// - Returns: whether there is one.
    mutating func passOver() -> Bool {
        if hasAsked || due.isEmpty { return false }
        if !fresh.isEmpty {
            isNewsTurn.toggle()
            return true
        }
        guard let last = due.popLast() else { return false }
        due.insert(last, at: 0)
        return due.count > 1
    }

    /// Notes how far the store was read for jobs that never waited.
    ///
    /// - Parameter jobs: the next ones; none where there are no more.
    /// - Returns: those of them that were not taken out of their turn.
    mutating func note(read jobs: [Job]) -> [Job] {
        if let last = jobs.last { cursor = last.id } else { isFreshRead = true }
        return early.isEmpty ? jobs : jobs.filter { early.remove($0.id) == nil }
    }

    /// Adds jobs that are to be sent, before all others that never waited.
    mutating func add(next jobs: [Job]) {
        for job in jobs.reversed() { fresh.putBack(job) }
        for job in jobs where job.id > cursor { early.insert(job.id) }
    }

    /// Adds jobs that the user wants next, behind those that were wanted earlier; none of them is in work.
    mutating func add(asked jobs: [Job]) {
        let ids = Set(jobs.map(\.id))
        for others in [\ModelQueue.asked, \.due] { self[keyPath: others].removeAll { ids.contains($0.id) } }
        fresh.remove { ids.contains($0) }
        for id in ids {
            retries?.remove(id)
            if id > cursor { early.insert(id) }
        }
        asked = jobs.reversed() + asked
    }

    /// Takes a job back that was to be sent again at once: it comes next, as one that waited.
    mutating func takeBack(_ job: Job) {
        waiting.insert(job.id)
        due.append(job)
    }

    /// A job is not sent in this run any more.
    mutating func forget(_ id: Int64) {
        waiting.remove(id)
        retries?.remove(id)
    }

    /// More jobs may have been stored.
    mutating func refresh() {
        isFreshRead = false
        nextDue = .unknown
        mayHaveOthers = true
    }

    /// What is known of waiting jobs does not hold any more.
    mutating func lookAgain() {
        nextDue = .unknown
        hasChanged = true
    }

    /// Removes the head.
    ///
    /// - Parameters:
    ///   - endpoint: where it is sent; nil where it is not.
    ///   - now: since the run's start.
    /// - Returns: the job, and whether it waited.
    mutating func take(for endpoint: Int? = nil, at now: Duration = .zero) -> (job: Job, waited: Bool)? {
        if hasAsked || isRetryNext {
            if !hasAsked { isNewsTurn = true }
            guard let job = hasAsked ? asked.popLast() : due.popLast() else { return nil }
            if let endpoint { fresh.began(job.id, fresh.chain(of: job), at: endpoint, at: now) }
            return (job, true)
        }
        isNewsTurn = false
        return takeFresh(for: endpoint, at: now).map { ($0, false) }
    }

    /// A job is taken up.
    ///
    /// - Returns: whether it was sent in this run before.
    mutating func begin(_ id: Int64) -> Bool { waiting.remove(id) != nil }

    /// A job's end is committed, or that it waits until Unix milliseconds.
    mutating func finish(_ id: Int64, waitsUntil due: Int64?) {
        if let due {
            waiting.insert(id)
            retries?.add(RetryTimes.Retry(jobID: id, due: due))
        }
        nextDue = .unknown
        hasChanged = true
    }

    /// No more of its jobs are sent.
    mutating func close() {
        (asked, due) = ([], [])
        fresh.remove { _ in true }
        waiting = []
        if retries != nil { retries = RetryTimes() }
    }
}
