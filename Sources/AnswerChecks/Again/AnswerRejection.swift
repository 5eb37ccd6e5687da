package import LLMStreaming

/// Why an answer is not taken.
package struct AnswerRejection: Sendable {
    package enum Cause: Sendable {
        case wrong, blank, refusal, length, loop
    }

    package let cause: Cause
    /// In words.
    package let reason: String
    /// Whether its stream was closed before its end.
    package var isStoppedEarly = false
    /// Whether the user's own program said no.
    package var isByProgram = false

    /// The rejection of an answer that is there as a whole.
    package init(_ failure: AnswerJudgement.Failure, _ reason: String) {
        let cause: Cause =
            switch failure {
            case .refusal: .refusal
            case .blank: .blank
            case .length: .length
            case .invalid: .wrong
            }
        self.init(cause: cause, reason: reason)
    }

    /// The rejection of an answer whose stream was closed at a byte that belongs to no right one.
    package init(stoppedAt finding: AnswerFinding) {
        self.init(cause: .wrong, reason: finding.description)
        isStoppedEarly = true
    }

    /// The rejection of an answer that the provider itself found wrong and did not send; nil for any other error.
    package init?(byProvider error: LLMError) {
        guard error.isFailedGeneration else { return nil }
        self.init(cause: .wrong, reason: error.message)
    }

    package init(cause: Cause, reason: String) { (self.cause, self.reason) = (cause, reason) }

    /// As an error, its code one of `RejectionCode` or none.
    package var error: LLMError {
        guard cause != .loop else { return LLMError(.repetition, reason) }
        let code: RejectionCode? =
            switch cause {
            case .wrong, .loop: isStoppedEarly ? .stoppedEarly : isByProgram ? .command : nil
            case .blank: .blank
            case .refusal: .refusal
            case .length: .length
            }
        return LLMError(.invalidAnswer, reason, code: code?.rawValue)
    }
}

extension LLMError {
    /// Whether it says that the model wrote something that does not fit the schema (Groq).
    package var isFailedGeneration: Bool { code == "json_validate_failed" }
}
