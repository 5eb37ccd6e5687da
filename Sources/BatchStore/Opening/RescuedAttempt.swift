import BatchEngine
import LLMStreaming

/// An attempt whose process died, rebuilt from its rows.
struct RescuedAttempt {
    let id: Int64
    let jobID: Int64
    let strategy: ResumeStrategy?
    let prefixScalars: Int?
    /// Whether its provider begins every continuation with the text that was sent along.
    let isEcho: Bool
    /// What it went on from.
    let base: StoredPartial?
    // The partial answer is the same in every dialect.
    private(set) var accumulator = StreamingAccumulator(dialect: .openAIChat)
    /// The gaps between reads that brought content; the chunks of one read share their time.
    private(set) var gaps = GapHistogram()
    private(set) var chunkCount = 0
    private(set) var lastChunkID: Int64?
    private(set) var firstContentMicroseconds: Int64?
    private var lastContentMicroseconds: Int64?
    private(set) var lastMicroseconds: Int64?

    init(
        id: Int64, jobID: Int64, strategy: ResumeStrategy?, prefixScalars: Int?, isEcho: Bool, base: StoredPartial?
    ) {
        self.id = id
        self.jobID = jobID
        self.strategy = strategy
        self.prefixScalars = prefixScalars
        self.isEcho = isEcho
        self.base = base
    }

    /// Adds its next row.
    mutating func add(_ chunk: StreamedChunk, id: Int64, atMicroseconds microseconds: Int64) {
        accumulator.add(chunk)
        chunkCount += 1
        lastChunkID = id
        lastMicroseconds = microseconds
        guard chunk.isContent else { return }
        if let lastContentMicroseconds, lastContentMicroseconds != microseconds {
            gaps.add(microseconds: microseconds - lastContentMicroseconds)
        }
        firstContentMicroseconds = firstContentMicroseconds ?? microseconds
        lastContentMicroseconds = microseconds
    }

    /// The answer so far, joined with what it went on from; nil for an empty one.
    var partial: (stored: StoredPartial, overlapScalars: Int?)? {
        var attempt = AnswerJoiner.Attempt(
            id: id, strategy: strategy, prefixScalars: prefixScalars, own: accumulator.partial,
            cursor: accumulator.cursor, responseID: accumulator.responseID, model: accumulator.model, isEcho: isEcho)
        attempt.isNamedFirst = accumulator.isNamedFirst && base?.cursor?.form == .response
        let (partial, overlap) = AnswerJoiner.join(attempt, onto: base)
        return partial.isEmpty ? nil : (partial, overlap)
    }

    var usage: AttemptUsage {
        AttemptUsage(reported: accumulator.usage, isComplete: false, pieces: accumulator.contentDeltaCount)
    }
}
