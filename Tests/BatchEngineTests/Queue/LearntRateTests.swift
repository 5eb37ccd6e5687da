import LLMStreaming
import Testing

@testable import BatchEngine

/// What is learnt from what a provider took between refusals.
struct LearntRateTests {
    /// A number of requests, the last of which is refused, and the pause that follows.
    private func cycle(
        _ rate: inout LearntRate, from start: Duration, taken: Int, over time: Duration, pause: Duration,
        cause: RefusalEvidence.Cause = .limit
    ) {
        for request in 0...taken { rate.start(at: start + time * request / max(1, taken)) }
        rate.refuse(at: start + time)
        rate.open(at: start + time + pause, after: cause)
    }

    /// In seconds: how long and how many were taken before the first refusal, the pause after it, and the rate then.
    @Test(arguments: [
        // A pause of less than five seconds counts as that: the provider may have saved up so much before.
        (10.0, 150, 1.0, 10.0), (10, 150, 5, 10), (10, 150, 20, 5), (0, 50, 1, 10), (10, 0, 10, 0.05),
    ])
    func theFirstCycleTellsARate(seconds: Double, taken: Int, pause: Double, expected: Double) throws {
        var rate = LearntRate()
        #expect(rate.nextStart == nil && rate.perSecond(at: .zero) == nil)
        cycle(&rate, from: .zero, taken: taken, over: .seconds(seconds), pause: .seconds(pause))
        let end = Duration.seconds(seconds + pause)
        let learnt = try #require(rate.perSecond(at: end))
        #expect(abs(learnt - expected) < 0.001 * expected)
        let start = try #require(rate.nextStart)
        // Where it is very low the next one goes out sooner, since the rate doubles meanwhile.
        let wait = expected < 1 ? 12.5 : 1 / expected
        #expect(abs((start - end).seconds - wait) < 0.001 * wait)
    }

    @Test(arguments: [0.001, 0.01, 0.05, 0.1, 1])
    func aRateThatIsNotConfirmedNeverHoldsTheNextRequestUpForLong(perSecond: Double) throws {
        var rate = LearntRate()
        cycle(&rate, from: .zero, taken: 0, over: .seconds(1), pause: .seconds(1 / perSecond))
        let learnt = try #require(rate.perSecond(at: .seconds(1 + 1 / perSecond)))
        #expect(learnt <= perSecond * 1.001)
        let wait = try #require(rate.nextStart) - .seconds(1 + 1 / perSecond)
        #expect(wait <= .seconds(min(61, 1 / learnt) + 0.001))
    }

    /// A limit of one a second that has saved up what it gives in a pause of a second.
    private func isTried(_ rate: inout LearntRate, end: inout Int, taken: Int) throws -> Bool {
        cycle(&rate, from: .seconds(end), taken: taken, over: .seconds(taken - 1), pause: .seconds(1))
        end += taken
        let learnt = try #require(rate.perSecond(at: .seconds(end)))
        // A trial begins with more than was taken; what was taken stays as it was.
        #expect(abs(learnt - 1) < 0.1 || abs(learnt - 1.6) < 0.16, "\(learnt)")
        return learnt > 1.4
    }

    @Test func aRateThatIsConfirmedIsTriedOutEverMoreSeldom() throws {
        var rate = LearntRate()
        cycle(&rate, from: .zero, taken: 14, over: .seconds(14), pause: .seconds(1))
        var end = 15
        let tried = try (0..<32).filter { _ in try isTried(&rate, end: &end, taken: 50) }
        #expect(tried == [0, 16])
    }

    @Test func aTrialThatBringsMoreIsFollowedByAnother() throws {
        var rate = LearntRate()
        cycle(&rate, from: .zero, taken: 14, over: .seconds(14), pause: .seconds(1))
        var end = 15
        #expect(try isTried(&rate, end: &end, taken: 50))
        cycle(&rate, from: .seconds(end), taken: 40, over: .seconds(19), pause: .seconds(1))
        #expect(abs(try #require(rate.perSecond(at: .seconds(end + 20))) - 3.2) < 0.1)
        cycle(&rate, from: .seconds(end + 20), taken: 80, over: .seconds(19), pause: .seconds(1))
        #expect(abs(try #require(rate.perSecond(at: .seconds(end + 40))) - 6.4) < 0.1)
    }

    @Test func aRateThatIsConfirmedGrowsSlowlyAndThenFast() throws {
        var rate = LearntRate()
        cycle(&rate, from: .zero, taken: 14, over: .seconds(14), pause: .seconds(1))
        var end = 15
        for taken in [50, 150] { _ = try isTried(&rate, end: &end, taken: taken) }
        // A little more after a hundred requests, six hundredths after three hundred; then ever faster.
        let learnt = try #require(rate.perSecond(at: .seconds(end)))
        for parts in [1.0, 2, 3] {
            let beyond = try #require(rate.perSecond(at: .seconds(end) + .seconds(100 * parts / learnt))) / learnt - 1
            #expect(abs(beyond - parts * parts / 150) < 0.001)
        }
        #expect(try #require(rate.perSecond(at: .seconds(end) + .seconds(300 / learnt + 12))) > 1000 * learnt)
    }

    /// What a storm taught is gone with it: refusals came every other second, and now none.
    @Test func aRateThatAStormTaughtHoldsNobodyUpForHalfAMinute() throws {
        for cycles in 1...12 {
            var rate = LearntRate()
            for number in 0..<cycles {
                cycle(&rate, from: .seconds(2 * number), taken: 80, over: .seconds(1), pause: .seconds(1))
            }
            let learnt = try #require(rate.perSecond(at: .seconds(2 * cycles)))
            #expect(learnt >= 12 && learnt < 70)
            #expect(try #require(rate.perSecond(at: .seconds(2 * cycles + 27))) > 100 * learnt)
        }
    }

