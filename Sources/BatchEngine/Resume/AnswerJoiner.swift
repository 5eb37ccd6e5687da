package import LLMStreaming

/// Puts an answer together from the text an attempt went on from and its own: the seam rules of SPEC 8.
///
/// A pure function, used when a stream ends, and again by the rescuer from stored rows after a crash. All counts are of
/// Unicode scalars: a Character may span a seam.
package enum AnswerJoiner {
    /// A continuation that begins with so many scalars of the prefix is the answer from its start: an echo or a new
    /// beginning, which read the same.
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
        /// Whether its stream said the response's name before anything of the answer, as only a new one of the Responses
        /// interface does.
        package var isNamedFirst = false

        package init(
            id: Int64, strategy: ResumeStrategy?, prefixScalars: Int?, own: PartialAnswer, cursor: ReplayCursor? = nil,
            responseID: String? = nil, model: String? = nil, isWhole: Bool = false, reportedTokens: Int? = nil,
            isEcho: Bool = false
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
        }

        fileprivate var tokens: Int { max(reportedTokens ?? 0, own.contentDeltaCount) }

        /// Where a replay that brought something begins; nil for any other attempt.
        fileprivate func replayBeginning(onto base: StoredPartial) -> ReplayBeginning? {
            guard strategy == .replay, prefixScalars != 0, !own.isEmpty else { return nil }
            return ReplayBeginning(of: self, onto: base)
        }
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
        switch attempt.strategy {
        case .replay:
            partial.cursor = cursor(of: attempt, base, beginning)
            partial.streamStart = base?.streamStart ?? 0
            partial.pollCount = base?.pollCount
            partial.responseID = attempt.responseID ?? base?.responseID
            partial.model = attempt.model ?? base?.model
        case .prefill, .continue:
            // Its text was held back: read on from behind it, that would be lost.
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

    /// From where the rest of a replayed stream can be had now.
    private static func cursor(
        of attempt: Attempt, _ base: StoredPartial?, _ beginning: ReplayBeginning?
    ) -> ReplayCursor? {
        // What brought nothing of the answer does not tell where it stood.
        if attempt.own.isEmpty { return base?.cursor ?? attempt.cursor }
        switch beginning {
        case .untold: return base?.cursor
        case .anew:
            var cursor = attempt.cursor
            // It was counted on from where the rest was to begin; events of a response have their own numbers.
            if cursor?.form == .conversation { cursor?.position -= base?.cursor?.position ?? 0 }
            return cursor
        case .rest, nil: return attempt.cursor ?? base?.cursor
        }
    }

    /// The rest of the same stream follows what came of it.
    private static func replayed(
        _ attempt: Attempt, _ base: StoredPartial, _ beginning: ReplayBeginning?
    ) -> StoredPartial {
        let own = attempt.own
        if attempt.prefixScalars == 0 {
            return attempt.isWhole ? alone(attempt, furthest: base.furthestScalars) : base
        }
        if own.isEmpty { return unchanged(base, attempt) }
        switch beginning {
        case .untold:
            var partial = base
            partial.attemptID = attempt.id
            return partial
        case .anew: return replayedAnew(attempt, base)
        case .rest, nil: break
        }
        let text = base.answer.text + own.text
        var choice = own.choices.first ?? PartialAnswer.Choice(index: 0, text: "")
        choice.text = text
        choice.reasoning = (base.answer.choices.first?.reasoning ?? "") + choice.reasoning
        choice.hasOpenReasoning = !choice.reasoning.isEmpty && text.isEmpty
        var seams = base.seams.filter { $0.kept > 0 }
        if !own.text.isEmpty {
            seams.append(Seam(attemptID: attempt.id, choice: 0, kept: own.text.unicodeScalars.count))
        }
        let deltas = base.answer.contentDeltaCount + own.contentDeltaCount
        return StoredPartial(
            attemptID: attempt.id, answer: PartialAnswer(choices: [choice], contentDeltaCount: deltas), seams: seams,
            // The report, where there is one, is of the whole response.
            tokenCount: max(
                base.tokenCount + own.contentDeltaCount,
                (attempt.reportedTokens ?? 0) + base.sentTokens),
            furthestScalars: max(base.furthestScalars, text.unicodeScalars.count))
    }

    /// The same stream from its beginning follows what was sent along with its request, if anything was.
    private static func replayedAnew(_ attempt: Attempt, _ base: StoredPartial) -> StoredPartial {
        guard base.streamStart > 0 else { return alone(attempt, furthest: base.furthestScalars) }
        let own = attempt.own
        let skip = base.streamSkip
        let kept = own.text.unicodeScalars.dropFirst(skip)
        var choice = own.choices.first ?? PartialAnswer.Choice(index: 0, text: "")
        choice.text = String(base.answer.text.unicodeScalars.prefix(base.streamStart)) + String(kept)
        var seams = truncated(base.seams, to: base.streamStart)
        seams.append(Seam(attemptID: attempt.id, choice: 0, start: skip, kept: kept.count))
        return StoredPartial(
            attemptID: attempt.id, answer: PartialAnswer(choices: [choice], contentDeltaCount: own.contentDeltaCount),
            seams: seams, tokenCount: base.sentTokens + attempt.tokens,
            furthestScalars: max(base.furthestScalars, choice.text.unicodeScalars.count))
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
        var seams = base.seams.filter { $0.kept > 0 }
        if !own.text.isEmpty {
            seams.append(Seam(attemptID: attempt.id, choice: 0, kept: own.text.unicodeScalars.count))
        }
        let deltas = base.answer.contentDeltaCount + own.contentDeltaCount
        return StoredPartial(
            attemptID: attempt.id, answer: PartialAnswer(choices: [choice], contentDeltaCount: deltas), seams: seams,
            tokenCount: base.tokenCount + attempt.tokens,
            furthestScalars: max(base.furthestScalars, choice.text.unicodeScalars.count))
    }

    /// The continuation follows the prefix, what both share once.
    private static func continued(
        _ attempt: Attempt, _ base: StoredPartial, prefixScalars: Int
    ) -> (StoredPartial, Int?) {
        let own = attempt.own
        let ownScalars = own.text.unicodeScalars
        let prefix = base.answer.text.unicodeScalars.prefix(prefixScalars)
        if prefix.count >= restartScalars || attempt.isEcho && !prefix.isEmpty {
            if ownScalars.starts(with: prefix) {
                return (alone(attempt, furthest: base.furthestScalars), prefix.count)
            }
            // Cut before it could be told whether it is a new beginning: joined, it might stand there twice.
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
            seams.append(Seam(attemptID: attempt.id, choice: 0, start: start, kept: kept.unicodeScalars.count))
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

    private static func alone(_ attempt: Attempt, furthest: Int) -> StoredPartial {
        let own = attempt.own
        return StoredPartial(
            attemptID: attempt.id, answer: own,
            seams: own.choices.map { choice in
                Seam(attemptID: attempt.id, choice: choice.index, kept: choice.text.unicodeScalars.count)
            },
            tokenCount: attempt.tokens, furthestScalars: max(furthest, own.text.unicodeScalars.count))
    }

    /// The text as it was; what else the attempt began (a tool call, thinking) is told.
    private static func unchanged(_ base: StoredPartial, _ attempt: Attempt) -> StoredPartial {
        var partial = base
        partial.attemptID = attempt.id
        if !attempt.own.choices.isEmpty {
            partial.answer.choices = [choice(attempt.own, base.answer, text: base.answer.text)]
        }
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
