/// The tasks of a run that work on jobs, and the jobs that are handed to them.
///
/// Tasks are kept for their next job: a task group looks through all its tasks when one ends.
struct Workers: ~Copyable {
    /// Jobs whose task has not begun: it takes its job from here, so that nothing else holds the request's bytes.
    private var starting: [Int64: Job] = [:]
    /// Tasks that wait for their next job.
    private var idle: [CheckedContinuation<Job?, Never>] = []
    private var isOver = false

    /// Hands a job to a task that waits.
    ///
    /// - Returns: whether there is none: one is to be begun with `first`.
    mutating func hand(_ job: consuming Job) -> Bool {
        guard let worker = idle.popLast() else {
            let id = job.id
            starting[id] = job
            return true
        }
        worker.resume(returning: job)
        return false
    }

    /// The job that a new task is begun for.
    mutating func first(_ id: Int64) -> Job? { starting.removeValue(forKey: id) }

    /// Takes a task that waits for its next job; nil is that there is none any more.
    mutating func wait(_ worker: CheckedContinuation<Job?, Never>) {
        if isOver { worker.resume(returning: nil) } else { idle.append(worker) }
    }

    /// Ends the tasks that wait.
    mutating func dismiss() {
        isOver = true
        for worker in idle { worker.resume(returning: nil) }
        idle = []
    }
}
