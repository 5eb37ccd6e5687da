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
}
