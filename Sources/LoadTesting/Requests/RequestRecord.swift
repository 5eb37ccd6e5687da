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

/// The six times of one request, in seconds from its level's start, on one monotonic clock: Contract, "Bench".
package struct RequestTimes: Sendable, Equatable {
    /// When it was due: by the rate, or when its place became free.
    package var scheduled: Double
    /// When the transport had a connection for it or began to open one: the time before is the client's delay.
    package var sent: Double
    /// When the first byte of the response came.
    package var firstByte: Double?
    /// When each chunk of content came, in their order.
    package var contents: [Double]
    /// When it ended.
    package var end: Double

    package init(scheduled: Double, sent: Double, firstByte: Double?, contents: [Double], end: Double) {
        self.scheduled = scheduled
        self.sent = sent
        self.firstByte = firstByte
        self.contents = contents
        self.end = end
    }

    /// When the first chunk of content came.
    package var firstContent: Double? { contents.first }
    /// When the last chunk of content came.
    package var lastContent: Double? { contents.last }

    /// How late it was sent.
    package var dispatchDelay: Double { sent - scheduled }
    /// Time to first byte: from sent.
    package var timeToFirstByte: Double? { firstByte.map { $0 - sent } }
    /// Time to first token: from sent.
    package var timeToFirstToken: Double? { firstContent.map { $0 - sent } }
    /// The same from scheduled, which includes the client's own queue.
    package var timeToFirstTokenFromSchedule: Double? { firstContent.map { $0 - scheduled } }
    /// End to end, from sent.
    package var endToEnd: Double { end - sent }
    /// End to end, from scheduled.
    package var endToEndFromSchedule: Double { end - scheduled }
    /// Every gap between two chunks of content, as measured.
    package var gaps: [Double] { zip(contents, contents.dropFirst()).map { $1 - $0 } }
}
