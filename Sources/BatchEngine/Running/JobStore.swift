package import LLMStreaming

/// Where jobs wait and answers are kept: SQLite in a run, memory in a simulation.
///
/// The queue is the store: the runner holds only the jobs it works on. Writes are queued and grouped; reads see what
/// was committed. The order of the calls is the order of the writes.
package protocol JobStore: Sendable {
    /// The lanes of all jobs that can still run, in scope or not.
    func lanes() async throws -> [ModelName]

    /// The next jobs of a lane in scope that never waited for a retry, in their order: `pending` or `interrupted`,
    /// numbered above `jobID`, with no time to wait for.
    ///
    /// They may be fewer than `limit` where they are large; none means that there are none now. Jobs that come into
    /// scope while a run is on are numbered above all that were there.
    func nextJobs(in lane: ModelName, after jobID: Int64, limit: Int) async throws -> [Job]

    /// The jobs of a lane in scope whose waiting time is over at `now` (Unix milliseconds), the longest waiting first.
    ///
    /// With `now` at its greatest they are all that wait. They may be fewer than `limit` where they are large; none
    /// means that there are none.
    func dueJobs(in lane: ModelName, at now: Int64, limit: Int, excluding running: Set<Int64>) async throws -> [Job]

    /// Of the waiting jobs of a lane in scope those with these numbers, and when each is due, in Unix milliseconds.
    func waitingTimes(of jobs: Set<Int64>, in lane: ModelName) async throws -> [RetryTimes.Retry]

    /// Of these jobs of a lane those in scope whose waiting time is over at `now`, in the order of their numbers here.
    ///
    /// They may be only the first of them where they are large.
    func dueJobs(among jobs: [Int64], in lane: ModelName, at now: Int64) async throws -> [Job]

    /// When the next waiting job of a lane in scope is due, in Unix milliseconds, the running ones left out; nil if none
    /// waits.
    func nextDueTime(in lane: ModelName, excluding running: Set<Int64>) async throws -> Int64?

    /// Queues the row of a new attempt, and that its job runs, and returns the attempt's number in the database.
    func startAttempt(_ start: AttemptStart) -> Int64

    /// Queues chunks of an attempt; called on event loops.
    ///
    /// - Parameter sequence: the number of the first one within its attempt, from 0, without gaps.
    /// - Returns: whether the queue has room for more.
    func storeChunks(
        _ chunks: [StreamedChunk], of attemptID: Int64, from sequence: Int, atMicroseconds microseconds: Int64
    ) -> Bool

    /// Calls the closure once when the queue has room; at once if it has now.
    func whenThereIsRoom(_ resume: @escaping @Sendable () -> Void)

    /// Writes an attempt's end, its job's new state and its completion in one transaction; returns after COMMIT, also
    /// in a cancelled task.
    func endAttempt(_ end: AttemptEnd) async throws
}
