package import LLMStreaming

/// Puts an answer together from the text an attempt went on from and its own: the seam rules of SPEC 8.
///
/// A pure function, used when a stream ends, and again by the rescuer from stored rows after a crash. All counts are of
/// Unicode scalars: a Character may span a seam.
package enum AnswerJoiner {
    /// A continuation that begins with so many scalars of the prefix is the answer from its start: an echo or a new
    /// beginning, which read the same.
    static let restartScalars = 32

    /// The answer so far.
    ///
    /// - Parameters:
    ///   - base: what the attempt went on from; nil where it did not.
    ///   - prefixScalars: how much of the base's text was sent along.
    ///   - strategy: the attempt's strategy; only with `prefill` and a base is anything joined.
    ///   - own: what the attempt itself brought.
    ///   - isWhole: whether the attempt ended the answer.
    ///   - reportedTokens: the tokens of the attempt's output, as reported.
    /// - Returns: the joined answer, and how many scalars of an echo were recognised.
    package static func join(
        base: StoredPartial?, prefixScalars: Int?, strategy: ResumeStrategy?, attemptID: Int64, own: PartialAnswer,
        isWhole: Bool = false, reportedTokens: Int? = nil
    ) -> (partial: StoredPartial, overlapScalars: Int?) {
        let ownTokens = max(reportedTokens ?? 0, own.contentDeltaCount)
        guard let base, let prefixScalars, strategy == .prefill else {
            return (alone(attemptID, own, ownTokens, furthest: 0), nil)
        }
        let ownScalars = own.text.unicodeScalars
        let prefix = base.answer.text.unicodeScalars.prefix(prefixScalars)
        if prefix.count >= restartScalars {
            if ownScalars.starts(with: prefix.prefix(restartScalars)) {
                let isEcho = ownScalars.starts(with: prefix)
                return (
                    alone(attemptID, own, ownTokens, furthest: base.furthestScalars), isEcho ? prefix.count : nil
                )
            }
            // Cut before it could be told whether it is a new beginning: joined, it might stand there twice.
            if !isWhole, prefix.starts(with: ownScalars) { return (unchanged(base, attemptID, own), nil) }
        }
        if ownScalars.isEmpty, !isWhole { return (unchanged(base, attemptID, own), nil) }
        let restored = Self.restored(base.answer.text.unicodeScalars.dropFirst(prefixScalars), before: ownScalars)
        var seams = truncated(base.seams, to: prefixScalars)
        if !restored.isEmpty, let last = seams.indices.last { seams[last].restored += restored }
        if !ownScalars.isEmpty { seams.append(Seam(attemptID: attemptID, choice: 0, kept: ownScalars.count)) }
        let text = String(prefix) + restored + own.text
        let answer = PartialAnswer(
            choices: [choice(own, base.answer, text: text)],
            contentDeltaCount: base.answer.contentDeltaCount + own.contentDeltaCount)
        let partial = StoredPartial(
            attemptID: attemptID, answer: answer, seams: seams, tokenCount: base.tokenCount + ownTokens,
            furthestScalars: max(base.furthestScalars, text.unicodeScalars.count))
        return (partial, nil)
    }

    /// The white space that was cut off the kept text and that the continuation does not bring back.
    private static func restored(
        _ cut: Substring.UnicodeScalarView, before continuation: String.UnicodeScalarView
    ) -> String {
        guard cut.allSatisfy(\.properties.isWhitespace) else { return "" }
        if let first = continuation.first, first.properties.isWhitespace { return "" }
        return String(cut)
    }

    private static func alone(
        _ attemptID: Int64, _ own: PartialAnswer, _ tokens: Int, furthest: Int
    ) -> StoredPartial {
        StoredPartial(
            attemptID: attemptID, answer: own,
            seams: own.choices.map { choice in
                Seam(attemptID: attemptID, choice: choice.index, kept: choice.text.unicodeScalars.count)
            },
            tokenCount: tokens, furthestScalars: max(furthest, own.text.unicodeScalars.count))
    }

    /// The text as it was; what else the attempt began (a tool call, thinking) is told.
    private static func unchanged(_ base: StoredPartial, _ attemptID: Int64, _ own: PartialAnswer) -> StoredPartial {
        var partial = base
        partial.attemptID = attemptID
        partial.answer.choices = [choice(own, base.answer, text: base.answer.text)]
        return partial
    }

    /// The choice of a joined answer; only answers of one choice are joined.
    private static func choice(
        _ own: PartialAnswer, _ base: PartialAnswer, text: String
    ) -> PartialAnswer.Choice {
        var choice = own.choices.first ?? base.choices.first ?? PartialAnswer.Choice(index: 0, text: "")
        choice.text = text
        if choice.reasoning.isEmpty { choice.reasoning = base.choices.first?.reasoning ?? "" }
        choice.hasOpenReasoning = choice.hasOpenReasoning && text.isEmpty
        return choice
    }

    /// The seams of the first so many scalars of the text that they describe.
    private static func truncated(_ seams: [Seam], to scalars: Int) -> [Seam] {
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
