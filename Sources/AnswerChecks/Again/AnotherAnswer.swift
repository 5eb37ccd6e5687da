package import LLMStreaming

/// Whether a model is asked once more after an answer that was not right, and with what words: the same in a run and in
/// the library (Contract, "An answer that is not right").
extension AnswerRejection {
    /// Whether one more answer is asked for.
    ///
    /// - Parameters:
    ///   - answers: how many were had, this one included.
    ///   - most: how many there may be in all.
    ///   - isOtherRequest: whether the next request names the faults of this answer.
    ///   - isDeterministic: whether the same request brings the same answer.
    package func isWorthAnother(
        after answers: Int, of most: Int, isOtherRequest: Bool, isDeterministic: Bool
    ) -> Bool {
        guard cause == .wrong || cause == .blank, answers < most else { return false }
        return isOtherRequest || !isDeterministic || answers == 1
    }

    /// The request to write the answer again, with its faults named; nil where the model has nothing to be shown.
    package func correction(of answer: PartialAnswer) -> Continuation? {
        cause == .wrong ? .correcting(answer, reason, isStopped: isStoppedEarly) : nil
    }
}

extension RequestContent {
    /// Whether the same request brings the same answer, as far as its sampling says.
    package var isDeterministic: Bool {
        (members["temperature"]?.double ?? 0) == 0 && members["seed"]?.isNull != false
    }
}

extension Continuation {
    /// The request to write a wrong answer again, with its faults named; nil where it has nothing to be shown.
    ///
    /// - Parameters:
    ///   - reason: what is wrong, in words.
    ///   - isStopped: whether its stream was closed before its end.
    package static func correcting(_ answer: PartialAnswer, _ reason: String, isStopped: Bool) -> Continuation? {
        // Of several answers a model cannot be shown which was wrong.
        guard answer.choices.count == 1, let shown = answer.choices.first?.shown else { return nil }
        let request = """
            Your previous response is not valid\(isStopped ? " and was stopped" : ""): \(reason). \
            Write the whole response again, with this corrected and nothing else added.
            """
        return .correct(answer: shown, request: request)
    }
}

extension PartialAnswer.Choice {
    /// What a model is shown of it: its text, and the tools that it wanted called; nil where there is neither.
    fileprivate var shown: String? {
        let calls = toolCalls.map { call -> String in
            let json: JSON = ["name": .string(call.name), "arguments": .string(call.arguments)]
            return json.text
        }
        let parts = ([text] + calls).filter { !$0.allSatisfy(\.isWhitespace) }
        return parts.isEmpty ? nil : parts.joined(separator: "\n")
    }
}
