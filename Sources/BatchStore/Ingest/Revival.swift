package import LLMStreaming

/// Which jobs `retry` puts back into the queue: those for which all that is set holds.
package struct Revival: Sendable, Equatable {
    /// Only these; nil for any.
    package var jobs: [Int64]?
    /// Only those that failed with this; nil for any.
    package var errorKind: ErrorKind?
    /// Whether cancelled ones are revived too.
    package var includesCancelled: Bool

    package init(jobs: [Int64]? = nil, errorKind: ErrorKind? = nil, includesCancelled: Bool = false) {
        self.jobs = jobs
        self.errorKind = errorKind
        self.includesCancelled = includesCancelled
    }
}
