import BatchEngine
public import LLMStreaming

/// Something that happened to a job, told once it is stored.
///
/// ```swift
/// _ = try await BatchRunner(database: "answers.db").run(["jobs.jsonl"]) { event in
///     switch event {
///     case .completed(let id): print("\(id) is done")
///     case .failed(let id, let error), .retrying(let id, let error): print("\(id): \(error.kind.rawValue)")
///     }
/// }
/// ```
public enum BatchEvent: Sendable, Equatable {
    /// It has its answer.
    case completed(id: String)
    /// It will not be tried again by itself.
    case failed(id: String, LLMError)
    /// It will be tried again in this run, from what has come where its provider can do that.
    case retrying(id: String, LLMError)

    /// The event that an attempt's end means; nil for one that is nobody's news.
    init?(_ event: RunEvent) {
        guard case .attemptEnded(let report) = event else { return nil }
        switch (report.end.transition, report.end.error) {
        case (.completed, _): self = .completed(id: report.customID)
        case (.failed, let error?): self = .failed(id: report.customID, error)
        // Without a time it is left: its provider gets no more requests, or the run was cancelled.
        case (.waiting(until: .some, _), let error?):
            self = .retrying(id: report.customID, error)
        case (.failed, nil), (.waiting, _): return nil
        }
    }
}
