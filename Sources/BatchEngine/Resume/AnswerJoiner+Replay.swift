import LLMStreaming

/// Joins what a replay brought: the rest of a stream that its server keeps (Contract, "Going on from partial output").
extension AnswerJoiner {
    /// The rest of the same stream follows what came of it.
    static func replayed(
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
        let deltas = base.answer.contentDeltaCount + own.contentDeltaCount
        return StoredPartial(
            attemptID: attempt.id, answer: PartialAnswer(choices: [choice], contentDeltaCount: deltas),
            seams: seams(of: base, followedBy: attempt),
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
        seams.append(attempt.seam(start: skip, kept: kept.count))
        return StoredPartial(
            attemptID: attempt.id, answer: PartialAnswer(choices: [choice], contentDeltaCount: own.contentDeltaCount),
            seams: seams, tokenCount: base.sentTokens + attempt.tokens,
            furthestScalars: max(base.furthestScalars, choice.text.unicodeScalars.count))
    }

    /// From where the rest of a replayed stream can be had now.
    static func cursor(
        of attempt: Attempt, _ base: StoredPartial?, _ beginning: ReplayBeginning?
    ) -> ReplayCursor? {
        // An attempt that brought nothing of the answer does not show where the stream stood.
        if attempt.own.isEmpty { return base?.cursor ?? attempt.cursor }
        switch beginning {
        case .untold: return base?.cursor
        case .anew:
            var cursor = attempt.cursor
            // The position was counted from where the rest was to begin; events of a response have numbers of their
            // own.
            if cursor?.form == .conversation { cursor?.position -= base?.cursor?.position ?? 0 }
            return cursor
        case .rest, nil: return attempt.cursor ?? base?.cursor
        }
    }
}

extension AnswerJoiner.Attempt {
    /// Where a replay that brought something begins; nil for any other attempt.
    func replayBeginning(onto base: StoredPartial) -> ReplayBeginning? {
        guard strategy == .replay, prefixScalars != 0, !own.isEmpty else { return nil }
        return ReplayBeginning(of: self, onto: base)
    }
}

/// Whether what a replay brought is the rest of its stream, or the stream from its beginning.
///
/// A proxy that drops the query of the request, or a server that does not heed it, sends all of the stream again:
/// joined, the kept text would stand twice.
enum ReplayBeginning: Equatable {
    /// It goes on behind what was kept.
    case rest
    /// It begins anew, and alone it is the answer.
    case anew
    /// It was cut within what may be a new beginning: the rest is asked for again from where it was kept.
    case untold

    /// The fewest scalars of kept text: what begins as a shorter one does may as well go on from it.
    private static let minimumScalars = SeamOverlap.minimumScalars

    init(of attempt: AnswerJoiner.Attempt, onto base: StoredPartial) {
        let (kept, own) = Self.beginnings(base, attempt.own)
        let isWithin = kept.count > own.count && kept.starts(with: own)
        if attempt.isNamedFirst {
            self = isWithin && !attempt.isWhole ? .untold : .anew
            return
        }
        let told = kept.prefix(AnswerJoiner.restartScalars)
        let isRepeated = !told.isEmpty && own.starts(with: told)
        if told.count >= Self.minimumScalars {
            self = isWithin && !own.isEmpty && !attempt.isWhole ? .untold : isRepeated ? .anew : .rest
        } else {
            // Each piece has at least one token: where the report of the whole response has fewer tokens than pieces
            // came, some came twice.
            let pieces = base.answer.contentDeltaCount + attempt.own.contentDeltaCount
            self = base.streamStart == 0 && isRepeated && (attempt.reportedTokens ?? pieces) < pieces ? .anew : .rest
        }
    }

    /// The texts that are compared: the thinking where there was any, else the text; of the kept one only what came of
    /// the stream itself.
    private static func beginnings(
        _ base: StoredPartial, _ own: PartialAnswer
    ) -> (kept: Substring.UnicodeScalarView, own: Substring.UnicodeScalarView) {
        let thinking = base.answer.choices.first?.reasoning ?? ""
        if thinking.isEmpty {
            let skip = base.streamStart > 0 ? base.streamSkip : 0
            return (
                base.answer.text.unicodeScalars.dropFirst(base.streamStart), own.text.unicodeScalars.dropFirst(skip)
            )
        }
        return (thinking.unicodeScalars[...], (own.choices.first?.reasoning ?? "").unicodeScalars[...])
    }
}
