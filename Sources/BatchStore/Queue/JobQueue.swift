package import BatchEngine
package import LLMStreaming

/// The jobs in a run's scope, and where its writes go: the store of a runner, over SQLite.
package struct JobQueue: JobStore {
    private let reader: BatchReader
    private let writer: Writer
    private let scope: JobScope
    private let runID: Int64

    init(reader: BatchReader, writer: Writer, scope: JobScope, runID: Int64) {
        self.reader = reader
        self.writer = writer
        self.scope = scope
        self.runID = runID
    }

    package func lanes() async throws -> [ModelName] { try await reader.lanes() }

    package func nextJobs(in lane: ModelName, after jobID: Int64, limit: Int) async throws -> [Job] {
        try await reader.nextJobs(in: lane, after: jobID, limit: limit, in: scope)
    }

    package func dueJobs(
        in lane: ModelName, at now: Int64, limit: Int, excluding running: Set<Int64>
    ) async throws -> [Job] {
        try await reader.dueJobs(in: lane, at: now, limit: limit, excluding: running, in: scope)
    }

    package func waitingTimes(of jobs: Set<Int64>, in lane: ModelName) async throws -> [RetryTimes.Retry] {
        try await reader.waitingTimes(of: jobs, in: lane, in: scope)
    }

    package func dueJobs(among jobs: [Int64], in lane: ModelName, at now: Int64) async throws -> [Job] {
        try await reader.dueJobs(among: jobs, in: lane, at: now, in: scope)
    }

    package func nextDueTime(in lane: ModelName, excluding running: Set<Int64>) async throws -> Int64? {
        try await reader.nextDueTime(in: lane, excluding: running, in: scope)
    }

    package func startAttempt(_ start: AttemptStart) -> Int64 {
        let (attemptID, wake) = writer.queue.append(start, runID: runID)
        writer.heed(wake)
        return attemptID
    }

    package func storeChunks(
        _ chunks: [StreamedChunk], of attemptID: Int64, from sequence: Int, atMicroseconds microseconds: Int64
    ) -> Bool {
        let (hasRoom, wake) = writer.queue.append(
            chunks, of: attemptID, from: sequence, atMicroseconds: microseconds)
        writer.heed(wake)
        return hasRoom
    }

    package func whenThereIsRoom(_ resume: @escaping @Sendable () -> Void) { writer.queue.whenThereIsRoom(resume) }

    package func endAttempt(_ end: AttemptEnd) async throws {
        try await withCheckedThrowingContinuation { writer.heed(writer.queue.append(end, $0)) }
    }
}
