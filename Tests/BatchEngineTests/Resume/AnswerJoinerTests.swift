import LLMStreaming
import Testing

@testable import BatchEngine

/// The rules at the seam (Contract, "Going on from partial output").
struct AnswerJoinerTests {
    private static let long = "The quick brown fox jumps over the lazy dog and runs"

    @Test func anAttemptThatWentOnFromNothingStandsAlone() {
        for strategy in [nil, ResumeStrategy.restart] {
            let (joined, overlap) = AnswerJoiner.join(
                AnswerJoiner.Attempt(id: 2, strategy: strategy, prefixScalars: nil, own: answer("naïve")), onto: nil)
            #expect(joined.answer.text == "naïve")
            #expect(joined.seams == [Seam(attemptID: 2, choice: 0, kept: 5)])
            #expect(joined.attemptID == 2)
            #expect(overlap == nil)
        }
    }

    @Test func eachChoiceOfAnAnswerHasItsSeam() {
        var own = answer("one")
        own.choices.append(PartialAnswer.Choice(index: 1, text: "three"))
        let joined = AnswerJoiner.join(
            AnswerJoiner.Attempt(id: 2, strategy: nil, prefixScalars: nil, own: own), onto: nil
        ).partial
        #expect(joined.seams.map(\.choice) == [0, 1])
        #expect(joined.seams.map(\.kept) == [3, 5])
    }

    @Test func eachPieceSaysWhoWroteIt() throws {
        func join(_ id: Int64, _ text: String, onto base: StoredPartial?, at endpoint: String?) -> StoredPartial {
            AnswerJoiner.join(
                AnswerJoiner.Attempt(
                    id: id, strategy: base == nil ? nil : .prefill,
                    prefixScalars: base?.answer.text.unicodeScalars.count,
                    own: answer(text), endpoint: endpoint),
                onto: base
            ).partial
        }
        let first = join(1, "one two", onto: nil, at: "a")
        #expect(first.endpoint == "a" && first.seams.map(\.endpoint) == ["a"])
        let second = join(2, " three", onto: first, at: "b")
        #expect(second.endpoint == "b" && second.seams.map(\.endpoint) == ["a", "b"])
        let third = join(3, " four", onto: second, at: nil)
        #expect(third.endpoint == nil && third.seams.map(\.endpoint) == ["a", "b", nil])
        // The seams are stored; where the attempt was sent stands in its own row.
        let read = try #require(StoredPartial(attemptID: 3, json: JSONParser.parse(third.json.text)))
        #expect(read.seams == third.seams)
        #expect(third.seams[2].json["endpoint"] == nil && third.json["endpoint"] == nil)
    }

    @Test func aReplayIsOfTheEndpointThatKeepsTheStream() {
        var base = partial("one two")
        base.cursor = ReplayCursor(.conversation, id: "s", position: 2)
        base.endpoint = "a"
        for (endpoint, text) in [("a", " three"), (nil, " three"), (nil, "")] {
            let attempt = AnswerJoiner.Attempt(
                id: 2, strategy: .replay, prefixScalars: nil, own: text.isEmpty ? .none : answer(text),
                endpoint: endpoint)
            #expect(AnswerJoiner.join(attempt, onto: base).partial.endpoint == "a")
        }
        let anew = AnswerJoiner.Attempt(id: 2, strategy: .restart, prefixScalars: nil, own: answer("x"), endpoint: "b")
        #expect(AnswerJoiner.join(anew, onto: base).partial.endpoint == "b")
    }

    @Test func aContinuationFollowsThePrefix() {
        let joined = join(partial("one two thr"), "one two", " three four")
        #expect(joined.text == "one two three four")
        #expect(joined.seams == [Seam(attemptID: 1, choice: 0, kept: 7), Seam(attemptID: 2, choice: 0, kept: 11)])
    }

