import BatchEngine
import Testing

@testable import BatchStore

@Suite struct AttemptTotalsTests {
    private typealias Attempt = AttemptTotals.Attempt

    @Test func aResponseThatWasReplayedIsBilledOnceAndUnnamedOnesEach() {
        let totals = AttemptTotals([
            Attempt(id: 1, responseID: "a", promptTokens: 5, completionTokens: 2),
            Attempt(id: 2, responseID: "a", promptTokens: 5, completionTokens: 7),
            Attempt(id: 3, promptTokens: 5, completionTokens: 1), Attempt(id: 4, promptTokens: 5),
        ])
        #expect(totals.billedPromptTokens == 15)
        #expect(totals.billedCompletionTokens == 8)
    }

    @Test func whatNobodyKnowsStaysUnknown() {
        let totals = AttemptTotals([Attempt(id: 1), Attempt(id: 2, durationMicroseconds: 3)])
        #expect(totals.promptTokens == nil)
        #expect(totals.billedPromptTokens == nil)
        #expect(totals.billedCompletionTokens == nil)
        #expect(totals.firstChunkMicroseconds == nil)
        #expect(totals.chunkCount == nil)
        #expect(totals.durationMicroseconds == 3)
    }

    @Test func theFirstThatKnowsSaysHowLongTheFirstTokenTook() {
        let totals = AttemptTotals([
            Attempt(id: 1, durationMicroseconds: 9),
            Attempt(id: 2, promptTokens: 4, firstChunkMicroseconds: 30, durationMicroseconds: 40, chunkCount: 2),
            Attempt(id: 3, promptTokens: 6, firstChunkMicroseconds: 10, durationMicroseconds: 50, chunkCount: 3),
        ])
        #expect(totals.firstChunkMicroseconds == 30)
        #expect(totals.promptTokens == 4)
        #expect(totals.durationMicroseconds == 99)
        #expect(totals.chunkCount == 5)
    }

    @Test func thePromptIsThatOfTheRequestAndNotOfAContinuation() {
        let cut = Attempt(id: 1, completionTokens: 100, chunkCount: 100)
        let rest = Attempt(
            id: 2, promptTokens: 125, completionTokens: 40, chunkCount: 40, strategy: .prefill, resumedFrom: 1)
        // What the engine has computed from the last report, or what an attempt without kept text reports.
        #expect(AttemptTotals([cut, rest], ownPrompt: 25).promptTokens == 25)
        var told = cut
        told.promptTokens = 26
        #expect(AttemptTotals([told, rest], ownPrompt: 25).promptTokens == 26)
        let restart = Attempt(id: 3, promptTokens: 24, chunkCount: 1, strategy: .restart)
        #expect(AttemptTotals([cut, rest, restart]).promptTokens == 24)
        for strategy in [ResumeStrategy.continue, .turn] {
            var other = rest
            other.strategy = strategy
            #expect(AttemptTotals([other], ownPrompt: 9).promptTokens == 9)
        }
    }

    @Test func thePromptsOfBrokenAttemptsAreBilledAsWhatTheyMustHaveHad() {
        let totals = AttemptTotals(
            [
                Attempt(id: 1, completionTokens: 100, chunkCount: 100),
                // Refused: nothing of it came.
                Attempt(id: 2, chunkCount: 0, strategy: .prefill, resumedFrom: 1),
                Attempt(id: 3, completionTokens: 40, chunkCount: 40, strategy: .prefill, resumedFrom: 1),
                Attempt(
                    id: 4, promptTokens: 165, completionTokens: 7, chunkCount: 7, strategy: .prefill, resumedFrom: 3),
            ], ownPrompt: 25)
        #expect(totals.estimatedPrompts == [1: 25, 3: 125])
        #expect(totals.billedPromptTokens == 25 + 125 + 165)
        #expect(totals.billedCompletionTokens == 147)
    }

    @Test func aReplayIsOfTheResponseThatItGoesOnFromAlsoWithoutAName() {
        let totals = AttemptTotals([
            Attempt(id: 1, completionTokens: 3, chunkCount: 3),
            Attempt(id: 2, completionTokens: 2, chunkCount: 2, strategy: .replay, resumedFrom: 1),
            Attempt(id: 3, promptTokens: 5, completionTokens: 9, chunkCount: 4, strategy: .replay, resumedFrom: 2),
        ])
        #expect(totals.promptTokens == 5)
        #expect(totals.billedPromptTokens == 5)
        #expect(totals.billedCompletionTokens == 9)
        #expect(totals.estimatedPrompts == [:])
    }

    @Test func theReplayOfAContinuationHoldsTheKeptTextToo() {
        let totals = AttemptTotals(
            [
                Attempt(id: 1, completionTokens: 30, chunkCount: 30),
                Attempt(id: 2, responseID: "b", completionTokens: 9, chunkCount: 9, strategy: .prefill, resumedFrom: 1),
                Attempt(
                    id: 3, responseID: "b", promptTokens: 32, completionTokens: 20, chunkCount: 11, strategy: .replay,
                    resumedFrom: 2),
            ], ownPrompt: 2)
        #expect(totals.promptTokens == 2)
        #expect(totals.billedPromptTokens == 2 + 32)
        #expect(totals.billedCompletionTokens == 50)
    }

    @Test func countsAtTheEndOfTheirRangeAreSummedToIt() {
        let totals = AttemptTotals([
            Attempt(id: 1, promptTokens: .max, durationMicroseconds: .max, chunkCount: .max),
            Attempt(id: 2, promptTokens: 1, durationMicroseconds: 1, chunkCount: 1),
        ])
        #expect(totals.billedPromptTokens == .max)
        #expect(totals.durationMicroseconds == .max)
        #expect(totals.chunkCount == .max)
    }
}
