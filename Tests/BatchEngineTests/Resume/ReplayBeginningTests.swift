import LLMStreaming
import Testing

@testable import BatchEngine

/// A replay that sends its stream from the beginning instead of the rest: the kept text must not stand twice.
struct ReplayBeginningTests {
    private static let kept = "The quick brown fox jumps over the lazy dog"
    private static let whole = kept + " and runs away"

    @Test(arguments: [ReplayCursor.Form.conversation, .response])
    func aStreamThatBeginsAnewIsTheAnswerAlone(form: ReplayCursor.Form) {
        let joined = join(base(Self.kept, form), Self.whole, form, isWhole: true)
        #expect(joined.answer.text == Self.whole)
        #expect(joined.seams == [Seam(attemptID: 2, choice: 0, kept: Self.whole.unicodeScalars.count)])
        // Another beginning of the same stream than the one that was kept, as far as 32 scalars tell.
        let other = String(Self.kept.prefix(32)) + " moon"
        #expect(join(base(Self.kept, form), other, form, isWhole: true).answer.text == other)
    }

    @Test(arguments: [ReplayCursor.Form.conversation, .response])
    func theRestIsJoinedHoweverItBegins(form: ReplayCursor.Form) {
        for rest in [" and runs", "The quick", "The quick brown fox jumps over th", "T"] {
            let joined = join(base(Self.kept, form), rest, form, isWhole: true)
            #expect((joined.answer.text == Self.kept + rest) == (rest.unicodeScalars.count < 32), "\(rest)")
        }
    }

    /// Cut at every place, and asked for again from where it stood: nothing is lost and nothing doubled.
    @Test func aBeginningThatIsCutAnywhereIsNeitherJoinedNorLost() {
        for length in 1...Self.whole.count {
            let own = String(Self.whole.prefix(length))
            let joined = join(base(Self.kept), own)
            #expect(joined.answer.text == (length >= Self.kept.count ? own : Self.kept), "\(length)")
            // Of what is told to be the stream's beginning the rest lies behind what it brought; else behind the kept.
            #expect(joined.cursor?.position == (length >= Self.kept.count ? 500 : 1_000), "\(length)")
        }
    }

    @Test func aPlaceInAResponseIsCountedByTheProvider() {
        let cut = join(base(Self.kept, .response), Self.whole, .response)
        #expect(cut.answer.text == Self.whole)
        #expect(cut.cursor?.position == 1_500)
        #expect(join(base(Self.kept, .response), "The quick", .response).cursor?.position == 1_000)
    }

    @Test func whatBroughtNothingOfTheAnswerLeavesThePlaceAsItWas() {
        #expect(join(base(Self.kept), "").cursor?.position == 1_000)
    }

    @Test func theThinkingTellsItWhereThereIsAny() {
        let thinking = "They want a sentence with all the letters"
        var kept = base("The", .conversation)
        kept.answer.choices[0].reasoning = thinking
        var attempt = attempt("The quick brown fox", .conversation, isWhole: true)
        attempt.own.choices[0].reasoning = thinking
        let anew = AnswerJoiner.join(attempt, onto: kept).partial
        #expect(anew.answer.text == "The quick brown fox")
        #expect(anew.answer.choices[0].reasoning == thinking)
        // The rest of a text has no thinking before it, be the text's own beginning as it may.
        attempt.own.choices[0].reasoning = ""
        #expect(AnswerJoiner.join(attempt, onto: kept).partial.answer.text == "TheThe quick brown fox")
        kept.answer.choices[0].text = ""
        attempt.own.choices[0].reasoning = " of the alphabet"
        let rest = AnswerJoiner.join(attempt, onto: kept).partial
        #expect(rest.answer.choices[0].reasoning == thinking + " of the alphabet")
        #expect(rest.answer.text == "The quick brown fox")
    }

    @Test func aResponseThatSaysItsNameFirstBeginsAnewHoweverLittleWasKept() {
        var attempt = attempt("one two", .response, isWhole: true)
        #expect(AnswerJoiner.join(attempt, onto: base("one", .response)).partial.answer.text == "oneone two")
        attempt.isNamedFirst = true
        #expect(AnswerJoiner.join(attempt, onto: base("one", .response)).partial.answer.text == "one two")
        // Another answer than the one that broke.
        #expect(AnswerJoiner.join(attempt, onto: base("Well", .response)).partial.answer.text == "one two")
        attempt = self.attempt("on", .response)
        attempt.isNamedFirst = true
        #expect(AnswerJoiner.join(attempt, onto: base("one", .response)).partial.answer.text == "one")
    }

