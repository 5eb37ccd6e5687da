import BatchEngine
import BatchStore
public import LLMStreaming

/// Something that happened in a run: to a job, told once it is stored, or to the database.
///
/// ```swift
/// _ = try await BatchRunner(database: "answers.db").run(["jobs.jsonl"]) { event in
///     switch event {
///     case .completed(let id, let text): print("\(id): \(text)")
///     case .failed(let id, let error), .retrying(let id, let error): print("\(id): \(error.kind.rawValue)")
///     case .warning(let text): print(text)
///     }
/// }
/// ```
public enum BatchEvent: Sendable, Equatable {
    /// It has its answer; the text is the first one's, as in `BatchAnswer.content`.
    case completed(id: String, text: String)
    /// It is not attempted again by itself, or was cancelled (`LLMError.kind`).
    case failed(id: String, LLMError)
    /// It is attempted again in this run, from what has come where its provider can do that.
    case retrying(id: String, LLMError)
    /// The database has something that a user should know, such as another program that holds its lock, or a log that
    /// grows because a reader stays; told from any thread.
    case warning(String)

    /// The event that an attempt's end means; nil for one that is nobody's news.
    init?(_ event: RunEvent) {
        if case .cancelled(_, let id) = event {
            self = .failed(id: id, LLMError(.cancelled, "cancelled"))
            return
        }
        guard case .attemptEnded(let report) = event else { return nil }
        switch (report.end.transition, report.end.error) {
        case (.completed(let answers), _):
            self = .completed(id: report.customID, text: answers.first?.choice.content ?? "")
        case (.failed, let error?): self = .failed(id: report.customID, error)
        case (.cancelled, _): self = .failed(id: report.customID, LLMError(.cancelled, "cancelled"))
        // Without a time it is left: its provider gets no more requests, or the run was cancelled.
        case (.waiting(until: .some, _), let error?):
            self = .retrying(id: report.customID, error)
        case (.failed, nil), (.waiting, _): return nil
        }
    }
}

/// How a batch stands at the end of a run.
public struct BatchReport: Sendable, Equatable {
    /// The jobs that have their answer, from this run or an earlier one.
    public var completed: Int
    /// The jobs that have failed or were cancelled.
    public var failed: Int
    /// The jobs that are left: the next run does them.
    public var left: Int
    /// The HTTP requests that this run sent.
    public var attempts: Int
    /// The output tokens of the answers of this run, as reported.
    public var completionTokens: Int
    /// Why jobs are left; nil where none is.
    public var reason: String?

    init(_ result: SessionResult) {
        completed = result.counts.completed
        failed = result.counts.failed + result.counts.cancelled
        left = result.counts.left
        attempts = result.snapshot.attempts
        completionTokens = result.snapshot.completionTokens
        reason = result.reason.map(OptionNames.properties.naming)
    }
}
