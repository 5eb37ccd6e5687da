package import LLMStreaming

/// How a job ended, as others take it that ask the same.
package enum JobEnd: Sendable {
    /// It has an answer: the rows of that.
    case completed(customID: String, [CompletionRecord])
    case failed(customID: String, LLMError)

    /// The state that a job has which ended so.
    package var status: JobStatus {
        switch self {
        case .completed: .completed
        case .failed: .failed
        }
    }

    /// Why an attempt that takes it asks nobody, in words.
    package var reason: String {
        switch self {
        case .completed(let id, _), .failed(let id, _): "job '\(id)' asked the same"
        }
    }

    /// About how much is written for each job that takes it.
    package var byteCount: Int {
        guard case .completed(_, let records) = self else { return 256 }
        // The seam holds the content once more, and the message what is not content.
        return records.reduce(512) { bytes, record in
            bytes + 2 * (record.choice.content.utf8.count + (record.choice.reasoning?.utf8.count ?? 0))
        }
    }
}

/// A job that has its answer and asked the same as another.
package struct EarlierEnd: Sendable, Equatable {
    package let jobID: Int64
    /// Whether it was answered in this run, and so is right by what this run asks.
    package let isOfThisRun: Bool

    package init(jobID: Int64, isOfThisRun: Bool) {
        self.jobID = jobID
        self.isOfThisRun = isOfThisRun
    }
}

/// The end of a job, and those that are to take it.
package struct GivenEnd: Sendable {
    package let end: JobEnd
    /// The job that ended so.
    package let jobID: Int64
    package let jobs: [Int64]

    package init(end: JobEnd, jobID: Int64, jobs: [Int64]) {
        self.end = end
        self.jobID = jobID
        self.jobs = jobs
    }
}

extension AttemptEnd {
    /// The end of a job that takes another's: nothing is sent for it.
    ///
    /// - Parameters:
    ///   - attemptID: of the attempt that stands for it.
    ///   - now: Unix milliseconds.
    package init(taking end: JobEnd, for jobID: Int64, attemptID: Int64, at now: Int64) {
        switch end {
        case .completed(let id, let records):
            let copies = records.map { $0.copied(from: id, attemptID: attemptID) }
            self.init(
                attemptID: attemptID, jobID: jobID, status: .completed, counts: false,
                result: StreamResult(outcome: .completed(Completion(copies))), error: nil, partial: nil,
                transition: .completed(copies), endedMilliseconds: now)
        case .failed(_, let error):
            self.init(
                attemptID: attemptID, jobID: jobID, status: .failed, counts: false,
                result: StreamResult(outcome: .failed(error)), error: error, partial: nil, transition: .failed,
                endedMilliseconds: now)
        }
        isTaken = true
    }
}

extension CompletionRecord {
    /// The row as another job's answer.
    ///
    /// All of its content is `restored`, so that it is told by its own row alone: the pieces are the other job's, which may
    /// be deleted, or be in another database after a merge.
    ///
    /// - Parameter id: the job that has the answer; where that is a copy itself, the one that was sent stays the source.
    func copied(from id: String, attemptID: Int64) -> CompletionRecord {
        var copy = self
        copy.copiedFrom = copiedFrom ?? id
        copy.seams = [Seam(attemptID: attemptID, choice: choice.index, kept: 0, restored: choice.content)]
        return copy
    }
}
