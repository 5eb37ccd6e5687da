import AnswerChecks
import LLMStreaming

/// Why an answer is not taken.
struct AnswerRejection: Sendable {
    enum Cause: Sendable {
        case wrong, blank, refusal, length, loop
    }

    let cause: Cause
    /// In words.
    let reason: String
    /// Whether its stream was closed before its end.
    var isStoppedEarly = false
    /// Whether the user's own program said no.
    private var isByProgram = false

    /// The rejection of an answer that is there as a whole.
    init(_ failure: AnswerJudgement.Failure, _ reason: String) {
        cause =
            switch failure {
            case .refusal: .refusal
            case .blank: .blank
            case .length: .length
            case .invalid: .wrong
            }
        self.reason = reason
    }

    /// The rejection of an answer whose stream was closed.
    init(_ stop: AnswerWatch.Stop) {
        isStoppedEarly = true
        switch stop {
        case .invalid(let finding): (cause, reason) = (.wrong, finding.description)
        case .loop(let part, let loop):
            cause = .loop
            reason =
                "the model wrote \(loop.unit.quotedName) over and over in its \(part): "
                + "\(loop.copies.grouped) times from character \(loop.start.grouped) on"
        }
    }

    /// The rejection of an answer that is whole, but cut, where more room is allowed.
    static func cut(tokens: Int?) -> AnswerRejection {
        let count = tokens.map { " of \($0.counted("token"))" } ?? ""
        return AnswerRejection(.length, "the answer is cut at its bound\(count)")
    }

    /// The rejection of an answer that the provider itself found wrong and did not send.
    static func byProvider(_ error: LLMError) -> AnswerRejection { AnswerRejection(.invalid, error.message) }

    /// The rejection of an answer by the user's own program.
    static func byProgram(_ reason: String) -> AnswerRejection {
        var rejection = AnswerRejection(.invalid, reason)
        rejection.isByProgram = true
        return rejection
    }

    private init(cause: Cause, reason: String) { (self.cause, self.reason) = (cause, reason) }

    /// As the attempt's error.
    var error: LLMError {
        guard cause != .loop else { return LLMError(.repetition, reason) }
        let code: RejectedAnswer.Code? =
            switch cause {
            case .wrong, .loop: isStoppedEarly ? .stoppedEarly : isByProgram ? .command : nil
            case .blank: .blank
            case .refusal: .refusal
            case .length: .length
            }
        return LLMError(.invalidAnswer, reason, code: code?.rawValue)
    }
}