    @Test(arguments: [
        ("one two  ", "one two", "three", "one two  three"),
        ("one two\r\n", "one two", "three", "one two\r\nthree"),
        ("one two ", "one two", " three", "one two three"),
        ("one two ", "one two", "\nthree", "one two\nthree"),
        ("one two thr", "one two", ", three", "one two, three"),
        ("one two thr", "one two", "three four", "one two three four"),
        ("one two thr", "one two", "  three four", "one two three four"),
        ("one two\n\nthr", "one two", "\nthree", "one two\n\nthree"),
        ("one two thr", "one two", "four", "one twofour"),
        ("one two", "one two", "three", "one twothree"),
    ])
    func trailingWhiteSpaceIsPutBackWhereTheContinuationHasNone(
        text: String, prefix: String, own: String, result: String
    ) {
        let joined = join(partial(text), prefix, own)
        #expect(joined.text == result)
        #expect(Texts.rebuild(joined.seams, from: [1: text, 2: own]) == result)
    }

    @Test func aContinuationThatBeginsAsThePrefixIsTheWholeAnswer() {
        let joined = join(partial(Self.long), Self.long, "The quick brown fox jumps over the moon")
        #expect(joined.text == "The quick brown fox jumps over the moon")
        #expect(joined.seams == [Seam(attemptID: 2, choice: 0, kept: 39)])
        #expect(joined.overlap == nil)
        #expect(joined.furthestScalars == 52)
    }

    @Test func anEchoOfTheWholePrefixIsNotRepeated() {
        let joined = join(partial(Self.long), Self.long, Self.long + " away")
        #expect(joined.text == Self.long + " away")
        #expect(joined.overlap == 52)
    }

    @Test func aShortPrefixIsNeverTakenForAnEcho() {
        #expect(join(partial("ha ha ha"), "ha ha", " ha ha ha").text == "ha ha ha ha ha")
        let bound = String(Self.long.prefix(31))
        #expect(join(partial(bound), bound, bound).text == bound + bound)
        let enough = String(Self.long.prefix(32))
        #expect(join(partial(enough), enough, enough).text == enough)
    }

    @Test func whatMayBeANewBeginningIsNotJoinedBeforeItCanBeTold() {
        let base = partial(Self.long)
        for own in ["", "T", "The quick brown fox jumps over "] {
            let joined = join(base, Self.long, own)
            #expect(joined.text == Self.long)
            #expect(joined.seams == base.seams)
        }
        #expect(join(base, Self.long, "The quick brown fox jumps over ", isWhole: true).text.hasSuffix("over "))
        #expect(join(base, Self.long, "The slow").text == Self.long + "The slow")
    }

    @Test func aContinuationThatSaysNothingEndsTheAnswerAtThePrefix() {
        let cut = join(partial("one two thr"), "one two", "", isWhole: true)
        #expect(cut.text == "one two")
        #expect(cut.seams == [Seam(attemptID: 1, choice: 0, kept: 7)])
        let whole = join(partial("one two \n"), "one two", "", isWhole: true)
        #expect(whole.text == "one two \n")
        #expect(Texts.rebuild(whole.seams, from: [1: "one two \n"]) == "one two \n")
        #expect(join(partial("one two thr"), "one two", "").text == "one two thr")
    }

    @Test func aSecondResumeTruncatesTheSeamsOfTheFirst() {
        let texts: [Int64: String] = [1: "one two thr", 2: " three four", 3: "XY", 4: " three"]
        var base = join(partial("one two thr"), "one two", " three four").partial
        base = join(base, "one two three", "XY", attemptID: 3).partial
        #expect(base.answer.text == "one two threeXY")
        #expect(base.seams.map(\.kept) == [7, 6, 2])
        #expect(Texts.rebuild(base.seams, from: texts) == "one two threeXY")
        // Shorter than what the first resume went on from: its whole text drops out.
        base = join(base, "one two", " three", attemptID: 4).partial
        #expect(base.seams.map(\.attemptID) == [1, 4])
        #expect(Texts.rebuild(base.seams, from: texts) == "one two three")
    }

    @Test func restoredWhiteSpaceIsTruncatedToo() {
        let base = StoredPartial(
            attemptID: 2, answer: answer("one \n two"),
            seams: [
                Seam(attemptID: 1, choice: 0, kept: 3, restored: " \n "), Seam(attemptID: 2, choice: 0, kept: 3),
            ])
        let joined = join(base, "one", " 2", attemptID: 3)
        #expect(joined.seams == [Seam(attemptID: 1, choice: 0, kept: 3), Seam(attemptID: 3, choice: 0, kept: 2)])
        #expect(joined.text == "one 2")
    }

