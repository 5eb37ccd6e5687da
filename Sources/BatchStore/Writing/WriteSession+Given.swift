import BatchEngine
import LLMStreaming
import Synchronization

/// Ends that jobs take of others, until they are committed.
final class GivenEnds: Sendable {
    let ends: [GivenEnd]
    let runID: Int64
    private let continuation: CheckedContinuation<[RunEvent.AttemptReport], any Error>
    private let reports = Mutex<[RunEvent.AttemptReport]>([])

    init(
        _ ends: [GivenEnd], runID: Int64, _ continuation: CheckedContinuation<[RunEvent.AttemptReport], any Error>
    ) {
        self.ends = ends
        self.runID = runID
        self.continuation = continuation
    }

    /// How many jobs are to take one: each has an attempt that stands for it.
    var count: Int { ends.reduce(0) { $0 + $1.jobs.count } }

    /// Whether they are worth a commit of their own: more of them wait for it.
    var isMany: Bool { count >= 256 }

    /// About how much memory is written.
    var byteCount: Int { ends.reduce(0) { $0 + $1.end.byteCount * $1.jobs.count } }

    fileprivate func set(_ written: [RunEvent.AttemptReport]) { reports.withLock { $0 = written } }

    /// Tells who waits for it that it is committed, or is not.
    func resume(with result: Result<Void, any Error>) {
        continuation.resume(with: result.map { reports.withLock(\.self) })
    }
}

extension WriteSession {
    /// Writes the ends that jobs take of others, as far as both still ask the same.
    mutating func write(_ given: GivenEnds, firstAttemptID: Int64) throws(SQLiteFailure) {
        let find = try connection.prepare(QueueQuery.equal)
        let now = options.now
        var attemptID = firstAttemptID
        var reports: [RunEvent.AttemptReport] = []
        for gift in given.ends {
            for id in gift.jobs {
                find.bind(id, at: 1)
                find.bind(gift.jobID, at: 2)
                find.bind(gift.end.status.rawValue, at: 3)
                let job = try find.step() ? EqualJob(find) : nil
                find.reset()
                guard let job else { continue }
                let start = AttemptStart(
                    jobID: id, number: job.lastAttempt + 1, requestSHA256: job.requestSHA256, reason: gift.end.reason,
                    startedMilliseconds: now)
                let end = AttemptEnd(taking: gift.end, for: id, attemptID: attemptID, at: now)
                try write(start, end, runID: given.runID)
                reports.append(
                    RunEvent.AttemptReport(
                        customID: job.customID, source: job.source, line: job.line, model: job.model,
                        number: start.number, end: end))
                attemptID += 1
            }
        }
        given.set(reports)
    }
}

/// A job that takes the end of another.
private struct EqualJob {
    let customID: String
    let source: String
    let line: Int?
    let model: ModelName
    let requestSHA256: String
    /// The number of its newest attempt; 0 where it has none.
    let lastAttempt: Int

    /// Reads a row of `QueueQuery.equal`.
    init(_ row: borrowing Statement) {
        customID = row.text(0)
        source = row.text(1)
        line = row.optionalInteger(2).map(Int.init)
        model = ModelName(provider: row.text(3), model: row.text(4))
        requestSHA256 = row.text(5)
        lastAttempt = row.optionalCount(6) ?? 0
    }
}
