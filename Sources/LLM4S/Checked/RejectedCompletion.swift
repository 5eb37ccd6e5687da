import AnswerChecks
public import LLMStreaming

/// An answer that was not taken, since it was not right.
public struct RejectedCompletion: Sendable {
    /// What was wrong: kind `invalid_answer`; its code is `stopped_early` where the stream was closed at the first wrong
    /// byte, `blank`, `length` or `refusal`, nil where the value just does not fit.
    public var error: LLMError
    /// What came of it; nothing where the provider found it wrong by itself and did not send it.
    public var answer: PartialAnswer
    /// What the provider says that it used; nil where it did not say, as of a stream that was closed.
    public var usage: TokenUsage?
}

extension RejectedCompletion {
    /// What an attempt brought.
    init(_ result: StreamResult, as error: LLMError) {
        var error = error
        error.requestID = error.requestID ?? result.requestID
        if case .failed(let own) = result.outcome, own.isFailedGeneration { error.httpStatus = own.httpStatus }
        self.init(error: error, answer: result.partial, usage: result.usage)
    }
}
