import Synchronization

/// Runs tasks and the actors they call one after the other on the thread that drains it: the same seed gives the same
/// run, and when nothing is left to run everybody waits for the clock.
final class SimulationExecutor: TaskExecutor {
    private struct Queue {
        var jobs: [UnownedJob] = []
        var head = 0
    }

    private let queue = Mutex(Queue())

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.withLock { $0.jobs.append(job) }
    }

    /// Runs what is there and what that brings.
    ///
    /// - Returns: whether an end was found within `maximumJobs`; a task that spins finds none.
    func drain(maximumJobs: Int) -> Bool {
        for _ in 0..<maximumJobs {
            guard let job = next() else { return true }
            unsafe job.runSynchronously(on: asUnownedTaskExecutor())
        }
        return false
    }

    private func next() -> UnownedJob? {
        queue.withLock { queue in
            guard queue.head < queue.jobs.count else {
                queue.jobs.removeAll(keepingCapacity: true)
                queue.head = 0
                return nil
            }
            queue.head += 1
            return queue.jobs[queue.head - 1]
        }
    }
}
