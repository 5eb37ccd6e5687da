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
    /// Both with the next job last.
    private var due: [Job] = []
    private var fresh: [Job] = []
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

    /// Whether a job is at hand.
    var isEmpty: Bool { due.isEmpty && fresh.isEmpty }

    /// The number of the job that would be taken next.
    var headID: Int64? { withHead { $0.id } }

    /// Looks at the job that would be taken next, in its place: a copy would cost more than most looks.
    func withHead<Result>(_ body: (borrowing Job) -> Result) -> Result? {
        if isRetryNext { return body(due[due.count - 1]) }
        return fresh.isEmpty ? nil : body(fresh[fresh.count - 1])
    }

    private var isRetryNext: Bool { !due.isEmpty && (fresh.isEmpty || !isNewsTurn) }

    /// Whether the store must be asked before the next job is known.
    func needsReading(at now: Int64) -> Bool {
        guard due.isEmpty, fresh.isEmpty else { return false }
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
    /// - Parameter next: when the next is due, asked where there were none; nil where none waits.
    mutating func add(due jobs: [Job], next: Int64?) {
        due = jobs.reversed()
        nextDue = jobs.isEmpty && !hasChanged ? next.map(NextDue.at) ?? .none : .unknown
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

    /// Adds the next jobs that never waited; none where there are no more.
    mutating func add(fresh jobs: [Job]) {
        if let last = jobs.last { cursor = last.id } else { isFreshRead = true }
        fresh = jobs.reversed()
    }

    /// More jobs may have been stored.
    mutating func refresh() {
        isFreshRead = false
        nextDue = .unknown
        mayHaveOthers = true
    }

    /// What is known of waiting jobs does not hold any more.
    mutating func lookAgain() { nextDue = .unknown }

    /// Removes the head.
    ///
    /// - Returns: the job, and whether it waited.
    mutating func take() -> (job: Job, waited: Bool)? {
        if isRetryNext {
            isNewsTurn = true
            return due.popLast().map { ($0, true) }
        }
        isNewsTurn = false
        return fresh.popLast().map { ($0, false) }
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
        due = []
        fresh = []
        waiting = []
        if retries != nil { retries = RetryTimes() }
    }
}

/// The jobs that wait for another attempt, by the time at which they are due.
///
/// Kept only once no other jobs may be taken up: until then the store is asked, which may have many that wait from
/// earlier runs.
package struct RetryTimes: Sendable {
    /// A job that waits.
    package struct Retry: Sendable, Equatable {
        package var jobID: Int64
        /// Unix milliseconds.
        package var due: Int64

        package init(jobID: Int64, due: Int64) {
            self.jobID = jobID
            self.due = due
        }
    }

    /// With the next one last.
    private var retries: [Retry] = []

    /// When the next is due; nil where none waits.
    var next: Int64? { retries.last?.due }

    /// Adds one.
    mutating func add(_ retry: Retry) {
        var range = 0..<retries.count
        while !range.isEmpty {
            let middle = (range.lowerBound + range.upperBound) / 2
            range =
                retries[middle].due > retry.due ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        retries.insert(retry, at: range.lowerBound)
    }

    /// Adds several.
    mutating func add(_ others: [Retry]) {
        retries += others
        retries.sort { $0.due > $1.due }
    }

    /// Removes and returns those that are due, the longest waiting first.
    mutating func takeDue(at now: Int64, limit: Int) -> [Retry] {
        var due: [Retry] = []
        while due.count < limit, let last = retries.last, last.due <= now {
            due.append(last)
            retries.removeLast()
        }
        return due
    }
}
