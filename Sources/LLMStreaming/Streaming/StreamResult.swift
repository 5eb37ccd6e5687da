/// How one attempt ended, and everything that is known of it.
package struct StreamResult: Sendable {
    /// How the attempt ended: with the whole answer, or with the reason why there is none.
    package enum Outcome: Sendable {
        case completed(Completion)
        case failed(LLMError)
    }

    package var outcome: Outcome
    /// What came, also of a whole answer.
    package var partial: PartialAnswer
    /// The usage that the provider reported; nil where the report was lost with the stream's end.
    package var usage: TokenUsage?
    package var responseID: String?
    /// From where the rest of the stream can be had, where its server keeps it.
    package var cursor: ReplayCursor?
    /// The model that answered, as it calls itself.
    package var model: String?
    /// The service tier that served it, in the provider's word; nil where it does not say.
    package var serviceTier: String?
    /// Whether the response said its name before anything of the answer came.
    package var isNamedFirst = false
    package var requestID: String?
    package var httpStatus: Int?
    /// What the answer's head says of the provider's limits; nil where it says nothing.
    package var rateLimits: RateLimitReport?
    /// How long the attempt waited for its turn to set up or take a connection, in microseconds; nil where it never
    /// came.
    package var queueMicroseconds: Int64?
    /// Times from the attempt's start, in microseconds.
    package var firstByteMicroseconds: Int64?
    /// The first chunk of content.
    package var firstChunkMicroseconds: Int64?
    package var durationMicroseconds: Int64
    package var chunkCount: Int
    package var gaps: GapHistogram
    /// Whether a connection that had served before failed before the first byte of a response: such an attempt is
    /// repeated at once and does not count (Contract, "Retry").
    package var isStaleConnection: Bool
    /// The connection whose end ended it, where that carries many streams: all of them say the same.
    package var lostConnection: UInt64?
    /// Whether it is the refusal of a service tier that has no capacity now: no limit of the caller's, and no outage.
    package private(set) var isOfFullTier = false

    /// What counts the memory that it takes, for as long as somebody has it; nil for one that takes little.
    package var memory: (any AnyObject & Sendable)?

    /// A result; what is left out is not known.
    package init(
        outcome: Outcome, partial: PartialAnswer = .none, usage: TokenUsage? = nil, responseID: String? = nil,
        model: String? = nil, requestID: String? = nil, httpStatus: Int? = nil, firstByteMicroseconds: Int64? = nil,
        firstChunkMicroseconds: Int64? = nil, durationMicroseconds: Int64 = 0, chunkCount: Int = 0,
        gaps: GapHistogram = GapHistogram(), isStaleConnection: Bool = false, rateLimits: RateLimitReport? = nil
    ) {
        self.outcome = outcome
        self.partial = partial
        self.usage = usage
        self.responseID = responseID
        self.model = model
        self.requestID = requestID
        self.httpStatus = httpStatus
        self.firstByteMicroseconds = firstByteMicroseconds
        self.firstChunkMicroseconds = firstChunkMicroseconds
        self.durationMicroseconds = durationMicroseconds
        self.chunkCount = chunkCount
        self.gaps = gaps
        self.isStaleConnection = isStaleConnection
        self.rateLimits = rateLimits
    }

    /// The result of a stream whose handler holds what came.
    package init(outcome: Outcome, accumulator: StreamingAccumulator) {
        self.init(
            outcome: outcome, partial: accumulator.partial, usage: accumulator.usage,
            responseID: accumulator.responseID, model: accumulator.model)
        cursor = accumulator.cursor
        isNamedFirst = accumulator.isNamedFirst
        serviceTier = accumulator.serviceTier
    }

    /// This result, with its error as the refusal of the tier that was asked for, where it is that.
    package func judged(asking tier: String?) -> StreamResult {
        guard case .failed(let error) = outcome, let refusal = error.refusing(tier) else { return self }
        var result = self
        (result.outcome, result.isOfFullTier) = (.failed(refusal), true)
        return result
    }
}

/// The result of a stream behind a reference: the frame of each asynchronous function that waits for it would keep room
/// for the value, and a stream of a run is waited for through three.
package final class StreamResultBox: Sendable {
    package let result: StreamResult

    package init(_ result: StreamResult) { self.result = result }
}
