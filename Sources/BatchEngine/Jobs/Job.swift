/// A job that can run now, as the queue in the database hands it out.
package struct Job: Sendable {
    package var id: Int64
    package var customID: String
    /// The file it came from, as the user named it.
    package var source: String
    /// Its line there, from 1; nil when the file no longer has it.
    package var line: Int?
    package var provider: String
    package var model: String
    package var requestSHA256: String
    /// The request as given: what `JobRequest` reads.
    package var request: [UInt8]
    /// The attempts that counted so far.
    package var attempts: Int
    /// All attempts so far: the next one's number less 1.
    package var attemptCount: Int
    /// What an earlier attempt left of the same request.
    package var partial: StoredPartial? {
        get { kept?.partial }
        set { kept = newValue.map(KeptPartial.init) }
    }
    /// Behind a reference, since few jobs have any and each open stream keeps its job.
    private var kept: KeptPartial?
    /// How its newest attempts that counted failed, the newest first; at most two.
    package var recentFailures: [RecentFailure] = []
    /// What its line says a right answer is, JSON; nil where it says nothing.
    package var check: [UInt8]?
    /// How many of its answers were rejected since it was stored or revived: those that count against the most answers.
    package var answers = 0
    /// The rejected ones among them, the newest first.
    package var rejected: [RejectedAnswer] = []
    /// Which of its line's samples it is, from 1; nil where the line is one job.
    package var sample: Int?

    package init(
        id: Int64, customID: String, source: String, line: Int?, provider: String, model: String,
        requestSHA256: String, request: [UInt8], attempts: Int = 0, attemptCount: Int = 0,
        partial: StoredPartial? = nil
    ) {
        self.id = id
        self.customID = customID
        self.source = source
        self.line = line
        self.provider = provider
        self.model = model
        self.requestSHA256 = requestSHA256
        self.request = request
        self.attempts = attempts
        self.attemptCount = attemptCount
        self.partial = partial
    }
}

/// What an attempt left, shared by the copies of its job.
private final class KeptPartial: Sendable {
    let partial: StoredPartial

    init(_ partial: StoredPartial) { self.partial = partial }
}

/// The states of a job; the same words stand in the CHECK constraint of the table `jobs` (The database, "Tables").
///
/// ```
/// pending ──► running ──► completed
///    ▲           │ ├────► failed ──(retry)──► pending / interrupted
///    └───────────┤ └────► cancelled
/// interrupted ◄──┘ (partial text is kept)   interrupted ──► running
/// ```
package enum JobStatus: String, Sendable, Hashable, CaseIterable {
    case pending, running, interrupted, completed, failed, cancelled
}

/// The states of an attempt, as in the CHECK constraint of the table `attempts`.
package enum AttemptStatus: String, Sendable, Hashable, CaseIterable {
    case running, completed, interrupted, failed, cancelled
}

/// A model of a provider, whose jobs share limits and are handed out in their order.
package struct ModelName: Sendable, Hashable {
    package var provider: String
    /// The name that the provider knows it by.
    package var model: String

    package init(provider: String, model: String) {
        self.provider = provider
        self.model = model
    }

    /// As a job line names it.
    package var name: String { "\(provider)/\(model)" }
}
