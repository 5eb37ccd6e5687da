/// What a run holds of the queue that the store is: which jobs are in work, which come next, which it leaves alone.
///
/// A value that decides; the runner asks the store. It grows with the jobs in work and with the numbers of those that
/// wait for another try.
struct AdmissionWindow {
    /// Jobs that the store shall not hand out: those in work, whose last change may not be committed yet, and waiting
    /// ones that this run leaves alone.
    private(set) var excluded: Set<Int64> = []
    /// How many jobs are in work: taken, and their last change not committed yet.
    private(set) var inWork = 0
    /// Jobs that were tried in this run and wait for another try.
    private(set) var waiting: Set<Int64> = []
    /// The number up to which jobs that never waited have been read.
    private(set) var cursor: Int64 = 0
    /// Providers that get no more requests, with the reason.
    private(set) var stoppedProviders: [String: String] = [:]
    /// Whether a job was left alone since as many were taken up as the user allows.
    private(set) var isOverMaximum = false
    private let maximumJobs: Int?
    private var takenUp = 0
    /// Both with the next job last.
    private var due: [Job] = []
    private var fresh: [Job] = []

    /// A window on a queue.
    ///
    /// - Parameter maximumJobs: the most jobs to take up; nil for all.
    init(maximumJobs: Int?) { self.maximumJobs = maximumJobs }

    /// Whether there may be waiting jobs that this run leaves alone and must not wait for.
    var leavesJobsAlone: Bool { !stoppedProviders.isEmpty || isFull }

    /// Takes what the store handed out, once `take()` gave nil: waiting jobs whose time has come, and jobs that never
    /// waited.
    mutating func add(due: [Job], fresh: [Job]) {
        if let last = fresh.last { cursor = last.id }
        self.due = due.reversed()
        self.fresh = fresh.reversed()
    }

    /// Hands out the next job that may be sent now, retries first; nil where more must be read.
    mutating func take() -> Job? {
        while let job = due.popLast() {
            if leaves(job) { continue }
            return begin(job)
        }
        while let job = fresh.popLast() {
            // Left alone, it is behind the cursor: the store does not hand it out again. One in work is seen here where
            // it does not wait between two tries.
            if isStopped(job) || excluded.contains(job.id) { continue }
            if isNew(job), isFull {
                isOverMaximum = true
                continue
            }
            return begin(job)
        }
        return nil
    }

    /// Whether all of these waiting jobs are left alone; those up to the first that is not are excluded from now on.
    mutating func leaves(_ jobs: [Job]) -> Bool { jobs.allSatisfy { leaves($0) } }

    /// A job's end, or that it waits, is committed.
    mutating func finish(_ id: Int64, waits: Bool) {
        guard excluded.remove(id) != nil else { preconditionFailure("job \(id) is not in work") }
        inWork -= 1
        if waits { waiting.insert(id) }
    }

    /// No more of a provider's jobs are handed out.
    mutating func stop(_ provider: String, reason: String) {
        if stoppedProviders[provider] == nil { stoppedProviders[provider] = reason }
    }

    private var isFull: Bool { maximumJobs.map { takenUp >= $0 } ?? false }

    private func isStopped(_ job: Job) -> Bool { stoppedProviders[job.provider] != nil }

    private func isNew(_ job: Job) -> Bool { !waiting.contains(job.id) }

    private mutating func leaves(_ job: Job) -> Bool {
        let isOver = isNew(job) && isFull
        guard isStopped(job) || isOver else { return false }
        if isOver { isOverMaximum = true }
        excluded.insert(job.id)
        waiting.remove(job.id)
        return true
    }

    private mutating func begin(_ job: Job) -> Job {
        if waiting.remove(job.id) == nil { takenUp += 1 }
        excluded.insert(job.id)
        inWork += 1
        return job
    }
}
