import AnswerChecks
import LLMStreaming

/// What is not taken in runs only.
extension AnswerRejection {
    /// Why an attempt that failed brought an answer that is not taken; nil where it did not.
    init?(after error: LLMError, _ stop: AnswerWatch.Stop?, by rules: AnswerRules?) {
        // Whatever else befell the stream behind it: nothing can go on from that text.
        if let stop {
            self.init(stop)
        } else {
            guard rules?.check != nil else { return nil }
            self.init(byProvider: error)
        }
    }

    /// The rejection of an answer whose stream was closed.
    init(_ stop: AnswerWatch.Stop) {
        switch stop {
        case .invalid(let finding): self.init(stoppedAt: finding)
        case .loop(let part, let loop):
            self.init(
                cause: .loop,
                reason: "the model wrote \(loop.unit.quotedName) over and over in its \(part): "
                    + "\(loop.copies.grouped) times from character \(loop.start.grouped) on")
            isStoppedEarly = true
        }
    }

    /// The rejection of an answer that is whole, but cut, where more room is allowed.
    static func cut(tokens: Int?) -> AnswerRejection {
        let count = tokens.map { " of \($0.counted("token"))" } ?? ""
        return AnswerRejection(.length, "the answer is cut at its bound\(count)")
    }

    /// The rejection of an answer by the user's own program.
    static func byProgram(_ reason: String) -> AnswerRejection {
        var rejection = AnswerRejection(.invalid, reason)
        rejection.isByProgram = true
        return rejection
    }
}
