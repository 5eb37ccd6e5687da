import BatchEngine
import LLMStreaming

/// What an attempt's tokens are known to be, and from where.
struct AttemptUsage: Equatable {
    var promptTokens: Int?
    var completionTokens: Int?
    var source: CompletionRecord.UsageSource

    /// - Parameters:
    ///   - reported: what the provider said, also in the middle of a stream.
    ///   - isComplete: whether the answer ended, and so the report is of all of it.
    ///   - pieces: how many pieces of content came. A provider's report in mid-stream may be of its beginning only;
    ///     pieces are then the better bound from below.
    init(reported: TokenUsage?, isComplete: Bool, pieces: Int) {
        promptTokens = reported?.promptTokens
        let told = reported?.completionTokens
        if let told, isComplete || told >= pieces {
            completionTokens = told
            source = .provider
        } else if reported != nil {
            completionTokens = pieces > 0 || told != nil ? pieces : nil
            source = .mixed
        } else {
            completionTokens = pieces > 0 ? pieces : nil
            source = pieces > 0 ? .estimate : .none
        }
    }

    init(_ result: StreamResult) {
        let isComplete = if case .completed = result.outcome { true } else { false }
        self.init(reported: result.usage, isComplete: isComplete, pieces: result.partial.contentDeltaCount)
    }
}
