package import LLMStreaming

/// Which jobs `retry` puts back into the queue: those for which all that is set holds.
package struct Revival: Sendable, Equatable {
    /// Only these; nil for any.
    package var jobs: [Int64]?
    /// Only those that failed with one of these; empty for any.
    package var errorKinds: [ErrorKind]
    /// Whether cancelled ones are revived too.
    package var includesCancelled: Bool

    package init(jobs: [Int64]? = nil, errorKinds: [ErrorKind] = [], includesCancelled: Bool = false) {
        self.jobs = jobs
        self.errorKinds = errorKinds
        self.includesCancelled = includesCancelled
    }
}
