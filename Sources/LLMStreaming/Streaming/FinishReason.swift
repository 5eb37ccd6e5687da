/// Why an answer ended, in one vocabulary for all providers (SPEC 4); all of these are complete answers.
public enum FinishReason: String, Sendable, Hashable, CaseIterable {
    /// The model had no more to say, or a stop text came.
    case stop
    /// The bound of its tokens was reached.
    case length
    /// The model wants tools called.
    case toolCalls = "tool_calls"
    /// The provider's filter ended it.
    case contentFilter = "content_filter"
    /// The model refused.
    case refusal
    /// The provider gave none, or one that we do not know.
    case unknown

    /// The reason that a provider's own word means.
    public init(native: String) {
        self = if case .reason(let reason) = FinishWord(native) { reason } else { .unknown }
    }
}
