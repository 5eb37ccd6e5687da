import LLMStreaming

/// Joins a continuation to the text that was sent along (Contract, "Going on from partial output").
extension AnswerJoiner {
    /// The continuation follows the prefix, what both share once.
    static func continued(
        _ attempt: Attempt, _ base: StoredPartial, prefixScalars: Int
    ) -> (StoredPartial, Int?) {
        let own = attempt.own
        let ownScalars = own.text.unicodeScalars
        let prefix = base.answer.text.unicodeScalars.prefix(prefixScalars)
        if prefix.count >= restartScalars || attempt.isEcho && !prefix.isEmpty {
            if ownScalars.starts(with: prefix) {
                return (alone(attempt, furthest: base.furthestScalars), prefix.count)
            }
            // Cut before it is clear whether this is a new beginning: joined, the text might stand there twice.
            if !attempt.isWhole, prefix.starts(with: ownScalars) { return (unchanged(base, attempt), nil) }
            if prefix.count >= restartScalars, ownScalars.starts(with: prefix.prefix(restartScalars)) {
                return (alone(attempt, furthest: base.furthestScalars), nil)
            }
        }
        if ownScalars.isEmpty, !attempt.isWhole { return (unchanged(base, attempt), nil) }
        var overlap = 0
        if attempt.strategy == .continue {
            if !attempt.isWhole, SeamOverlap.mayGrow(ownScalars, after: prefix) {
                return (unchanged(base, attempt), nil)
            }
            overlap = SeamOverlap.count(ownScalars, after: prefix)
        }
        let cut = base.answer.text.unicodeScalars.dropFirst(prefixScalars)
        // Behind an overlap the continuation goes on as it does.
        let space = SeamSpace(
            cut: overlap > 0 ? cut.prefix(0) : cut, before: ownScalars, isAsked: attempt.strategy == .continue,
            isWhole: attempt.isWhole)
        let start = overlap + space.skipped
        let kept = String(ownScalars.dropFirst(start))
        var seams = truncated(base.seams, to: prefixScalars)
        if !space.restored.isEmpty, let last = seams.indices.last { seams[last].restored += space.restored }
        if !kept.isEmpty {
            seams.append(attempt.seam(start: start, kept: kept.unicodeScalars.count))
        }
        let text = String(prefix) + space.restored + kept
        let answer = PartialAnswer(
            choices: [choice(own, base.answer, text: text)],
            contentDeltaCount: base.answer.contentDeltaCount + own.contentDeltaCount)
        let partial = StoredPartial(
            attemptID: attempt.id, answer: answer, seams: seams,
            tokenCount: base.likelyTokens(ofScalars: prefixScalars) + attempt.tokens,
            furthestScalars: max(base.furthestScalars, text.unicodeScalars.count))
        return (partial, overlap > 0 ? overlap : nil)
    }
}

/// The white space at a seam: what is put back, and what of the continuation's own is left out.
///
/// The kept text was cut before its last white space, so it tells what stood there. Servers lose that white space at
/// the beginning of a continuation, or say it twice.
struct SeamSpace: Equatable {
    /// White space that was cut off the kept text and stands at the seam all the same.
    var restored = ""
    /// How many scalars of white space at the beginning of the continuation are left out for it.
    var skipped = 0

    /// - Parameters:
    ///   - cut: what the kept text had behind the prefix: white space, and perhaps the beginning of a word.
    ///   - continuation: what the attempt brought.
    ///   - isAsked: whether the model was asked to go on: it then begins a message of its own, without white space.
    ///   - isWhole: whether no more of the continuation follows.
    init(
        cut: Substring.UnicodeScalarView, before continuation: String.UnicodeScalarView, isAsked: Bool, isWhole: Bool
    ) {
        let space = cut.prefix { $0.properties.isWhitespace }
        let word = cut.dropFirst(space.count)
        let leading = continuation.prefix { $0.properties.isWhitespace }
        let rest = continuation.dropFirst(leading.count)
        let isSameWord =
            !word.isEmpty && (rest.starts(with: word) || !isWhole && !rest.isEmpty && word.starts(with: rest))
        if isSameWord {
            // The word that was cut comes again, so the white space before it is known.
            if leading.elementsEqual(space) { return }
            (restored, skipped) = (String(space), leading.count)
        } else if leading.isEmpty, word.isEmpty || isAsked {
            restored = String(space)
        }
    }
}
