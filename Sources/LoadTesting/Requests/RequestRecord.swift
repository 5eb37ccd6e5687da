/// One request of a load test: its times, how it ended, its tokens.
package struct RequestRecord: Sendable, Equatable {
    /// Where a count of tokens comes from.
    package enum TokenSource: String, Sendable {
        /// The provider's report.
        case usage
        /// The chunks of content were counted.
        case chunks
    }

    package var times: RequestTimes
    /// What went wrong, in words; nil for a completed request.
    package var error: String?
    /// The kind of what went wrong.
    package var errorKind: String?
    /// As reported; nil where it was not.
    package var inputTokens: Int?
    package var outputTokens: Int
    package var tokenSource: TokenSource

    package init(
        times: RequestTimes, error: String? = nil, errorKind: String? = nil, inputTokens: Int?, outputTokens: Int,
        tokenSource: TokenSource
    ) {
        self.times = times
        self.error = error
        self.errorKind = errorKind
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
        self.tokenSource = tokenSource
    }

    package var isCompleted: Bool { error == nil }

    /// Time per output token after the first: (last content - first content) / (output tokens - 1); nil where there is
    /// one token or none.
    package var timePerOutputToken: Double? {
        guard outputTokens > 1, let first = times.firstContent, let last = times.lastContent else { return nil }
        return (last - first) / Double(outputTokens - 1)
    }
}