    @Test func aSeamInsideACharacterIsCountedInScalars() {
        // The continuation begins with a combining mark, a joiner or a line feed after a carriage return.
        for (text, own) in [("e", "\u{301}t"), ("👩", "\u{200D}👧"), ("🇩", "🇪"), ("a\r", "\nb")] {
            let joined = join(partial(text), text, own)
            #expect(Texts.areSame(joined.text, text + own))
            #expect(joined.seams.map(\.kept) == [text.unicodeScalars.count, own.unicodeScalars.count])
            #expect(Texts.areSame(Texts.rebuild(joined.seams, from: [1: text, 2: own]), text + own))
        }
    }

    @Test func theRestOfAStreamFollowsWhatCameOfIt() {
        var base = partial("one two thr")
        base.cursor = ReplayCursor(.conversation, id: "c", position: 40)
        base.responseID = "r"
        func replay(_ own: String, isWhole: Bool = false, cursor: ReplayCursor? = nil) -> StoredPartial {
            AnswerJoiner.join(
                AnswerJoiner.Attempt(
                    id: 2, strategy: .replay, prefixScalars: nil, own: own.isEmpty ? .none : answer(own),
                    cursor: cursor, isWhole: isWhole), onto: base
            ).partial
        }
        let further = ReplayCursor(.conversation, id: "c", position: 50)
        let joined = replay("ee four", cursor: further)
        #expect(joined.answer.text == "one two three four")
        #expect(joined.seams == [Seam(attemptID: 1, choice: 0, kept: 11), Seam(attemptID: 2, choice: 0, kept: 7)])
        #expect(joined.cursor == further)
        #expect(joined.responseID == "r")
        // The same words again are the stream's own, and white space is never put back.
        #expect(replay("one two thr").answer.text == "one two throne two thr")
        let nothing = replay("")
        #expect(nothing.answer.text == "one two thr")
        #expect(nothing.cursor == base.cursor)
    }

    @Test func aResponseThatComesWholeStandsAlone() {
        func poll(isWhole: Bool) -> StoredPartial {
            AnswerJoiner.join(
                AnswerJoiner.Attempt(
                    id: 2, strategy: .replay, prefixScalars: 0, own: answer("one two three"), isWhole: isWhole),
                onto: partial("one two thr")
            ).partial
        }
        #expect(poll(isWhole: true).seams == [Seam(attemptID: 2, choice: 0, kept: 13)])
        #expect(poll(isWhole: false).answer.text == "one two thr")
    }

    @Test func aStreamIsReadOnOnlyFromBehindWhatWasTaken() {
        func cursor(_ own: String) -> ReplayCursor? {
            AnswerJoiner.join(
                AnswerJoiner.Attempt(
                    id: 2, strategy: .prefill, prefixScalars: 52, own: answer(own),
                    cursor: ReplayCursor(.conversation, id: "c", position: 9)), onto: partial(Self.long)
            ).partial.cursor
        }
        #expect(cursor(" and away") != nil)
        #expect(cursor("The quick") == nil)
    }

    @Test(arguments: [
        // The overlap is removed where it is long enough and begins at a word.
        ("one two three four five", "two three four five six", "one two three four five six", 19),
        ("one two three four five", " six", "one two three four five six", nil),
        ("one two three four five", "six", "one two three four five six", nil),
        ("one two", "one two three", "one two one two three", nil),
        ("it was a dark night", "a dark night and", "it was a dark night and", 12),
        ("it was in Nova Scotia", "va Scotia too far", "it was in Nova va Scotia too far", nil),
        ("the whole of it, all", "the whole of it, all again", "the whole of it, all again", 20),
    ])
    func whatAModelRepeatsWhenAskedToGoOnStandsOnce(text: String, own: String, result: String, overlap: Int?) {
        // The text is cut behind a word, so the last word is what the model may repeat.
        let cut = text + " x"
        let joined = join(partial(cut), text, own, isWhole: true, strategy: .continue)
        let expected = result.hasPrefix(text) ? result : text + " " + own
        #expect(joined.text == expected)
        #expect(joined.overlap == overlap)
        #expect(Texts.areSame(Texts.rebuild(joined.seams, from: [1: cut, 2: own]), joined.text))
    }

