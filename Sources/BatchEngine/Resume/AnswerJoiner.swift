package import LLMStreaming

/// Puts an answer together from the text an attempt went on from and its own: the rules at the seam (Contract,
/// "Going on from partial output").
///
/// A pure function, used when a stream ends, and again by the rescuer from stored rows after a crash. All counts are of
/// Unicode scalars: a Character may span a seam.
package enum AnswerJoiner {
    /// The number of scalars: a continuation that begins with so much of the prefix is the answer from its start, an
    /// echo or a new beginning, which read the same.
    static let restartScalars = 32

    /// What an attempt did and brought.
    package struct Attempt: Sendable {
        package var id: Int64
        /// Nil and `restart` go on from nothing.
        package var strategy: ResumeStrategy?
        /// How much of the base's text was sent along; 0 where a kept response came whole.
        package var prefixScalars: Int?
        /// What it brought itself.
        package var own: PartialAnswer
        /// From where the rest of its stream can be had.
        package var cursor: ReplayCursor?
        package var responseID: String?
        package var model: String?
        /// Whether it ended the answer.
        package var isWhole = false
        /// The tokens of its output, as reported.
        package var reportedTokens: Int?
        /// Whether its provider always begins with the text that was sent along.
        package var isEcho = false
        /// Whether its stream said the response's name before anything of the answer, as only a new one of the
        /// Responses interface does.
        package var isNamedFirst = false
        /// Where it was sent; nil where that is not known.
        package var endpoint: String?

        package init(
            id: Int64, strategy: ResumeStrategy?, prefixScalars: Int?, own: PartialAnswer, cursor: ReplayCursor? = nil,
            responseID: String? = nil, model: String? = nil, isWhole: Bool = false, reportedTokens: Int? = nil,
            isEcho: Bool = false, endpoint: String? = nil
        ) {
            self.id = id
            self.strategy = strategy
            self.prefixScalars = prefixScalars
            self.own = own
            self.cursor = cursor
            self.responseID = responseID
            self.model = model
            self.isWhole = isWhole
            self.reportedTokens = reportedTokens
            self.isEcho = isEcho
            self.endpoint = endpoint
        }

        /// A piece of its own text.
        func seam(choice: Int = 0, start: Int = 0, kept: Int) -> Seam {
            Seam(attemptID: id, choice: choice, start: start, kept: kept, endpoint: endpoint)
        }

        /// The tokens that it brought: at least one for each piece.
        var tokens: Int { max(reportedTokens ?? 0, own.contentDeltaCount) }
    }

    /// The answer so far.
    ///
    /// - Parameter base: what the attempt went on from; nil where it did not.
    /// - Returns: the joined answer, and how many scalars at its beginning were found to repeat the prefix.
    package static func join(
        _ attempt: Attempt, onto base: StoredPartial?
    ) -> (partial: StoredPartial, overlapScalars: Int?) {
        let beginning = base.flatMap { attempt.replayBeginning(onto: $0) }
        var (partial, overlap) = joined(attempt, base, beginning)
        partial.endpoint = attempt.endpoint ?? (attempt.strategy == .replay ? base?.endpoint : nil)
        switch attempt.strategy {
        case .replay:
            partial.cursor = cursor(of: attempt, base, beginning)
            partial.streamStart = base?.streamStart ?? 0
            partial.pollCount = base?.pollCount
            partial.responseID = attempt.responseID ?? base?.responseID
            partial.model = attempt.model ?? base?.model
        case .prefill, .continue:
            // Where the text was held back, a stream that is read on from behind it would lose it.
            let isTaken = partial.seams.last?.attemptID == attempt.id
            partial.cursor = isTaken ? attempt.cursor : nil
            let ownScalars = isTaken ? partial.seams.last?.kept : nil
            partial.streamStart = ownScalars.map { partial.answer.text.unicodeScalars.count - $0 } ?? 0
            (partial.pollCount, partial.responseID, partial.model) = (nil, attempt.responseID, attempt.model)
        case .turn, .restart, nil:
            partial.cursor = attempt.cursor
            partial.streamStart = 0
            (partial.responseID, partial.model) = (attempt.responseID, attempt.model)
        }
        return (partial, overlap)
    }

    private static func joined(
        _ attempt: Attempt, _ base: StoredPartial?, _ beginning: ReplayBeginning?
    ) -> (StoredPartial, Int?) {
        guard let base else { return (alone(attempt, furthest: 0), nil) }
        switch attempt.strategy {
        case .replay: return (replayed(attempt, base, beginning), nil)
        case .prefill, .continue: return continued(attempt, base, prefixScalars: attempt.prefixScalars ?? 0)
        case .turn: return (turned(attempt, base), nil)
        case .restart, nil: return (alone(attempt, furthest: 0), nil)
        }
    }

    /// What the provider said once its turn went on follows what it said before.
    ///
    /// A turn that broke goes on from where it was paused: what came since is no part of a message that can be sent
    /// back.
    private static func turned(_ attempt: Attempt, _ base: StoredPartial) -> StoredPartial {
        let own = attempt.own
        guard attempt.isWhole || own.pausedTurn != nil else {
            var paused = base
            paused.attemptID = attempt.id
            return paused
        }
        let before = base.answer.choices.first
        var choice = own.choices.first ?? PartialAnswer.Choice(index: 0, text: "")
        choice.text = base.answer.text + choice.text
        choice.reasoning = (before?.reasoning ?? "") + choice.reasoning
        choice.toolCalls = (before?.toolCalls ?? []) + choice.toolCalls
        choice.hasToolCall = choice.hasToolCall || before?.hasToolCall == true
        choice.hasOpenReasoning = !choice.reasoning.isEmpty && choice.text.isEmpty
        choice.pausedTurn = own.pausedTurn.map { AnswerMessage.joined(base.answer.pausedTurn, $0) }
        let deltas = base.answer.contentDeltaCount + own.contentDeltaCount
        return StoredPartial(
            attemptID: attempt.id, answer: PartialAnswer(choices: [choice], contentDeltaCount: deltas),
            seams: seams(of: base, followedBy: attempt),
            tokenCount: base.tokenCount + attempt.tokens,
            furthestScalars: max(base.furthestScalars, choice.text.unicodeScalars.count))
    }

    /// What an attempt brought itself, which is all of the answer so far.
    static func alone(_ attempt: Attempt, furthest: Int) -> StoredPartial {
        let own = attempt.own
        return StoredPartial(
            attemptID: attempt.id, answer: own,
            seams: own.choices.map { choice in
                attempt.seam(choice: choice.index, kept: choice.text.unicodeScalars.count)
            },
            tokenCount: attempt.tokens, furthestScalars: max(furthest, own.text.unicodeScalars.count))
    }

    /// The text as it was; what else the attempt began (a tool call, thinking) is noted.
    static func unchanged(_ base: StoredPartial, _ attempt: Attempt) -> StoredPartial {
        var partial = base
        partial.attemptID = attempt.id
        if !attempt.own.choices.isEmpty {
            partial.answer.choices = [choice(attempt.own, base.answer, text: base.answer.text)]
        }
        return partial
    }

    /// The choice of a joined answer; only answers of one choice are joined.
    static func choice(
        _ own: PartialAnswer, _ base: PartialAnswer, text: String
    ) -> PartialAnswer.Choice {
        var choice = own.choices.first ?? base.choices.first ?? PartialAnswer.Choice(index: 0, text: "")
        choice.text = text
        if choice.reasoning.isEmpty { choice.reasoning = base.choices.first?.reasoning ?? "" }
        choice.hasOpenReasoning = choice.hasOpenReasoning && text.isEmpty
        return choice
    }

    /// The seams of a kept text and, behind it, all that an attempt brought.
    static func seams(of base: StoredPartial, followedBy attempt: Attempt) -> [Seam] {
        let seams = base.seams.filter { $0.kept > 0 }
        let own = attempt.own.text
        return own.isEmpty ? seams : seams + [attempt.seam(kept: own.unicodeScalars.count)]
    }

    /// The seams of a text's first scalars.
    static func truncated(_ seams: [Seam], to scalars: Int) -> [Seam] {
        var left = scalars
        var result: [Seam] = []
        for seam in seams where left > 0 {
            var piece = seam
            piece.kept = min(seam.kept, left)
            left -= piece.kept
            let restored = seam.restored.unicodeScalars.prefix(left)
            left -= restored.count
            piece.restored = String(restored)
            result.append(piece)
        }
        return result
    }
}
