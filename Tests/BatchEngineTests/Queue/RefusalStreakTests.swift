import LLMStreaming
import Testing

@testable import BatchEngine

/// How many jobs must get an answer before it is everybody's.
@Suite struct RefusalStreakTests {
    private static let redirect = RefusalStreak.Answer.fault(.redirect, httpStatus: 302)
    private static let page = RefusalStreak.Answer.fault(.decode, httpStatus: 200)

    @Test func threeJobsWithTheSameAnswerAndMoreOnceOthersHaveSucceeded() {
        var streak = RefusalStreak()
        for job in 1...2 as ClosedRange<Int64> {
            streak.refused(job, Self.page)
            streak.refused(job, Self.page)
        }
        #expect(!streak.isOfEverybody)
        streak.refused(3, Self.page)
        #expect(streak.isOfEverybody)
        streak.succeeded()
        for job in 1...9 as ClosedRange<Int64> { streak.refused(job, Self.page) }
        #expect(!streak.isOfEverybody)
        streak.refused(10, Self.page)
        #expect(streak.isOfEverybody)
    }

    @Test func anAnswerThatHasBegunCountsAsOne() {
        var streak = RefusalStreak()
        for job in 1...2 as ClosedRange<Int64> { streak.refused(job, Self.page) }
        streak.answers()
        for job in 3...9 as ClosedRange<Int64> { streak.refused(job, Self.page) }
        #expect(!streak.isOfEverybody)
        streak.refused(10, Self.page)
        #expect(streak.isOfEverybody)
    }

    @Test func answersThatDifferAreEverybodysToo() {
        var streak = RefusalStreak()
        for round in 1...2 {
            for job in 1...9 as ClosedRange<Int64> { streak.refused(job, job % 2 == 0 ? Self.page : Self.redirect) }
            #expect(!streak.isOfEverybody, "\(round)")
            // One that succeeds shows that they were not.
            if round == 1 { streak.succeeded() }
        }
        streak.refused(10, Self.redirect)
        #expect(streak.isOfEverybody)
    }
}
