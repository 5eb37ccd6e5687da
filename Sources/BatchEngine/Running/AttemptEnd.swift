package import LLMStreaming

/// How an attempt ended and what follows for its job: one transaction.
package struct AttemptEnd: Sendable {
    /// What becomes of the job.
    package enum JobTransition: Sendable {
        /// It is done; the rows of its answers.
        case completed([CompletionRecord])
        /// It waits for another try, until Unix milliseconds, or may run at once (nil).
        ///
        /// Its state is `interrupted` where the attempt, or an earlier one, left partial text that can be used, else
        /// `pending`.
        case waiting(until: Int64?, hasPartial: Bool)
        /// It will not be tried again by itself.
        case failed
    }

    package var attemptID: Int64
    package var jobID: Int64
    /// Its last chunks, as far as they were not stored before.
    package var tail = AnswerTail()
    package var status: AttemptStatus
    /// Whether the attempt counts against the job's attempts.
    package var counts: Bool
    /// Whether the job's count of attempts is set to 0 first: the answer is longer than ever before (SPEC 7).
    package var resetsAttempts: Bool
    package var result: StreamResult
    /// Why it failed, as stored and shown; nil for a completed one.
    package var error: LLMError?
    /// What is left of the answer so far; nil for a completed attempt and where nothing came.
    package var partial: StoredPartial?
    /// How many scalars of the answer's beginning were found twice at the seam and removed.
    package var overlapScalars: Int?
    package var transition: JobTransition
    /// What it cost in US dollars: the provider's own figure, else by the price table; nil where that is not known.
    package var costUSD: Double?
    /// Unix milliseconds.
    package var endedMilliseconds: Int64

    package init(
        attemptID: Int64, jobID: Int64, status: AttemptStatus, counts: Bool, result: StreamResult, error: LLMError?,
        partial: StoredPartial?, overlapScalars: Int? = nil, transition: JobTransition, endedMilliseconds: Int64,
        resetsAttempts: Bool = false
    ) {
        self.attemptID = attemptID
        self.jobID = jobID
        self.status = status
        self.counts = counts
        self.resetsAttempts = resetsAttempts
        self.result = result
        self.error = error
        self.partial = partial
        self.overlapScalars = overlapScalars
        self.transition = transition
        self.endedMilliseconds = endedMilliseconds
    }

    /// Whether the job waits for a time to be sent again.
    package var waits: Bool { waitsUntil != nil }

    /// When the job may be sent again, in Unix milliseconds; nil where it waits for no time.
    package var waitsUntil: Int64? {
        if case .waiting(let until, _) = transition { until } else { nil }
    }
}
