import LLMStreaming

/// A whole answer put together from the text its last attempt went on from and what that brought (SPEC 8).
struct JoinedCompletion {
    /// The answer; its content and message are joined.
    let completion: Completion
    /// How the content of each choice is put together.
    let seams: [Seam]
    /// How many scalars at the beginning of what the attempt brought repeat the prefix.
    let overlapScalars: Int?
    /// The tokens of the kept text that went along with the request; nil where none did.
    let sentTokens: Int?
    /// Whether the answer is what the last attempt brought, all of it.
    let isAlone: Bool

    /// Joins the completion that an attempt ended with.
    ///
    /// - Parameters:
    ///   - base: what the attempt went on from; nil where it did not.
    ///   - attempt: the attempt, with all that it brought.
    init(_ completion: Completion, onto base: StoredPartial?, _ attempt: AnswerJoiner.Attempt) {
        let (joined, overlap) = AnswerJoiner.join(attempt, onto: base)
        seams = joined.seams
        overlapScalars = overlap
        var completion = completion
        isAlone = attempt.strategy != .turn && joined.seams.allSatisfy { $0.attemptID == attempt.id }
        if let base, attempt.strategy == .turn {
            var choice = completion.choices[0]
            choice.content = joined.answer.text
            let reasoning = joined.answer.choices.first?.reasoning ?? ""
            choice.reasoning = reasoning.isEmpty ? nil : reasoning
            choice.message = AnswerMessage.joined(base.answer.pausedTurn, choice.message)
            completion.choices[0] = choice
        } else if base != nil, !isAlone || attempt.strategy == .replay {
            let text = joined.answer.text
            var choice = completion.choices[0]
            var message = AnswerMessage(choice.message)
            message.replaceText(with: text, own: choice.content)
            choice.content = text
            if attempt.strategy == .replay {
                let reasoning = joined.answer.choices.first?.reasoning ?? ""
                message.replaceReasoning(with: reasoning, own: choice.reasoning ?? "")
                choice.reasoning = reasoning.isEmpty ? nil : reasoning
            }
            choice.message = message.json
            completion.choices[0] = choice
        }
        if attempt.strategy == .replay {
            completion.id = completion.id ?? joined.responseID
            completion.model = completion.model ?? joined.model
        }
        sentTokens =
            switch attempt.strategy {
            case .turn: base?.tokenCount
            case .prefill, .continue:
                base.map { base in
                    Self.tokens(
                        ofFirst: attempt.prefixScalars ?? 0, of: base, completion.usage, attempt.own.text, attempt)
                }
            // The stream may be that of a continuation, whose report is of all of it.
            case .replay:
                base.flatMap { base in
                    guard base.streamStart > 0 else { return nil }
                    let own = String(joined.answer.text.unicodeScalars.dropFirst(base.streamStart))
                    return Self.tokens(ofFirst: base.streamStart, of: base, completion.usage, own, attempt)
                }
            case .restart, nil: nil
            }
        self.completion = completion
    }

    /// The tokens of the kept text that was sent along, by the report of what came after it.
    private static func tokens(
        ofFirst scalars: Int, of base: StoredPartial, _ usage: TokenUsage?, _ own: String,
        _ attempt: AnswerJoiner.Attempt
    ) -> Int {
        let counted = base.likelyTokens(ofScalars: scalars)
        guard let reported = usage?.completionTokens else { return counted }
        let thinking = attempt.own.choices.first?.reasoning ?? ""
        // What was thought and not sent has no words to be counted.
        let unsent = thinking.isEmpty ? usage?.reasoningTokens ?? 0 : 0
        let share = TokenShare(
            reportedTokens: max(0, reported - unsent), reportedPieces: attempt.own.contentDeltaCount,
            reportedText: thinking + " " + own)
        return share.tokens(of: String(base.answer.text.unicodeScalars.prefix(scalars)), pieces: counted)
    }
}
