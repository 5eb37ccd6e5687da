import LLMStreaming

/// Whether what a replay brought is the rest of its stream, or the stream from its beginning.
///
/// A proxy that drops the query of the request, or a server that does not heed it, sends all of the stream again: joined,
/// the kept text would stand twice.
enum ReplayBeginning: Equatable {
    /// It goes on behind what was kept.
    case rest
    /// It begins anew, and alone it is the answer.
    case anew
    /// It was cut within what may be a new beginning: the rest is asked for again from where it was kept.
    case untold

    /// Behind fewer scalars what begins as the whole kept text may as well go on as it.
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
            // A report of the whole response that has fewer tokens than came of it, of which each has one at least.
            let pieces = base.answer.contentDeltaCount + attempt.own.contentDeltaCount
            self = base.streamStart == 0 && isRepeated && (attempt.reportedTokens ?? pieces) < pieces ? .anew : .rest
        }
    }

    /// What tells both beginnings: the thinking where there was any, else the text; of the kept one as much as came of the
    /// stream itself.
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
