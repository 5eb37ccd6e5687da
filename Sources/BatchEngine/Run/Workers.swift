import LLMStreaming
import Synchronization

/// The tasks of a run that work on jobs, and what is handed to them.
///
/// A job whose stream is open has no task, whose memory is more than 2 KB: the stream's end is handed to whoever is free.
/// Tasks are kept for what comes next, as many as were ever needed at once: a task group looks through all its tasks when
/// one ends.
final class Workers: Sendable {
    private struct State {
        /// The jobs to work on that nobody has taken yet, in order, from `head` on.
        var jobs: [Int64] = []
        var head = 0
        /// How the streams of those ended that had one: taken from here, nothing else holds what an answer holds.
        var ends: [Int64: StreamResultBox] = [:]
        /// Tasks that wait for their next job.
        var idle: [CheckedContinuation<Int64?, Never>] = []
        /// How many more tasks are needed.
        var wanted = 0
        /// Who starts them, while it waits: to be told whether one is needed, or the run is over.
        var starter: CheckedContinuation<Bool, Never>?
        var isOver = false

        /// The first job that nobody has taken.
        mutating func takeJob() -> Int64? {
            guard head < jobs.count else { return nil }
            head += 1
            let job = jobs[head - 1]
            if head == jobs.count {
                jobs.removeAll(keepingCapacity: true)
                head = 0
            }
            return job
        }
    }

    /// Who is to be woken.
    private typealias Waiting = (
        worker: CheckedContinuation<Int64?, Never>?, starter: CheckedContinuation<Bool, Never>?
    )

    private let state = Mutex(State())

    /// Hands a job over, from any thread; to a task that waits if there is one.
    ///
    /// - Parameter end: how its stream ended; nil where it has none yet.
    func hand(_ job: Int64, _ end: StreamResultBox? = nil) {
        let waiting = state.withLock { state -> Waiting in
            state.ends[job] = end
            if let worker = state.idle.popLast() { return (worker, nil) }
            state.jobs.append(job)
            guard let starter = state.starter.take() else {
                state.wanted += 1
                return (nil, nil)
            }
            return (nil, starter)
        }
        waiting.worker?.resume(returning: job)
        waiting.starter?.resume(returning: true)
    }

    /// How the stream of a job ended that was handed to the task that asks; nil where it has none yet.
    func takeEnd(of job: Int64) -> StreamResultBox? { state.withLock { $0.ends.removeValue(forKey: job) } }

    /// Starts tasks as they are needed, until the run is over and they have ended.
    ///
    /// - Parameter work: works on a job that was handed over.
    func run(_ work: @escaping @Sendable (Int64) async -> Void) async {
        await withDiscardingTaskGroup { group in
            while await isAnotherNeeded() {
                group.addTask { while let job = await self.next() { await work(job) } }
            }
        }
    }

    /// Ends the tasks, once nothing more is handed over.
    func dismiss() {
        let (idle, starter) = state.withLock { state in
            state.isOver = true
            defer { state.idle = [] }
            return (state.idle, state.starter.take())
        }
        for worker in idle { worker.resume(returning: nil) }
        starter?.resume(returning: false)
    }

    /// Waits until another task is needed, also in a cancelled task: streams still end.
    ///
    /// - Returns: false where the run is over.
    private func isAnotherNeeded() async -> Bool {
        await withCheckedContinuation { starter in
            let answer: Bool? = state.withLock { state in
                if state.wanted > 0 {
                    state.wanted -= 1
                    return true
                }
                if state.isOver { return false }
                state.starter = starter
                return nil
            }
            if let answer { starter.resume(returning: answer) }
        }
    }

    /// Waits for the next job that is handed over; nil where the run is over.
    private func next() async -> Int64? {
        await withCheckedContinuation { worker in
            let (job, isOver) = state.withLock { state -> (Int64?, Bool) in
                if let job = state.takeJob() { return (job, false) }
                if !state.isOver { state.idle.append(worker) }
                return (nil, state.isOver)
            }
            if job != nil || isOver { worker.resume(returning: job) }
        }
    }
}