    @Test func ofAShortTextTheWholeOfItTells() {
        // Twelve scalars, as at any other seam.
        #expect(join(base("one two thre"), "one two three", isWhole: true).answer.text == "one two three")
        // Fewer may as well go on as they begin, unless more pieces came than the whole response has tokens.
        #expect(join(base("ha"), "ha ha", isWhole: true).answer.text == "haha ha")
        #expect(join(base("ha"), "ha ha", isWhole: true, tokens: 4).answer.text == "haha ha")
        #expect(join(base("ha"), "ha ha", isWhole: true, tokens: 3).answer.text == "ha ha")
    }

    /// The stream of a continuation begins behind what was sent along, and that is what comes again.
    @Test func theStreamOfAContinuationBeginsAnewBehindWhatWasSentAlong() throws {
        let first = "one two three four five six seven eig"
        let own = "  eight nine ten eleven twelve thirteen"
        var base = base(first)
        // The white space came twice: that of the kept text stays.
        let prefill = AnswerJoiner.Attempt(
            id: 2, strategy: .prefill, prefixScalars: 33, own: answer(own),
            cursor: ReplayCursor(.conversation, id: "d", position: 700))
        base = AnswerJoiner.join(prefill, onto: base).partial
        let text = "one two three four five six seven eight nine ten eleven twelve thirteen"
        #expect(base.answer.text == text)
        #expect((base.streamStart, base.streamSkip) == (34, 2))
        let stored = try #require(StoredPartial(attemptID: 2, json: try JSONParser.parse(base.json.text)))
        #expect(stored == base)
        var replay = attempt(own + " fourteen", .conversation, isWhole: true, tokens: 7)
        replay.id = 3
        let anew = AnswerJoiner.join(replay, onto: stored).partial
        #expect(anew.answer.text == text + " fourteen")
        let texts: [Int64: String] = [1: first, 2: own, 3: own + " fourteen"]
        #expect(Texts.rebuild(anew.seams, from: texts) == anew.answer.text)
        #expect(anew.seams.map(\.attemptID) == [1, 3])
        #expect(anew.cursor?.position == 800)
        #expect(anew.tokenCount == 2 + 7)
        replay.own = answer(" fourteen")
        let rest = AnswerJoiner.join(replay, onto: stored).partial
        #expect(rest.answer.text == text + " fourteen")
        #expect((rest.streamStart, rest.tokenCount) == (34, 2 + 7))
        replay.own = answer("  eight nine")
        replay.isWhole = false
        #expect(AnswerJoiner.join(replay, onto: stored).partial.answer.text == text)
    }

    private func base(_ text: String, _ form: ReplayCursor.Form = .conversation) -> StoredPartial {
        var base = StoredPartial(
            attemptID: 1, answer: answer(text),
            seams: [Seam(attemptID: 1, choice: 0, kept: text.unicodeScalars.count)])
        base.cursor = ReplayCursor(form, id: "c", position: 1_000)
        return base
    }

    private func attempt(
        _ own: String, _ form: ReplayCursor.Form, isWhole: Bool = false, tokens: Int? = nil
    ) -> AnswerJoiner.Attempt {
        AnswerJoiner.Attempt(
            id: 2, strategy: .replay, prefixScalars: nil, own: own.isEmpty ? .none : answer(own),
            cursor: ReplayCursor(form, id: "c", position: 1_500), isWhole: isWhole, reportedTokens: tokens)
    }

    private func join(
        _ base: StoredPartial, _ own: String, _ form: ReplayCursor.Form = .conversation, isWhole: Bool = false,
        tokens: Int? = nil
    ) -> StoredPartial {
        AnswerJoiner.join(attempt(own, form, isWhole: isWhole, tokens: tokens), onto: base).partial
    }

    /// Two pieces each.
    private func answer(_ text: String) -> PartialAnswer {
        PartialAnswer(choices: [PartialAnswer.Choice(index: 0, text: text)], contentDeltaCount: 2)
    }
}
