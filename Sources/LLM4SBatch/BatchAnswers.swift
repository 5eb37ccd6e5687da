import BatchEngine
import BatchStore
public import LLMStreaming

/// The jobs of a database that have ended, in the order of their files and lines; made by `BatchRunner.answers`.
///
/// A page of them is in memory at a time. It may be read while a run is on, also in another process.
public struct BatchAnswers: AsyncSequence, Sendable {
    /// What became of a job.
    public typealias Element = BatchAnswer
    /// Why the database cannot be read.
    public typealias Failure = BatchError

    let path: String

    /// Opens the database when the first answer is asked for.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(path: path) }

    /// Reads the answers page by page.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private enum State {
            case new(path: String)
            case reading(BatchReader, next: ResultPage.Cursor?)
            case ended
        }

        private var state: State
        private var page: ArraySlice<JobResult> = []

        init(path: String) { state = .new(path: path) }

        /// The next answer, nil behind the last one.
        ///
        /// - Throws: kind `database` where the database cannot be read.
        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(BatchError) -> BatchAnswer? {
            while page.isEmpty {
                do {
                    switch state {
                    case .ended: return nil
                    case .new(let path):
                        let reader = try await BatchReader.open(path)
                        try await read(from: reader, after: nil)
                    case .reading(let reader, next: let cursor?): try await read(from: reader, after: cursor)
                    case .reading(let reader, next: nil):
                        state = .ended
                        await reader.close()
                    }
                } catch {
                    state = .ended
                    throw BatchError(.database, "\(error)").naming(.properties)
                }
            }
            return page.popFirst().map(BatchAnswer.init)
        }

        private mutating func read(
            from reader: BatchReader, after cursor: ResultPage.Cursor?
        ) async throws(StoreError) {
            let read = try await reader.results(after: cursor)
            page = read.results[...]
            state = .reading(reader, next: read.next)
        }
    }
}

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