    @Test func aRateThatIsNotConfirmedGrowsFast() throws {
        var rate = LearntRate()
        cycle(&rate, from: .zero, taken: 190, over: .seconds(14), pause: .seconds(1))
        #expect(abs(try #require(rate.perSecond(at: .seconds(15))) - 10) < 0.1)
        #expect(abs(try #require(rate.perSecond(at: .seconds(25))) - 20) < 0.2)
        // After a long time without a refusal it is as good as forgotten.
        #expect(try #require(rate.perSecond(at: .seconds(3600))) > 10_000)
        // Another cycle that gives quite another rate is not believed at once either.
        cycle(&rate, from: .seconds(15), taken: 300, over: .seconds(9), pause: .seconds(1))
        #expect(abs(try #require(rate.perSecond(at: .seconds(25))) - 30) < 0.2)
        #expect(abs(try #require(rate.perSecond(at: .seconds(35))) - 60) < 0.4)
    }

    @Test func aTimeWithNothingToSendDoesNotLowerTheRate() throws {
        var rate = LearntRate()
        cycle(&rate, from: .seconds(3600), taken: 300, over: .seconds(25), pause: .seconds(5))
        // An hour without requests counts as half a minute.
        #expect(abs(try #require(rate.perSecond(at: .seconds(3630))) - 5) < 0.1)
    }

    @Test func requestsThatAreRefusedTogetherCountAsNone() throws {
        var rate = LearntRate()
        for _ in 0..<100 { rate.start(at: .zero) }
        for _ in 0..<50 { rate.refuse(at: .seconds(1)) }
        rate.open(at: .seconds(10), after: .limit)
        #expect(abs(try #require(rate.perSecond(at: .seconds(10))) - 5) < 0.001)
    }

    @Test func aRefusalThatCameByChanceTeachesNothing() {
        var rate = LearntRate()
        cycle(&rate, from: .zero, taken: 30, over: .seconds(1), pause: .seconds(1), cause: .chance)
        for (number, taken) in [40, 8, 90, 33, 12].enumerated() {
            let cause = number.isMultiple(of: 2) ? RefusalEvidence.Cause.unclear : .chance
            cycle(
                &rate, from: .seconds(2 + 2 * number), taken: taken, over: .seconds(1), pause: .seconds(1), cause: cause
            )
            #expect(rate.nextStart == nil && rate.perSecond(at: .seconds(20)) == nil)
        }
        // What a limit refuses is believed at once.
        cycle(&rate, from: .seconds(12), taken: 60, over: .seconds(1), pause: .seconds(5), cause: .limit)
        #expect(rate.perSecond(at: .seconds(18)) == 10)
    }

    @Test func refusalsThatStandAloneAreALimitWhereThreeCyclesAgree() {
        var rate = LearntRate()
        cycle(&rate, from: .zero, taken: 30, over: .seconds(1), pause: .seconds(1), cause: .chance)
        for (number, taken) in [20, 21, 20].enumerated() {
            #expect(rate.nextStart == nil)
            let start = Duration.seconds(2 + 2 * number)
            cycle(&rate, from: start, taken: taken, over: .seconds(1), pause: .seconds(1), cause: .unclear)
        }
        #expect(rate.perSecond(at: .seconds(8)) == 10)
    }

    @Test func refusalsAtLongDistancesAreNoReasonToSendLess() {
        var rate = LearntRate()
        cycle(&rate, from: .zero, taken: 30, over: .seconds(1), pause: .seconds(1), cause: .chance)
        for number in 0..<5 {
            let start = Duration.seconds(2 + 10 * number)
            cycle(&rate, from: start, taken: 30, over: .seconds(8), pause: .seconds(2), cause: .unclear)
            #expect(rate.nextStart == nil)
        }
    }

    @Test func aRateIsGivenUpWhereRefusalsComeBeforeItAndWithoutRule() {
        var rate = LearntRate()
        cycle(&rate, from: .zero, taken: 110, over: .seconds(1), pause: .seconds(10))
        #expect(rate.perSecond(at: .seconds(11)) == 10)
        // One alone does not lower it.
        cycle(&rate, from: .seconds(11), taken: 6, over: .seconds(1), pause: .seconds(1), cause: .unclear)
        #expect(rate.perSecond(at: .seconds(13)) == 10)
        cycle(&rate, from: .seconds(13), taken: 15, over: .seconds(1), pause: .seconds(1), cause: .unclear)
        #expect(rate.nextStart == nil)
    }

    @Test func aLimitThatFellIsFollowedWhereThreeCyclesAgree() {
        var rate = LearntRate()
        cycle(&rate, from: .zero, taken: 110, over: .seconds(1), pause: .seconds(10))
        for number in 0..<3 {
            #expect(rate.perSecond(at: .seconds(11 + 2 * number)) == 10)
            let start = Duration.seconds(11 + 2 * number)
            cycle(&rate, from: start, taken: 10, over: .seconds(1), pause: .seconds(1), cause: .unclear)
        }
        #expect(rate.perSecond(at: .seconds(17)) == 5)
        // Where many are refused together one cycle is enough.
        cycle(&rate, from: .seconds(17), taken: 4, over: .seconds(1), pause: .seconds(1), cause: .limit)
        #expect(rate.perSecond(at: .seconds(19)) == 2)
    }
}
