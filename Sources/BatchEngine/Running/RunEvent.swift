package import LLMStreaming

/// Something that a run tells of itself while it goes on: what logs and `--progress json` are made of.
package enum RunEvent: Sendable {
    /// A job ended, or waits for another try; told after its COMMIT.
    case attemptEnded(AttemptReport)
    /// Jobs that could be sent wait.
    case waiting(RunWait)
    /// A provider's headers told another rate than before, for a model as `provider/model`.
    case limitChanged(name: String, resource: RateLimit.Resource, perMinute: Double)
    /// A provider, or a model as `provider/model`, gets no more requests.
    case stopped(name: String, reason: String)

    /// How an attempt ended and what it means for its job.
    package struct AttemptReport: Sendable {
        package var customID: String
        package var source: String
        package var line: Int?
        package var lane: ModelName
        /// From 1 within its job.
        package var number: Int
        package var end: AttemptEnd
    }
}