    @Test func whatMayBeAnOverlapIsNotJoinedBeforeItCanBeTold() {
        let base = partial("one two three four five x")
        let held = join(base, "one two three four five", "three four", strategy: .continue)
        #expect(held.text == "one two three four five x")
        #expect(held.seams == base.seams)
        let told = join(base, "one two three four five", "six", strategy: .continue)
        #expect(told.text == "one two three four five six")
    }

    @Test func aProviderThatAlwaysEchoesIsBelievedWithAShortPrefixToo() {
        let joined = join(partial("ha ha x"), "ha ha", "ha ha ha ha", isWhole: true, isEcho: true)
        #expect(joined.text == "ha ha ha ha")
        #expect(joined.overlap == 5)
        #expect(join(partial("ha ha x"), "ha ha", "ha ", isEcho: true).text == "ha ha x")
        #expect(join(partial("ha ha x"), "ha ha", " ho", isWhole: true, isEcho: true).text == "ha ha ho")
    }

    @Test func aToolCallThatAContinuationBeganIsTold() {
        var own = answer("")
        own.choices[0].hasToolCall = true
        let (joined, _) = AnswerJoiner.join(
            AnswerJoiner.Attempt(id: 2, strategy: .prefill, prefixScalars: 7, own: own), onto: partial("one two"))
        #expect(joined.answer.text == "one two")
        #expect(joined.answer.choices[0].hasToolCall)
    }

    @Test func tokensAreSummedAndAnOldReportDoesNotLowerThem() {
        func tokens(_ reported: Int?) -> Int {
            AnswerJoiner.join(
                AnswerJoiner.Attempt(
                    id: 2, strategy: .prefill, prefixScalars: 7, own: answer(" x", deltas: 4), reportedTokens: reported),
                onto: partial("one two")
            ).partial.tokenCount
        }
        #expect(tokens(nil) == 2 + 4)
        #expect(tokens(9) == 2 + 9)
        #expect(tokens(1) == 2 + 4)
    }

    @Test func aStoredPartialIsReadAsItWasWritten() throws {
        let partial = StoredPartial(
            attemptID: 3, answer: answer("one\r\ntwo"),
            seams: [
                Seam(attemptID: 1, choice: 0, start: 2, kept: 3, restored: "\r\n"),
                Seam(attemptID: 3, choice: 0, kept: 3),
            ],
            tokenCount: 12, furthestScalars: 40)
        #expect(StoredPartial(attemptID: 3, json: try JSONParser.parse(partial.json.text)) == partial)
        #expect(StoredPartial(attemptID: 3, json: "text") == nil)
        let old = try #require(StoredPartial(attemptID: 3, json: answer("one").json))
        #expect(old.tokenCount == 2)
        #expect(old.furthestScalars == 3)
    }

    private struct Joined {
        var partial: StoredPartial
        var overlap: Int?
        var text: String { partial.answer.text }
        var seams: [Seam] { partial.seams }
        var furthestScalars: Int { partial.furthestScalars }
    }

    private func join(
        _ base: StoredPartial, _ prefix: String, _ own: String, attemptID: Int64 = 2, isWhole: Bool = false,
        strategy: ResumeStrategy = .prefill, isEcho: Bool = false
    ) -> Joined {
        let (partial, overlap) = AnswerJoiner.join(
            AnswerJoiner.Attempt(
                id: attemptID, strategy: strategy, prefixScalars: prefix.unicodeScalars.count,
                own: own.isEmpty ? .none : answer(own), isWhole: isWhole, isEcho: isEcho),
            onto: base)
        return Joined(partial: partial, overlap: overlap)
    }

    private func partial(_ text: String) -> StoredPartial {
        StoredPartial(
            attemptID: 1, answer: answer(text),
            seams: [Seam(attemptID: 1, choice: 0, kept: text.unicodeScalars.count)])
    }

    private func answer(_ text: String, deltas: Int = 2) -> PartialAnswer {
        PartialAnswer(choices: [PartialAnswer.Choice(index: 0, text: text)], contentDeltaCount: deltas)
    }
}
