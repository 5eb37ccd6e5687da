/// What is known of an attempt before it is sent.
package struct AttemptStart: Sendable {
    package var jobID: Int64
    /// From 1 within its job.
    package var number: Int
    package var requestSHA256: String
    /// How it relates to an earlier attempt; nil for the first.
    package var strategy: ResumeStrategy?
    /// Why so, in words; nil for the first.
    package var reason: String?
    /// What was asked for and is not sent, and why.
    package var notes: [String]
    /// The attempt whose text it goes on from.
    package var resumedFrom: Int64?
    /// How many scalars of the joined partial text were sent along; 0 where a kept response is asked for whole.
    package var prefixScalars: Int?
    /// Unix milliseconds.
    package var startedMilliseconds: Int64

    package init(
        jobID: Int64, number: Int, requestSHA256: String, strategy: ResumeStrategy? = nil, reason: String? = nil,
        notes: [String] = [], resumedFrom: Int64? = nil, prefixScalars: Int? = nil, startedMilliseconds: Int64
    ) {
        self.jobID = jobID
        self.number = number
        self.requestSHA256 = requestSHA256
        self.strategy = strategy
        self.reason = reason
        self.notes = notes
        self.resumedFrom = resumedFrom
        self.prefixScalars = prefixScalars
        self.startedMilliseconds = startedMilliseconds
    }
}
