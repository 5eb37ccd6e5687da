/// A job with what became of it: a line of `results`.
package struct JobResult: Sendable, Equatable {
    package var job: JobRecord
    /// Its answers by choice; none for a job that is not completed.
    package var completions: [StoredCompletion]
    /// The HTTP status of the newest attempt.
    package var httpStatus: Int?
    /// The provider's own code of the newest attempt's error, such as `insufficient_quota`.
    package var errorCode: String?
    /// The provider's name of the newest attempt's request.
    package var requestID: String?
    /// The request as it is stored and sent, JSON; nil where it was not asked for.
    package var request: [UInt8]?
}
