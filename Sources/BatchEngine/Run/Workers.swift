/// The tasks of a run that work on jobs, and the jobs that are handed to them.
///
/// Tasks are kept for their next job: a task group looks through all its tasks when one ends.
struct Workers: ~Copyable {
    /// The jobs that were handed over and not taken yet: taken from here, nothing else holds the request's bytes.
    private var handed: [Int64: Job] = [:]
    /// Tasks that wait for their next job.
    private var idle: [CheckedContinuation<Int64?, Never>] = []
    private var isOver = false

    /// Hands a job over, to a task that waits if there is one.
    ///
    /// - Returns: whether there is none, and the caller must start one.
    mutating func hand(_ job: consuming Job) -> Bool {
        let id = job.id
        handed[id] = job
        guard let worker = idle.popLast() else { return true }
        worker.resume(returning: id)
        return false
    }

    /// The job that was handed to the task that asks.
    mutating func take(_ id: Int64) -> Job {
        guard let job = handed.removeValue(forKey: id) else { preconditionFailure("job \(id) was handed to nobody") }
        return job
    }

    /// Adds a task that waits for its next job; it gets nil once the run is over.
    mutating func wait(_ worker: CheckedContinuation<Int64?, Never>) {
        if isOver { worker.resume(returning: nil) } else { idle.append(worker) }
    }

    /// Ends the tasks that wait.
    mutating func dismiss() {
        isOver = true
        for worker in idle { worker.resume(returning: nil) }
        idle = []
    }
}
