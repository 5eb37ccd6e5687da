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
        self =
            switch native.lowercased() {
            case "stop", "end_turn", "stop_sequence", "eos", "eos_token", "completed": .stop
            case "length", "max_tokens", "model_length", "model_context_window_exceeded", "max_output_tokens": .length
            case "tool_calls", "function_call", "tool_use": .toolCalls
            case "content_filter", "sensitive": .contentFilter
            case "refusal": .refusal
            default: .unknown
            }
    }

    /// What a word in a finish reason's place means that says the answer failed; nil for one that ends it.
    ///
    /// `error` is OpenRouter's, `insufficient_system_resource` DeepSeek's, `abort` vLLM's and SGLang's,
    /// `network_error` Z.ai's. A text that ends so is never a complete answer.
    static func failure(native: String) -> ErrorKind? {
        switch native.lowercased() {
        case "error", "abort", "network_error": .server
        case "insufficient_system_resource": .overloaded
        default: nil
        }
    }
}
