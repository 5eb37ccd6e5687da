package import LLMStreaming

/// Where jobs wait and answers are stored: SQLite in a run, memory in a simulation.
///
/// The queue is the store: the runner holds only the jobs it works on. Writes are queued and grouped; reads see what
/// was committed. The order of the calls is the order of the writes.
package protocol JobStore: Sendable {
    /// The models of all jobs that can still run, in scope or not.
    func models() async throws -> [ModelName]

    /// The next jobs of a model in scope that never waited for a retry, in their order: `pending` or `interrupted`,
    /// numbered above `jobID`, with no time to wait for.
    ///
    /// There may be fewer than `limit` where they are large; an empty page means that there are none now. Jobs that
    /// come into scope during a run are numbered above all that were there.
    func nextJobs(for model: ModelName, after jobID: Int64, limit: Int) async throws -> [Job]

    /// The jobs of a model in scope whose waiting time is over at `now` (Unix milliseconds), the longest waiting first.
    ///
    /// With `now` at its greatest these are all that wait. There may be fewer than `limit` where they are large; an
    /// empty page means that there are none.
    func dueJobs(for model: ModelName, at now: Int64, limit: Int, excluding running: Set<Int64>) async throws -> [Job]

    /// The waiting jobs of a model in scope that have these numbers, and when each is due, in Unix milliseconds.
    func waitingTimes(of jobs: Set<Int64>, for model: ModelName) async throws -> [RetryTimes.Retry]

    /// Those of these jobs of a model that are in scope and whose waiting time is over at `now`, in the order given
    /// here.
    ///
    /// They may be only the first of them where they are large.
    func dueJobs(among jobs: [Int64], for model: ModelName, at now: Int64) async throws -> [Job]

    /// Those of these jobs that are in scope and can run, whether or not they wait, in the order given here.
    ///
    /// They may be only the first of them where they are large.
    func jobs(_ ids: [Int64]) async throws -> [Job]

    /// The completed jobs, in scope or not, that asked the same as these: the same provider, model, request, check and
    /// number of the sample; one for each of these that has any, by their numbers.
    func answered(_ jobs: [Job]) async throws -> [Int64: EarlierEnd]

    /// How a job has ended; nil where it has not completed or failed, or its answer is gone.
    func end(ofJob jobID: Int64) async throws -> JobEnd?

    /// Gives jobs that can run the ends of others, as far as both still ask the same; returns, once it is committed, what
    /// became of each that took one.
    func give(_ ends: [GivenEnd]) async throws -> [RunEvent.AttemptReport]

    /// Notes that jobs wait for no time any more: they are handed out as those are that never waited.
    func endWaits(of jobs: [Int64]) async throws

    /// The metadata of a job, JSON; nil where it has none.
    func metadata(of jobID: Int64) async throws -> [UInt8]?

    /// When the next waiting job of a model in scope is due, in Unix milliseconds, the running ones left out; nil where
    /// none waits.
    func nextDueTime(for model: ModelName, excluding running: Set<Int64>) async throws -> Int64?

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

/// Where answers come from: the network in a run, a script in a simulation.
package protocol CompletionSource: Sendable {
    associatedtype Attempt: CompletionAttempt

    /// Makes one request ready to be sent, with the receiver of its chunks; the request is then the attempt's alone.
    func attempt(_ request: consuming ProviderRequest, to endpoint: Endpoint, receiver: any ChunkReceiver) -> Attempt
}

/// One request that is ready to be sent.
package protocol CompletionAttempt: AnyObject, Sendable {
    /// Sends it. To be called once.
    ///
    /// - Parameter onEnd: called once, on any thread, when its stream has ended, one way or the other.
    func run(onEnd: @escaping @Sendable (StreamResultBox) -> Void)

    /// Ends the stream, at any time and from any thread, also before it is sent; the result is then of kind `cancelled`,
    /// with what came until then. No other stream ends so.
    func cancel()
}
