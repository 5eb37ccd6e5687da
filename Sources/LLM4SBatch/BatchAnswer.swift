import BatchEngine
import BatchStore
public import LLMStreaming

/// What became of a job.
public struct BatchAnswer: Sendable, Equatable {
    /// The job's id.
    public var id: String
    /// Its line in its file, from 1; nil where the file no longer has it.
    public var line: Int?
    /// The model asked, as `provider/model`.
    public var model: String
    /// The text of its first answer; nil for a job that failed.
    public var content: String?
    /// The thinking that came with it, where it was shown.
    public var thinking: String?
    /// Why the answer ended; nil for a job that failed.
    public var finishReason: FinishReason?
    /// The tokens of the input, where they are known.
    public var promptTokens: Int?
    /// The tokens of the answer, where they are known.
    public var completionTokens: Int?
    /// How many pieces the answer was joined from: 1, more where a stream broke and went on, 0 for a job that failed.
    public var segments: Int
    /// The word for why the job failed, as in `ErrorKind`; nil for one that did not.
    public var errorKind: String?
    /// Why the job failed, for a reader.
    public var error: String?
    /// The line's metadata.
    public var metadata: JSON?

    init(_ result: JobResult) {
        let (job, answer) = (result.job, result.completions.first)
        id = job.customID
        line = job.line
        model = "\(job.provider)/\(job.model)"
        content = answer?.content
        thinking = answer?.reasoning
        finishReason = answer?.finishReason
        promptTokens = answer?.promptTokens
        completionTokens = answer?.completionTokens
        segments = answer?.segments ?? 0
        errorKind = job.errorKind
        error = job.error
        metadata = job.metadata.flatMap { try? JSONParser.parse($0) }
    }
}
