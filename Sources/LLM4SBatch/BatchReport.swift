/// How a batch stands at the end of a run.
public struct BatchReport: Sendable, Equatable {
    /// The jobs that have their answer, from this run or an earlier one.
    public var completed: Int
    /// The jobs that have failed.
    public var failed: Int
    /// The jobs that are left: the next run does them.
    public var left: Int
    /// The HTTP requests that this run sent.
    public var attempts: Int
    /// The output tokens of the answers of this run, as reported.
    public var completionTokens: Int
    /// Why jobs are left; nil where none is.
    public var reason: String?
}
