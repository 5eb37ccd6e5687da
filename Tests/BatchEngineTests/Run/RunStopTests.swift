import Testing

@testable import BatchEngine

/// The wish to stop only ever goes further.
struct RunStopTests {
    private let early = Duration.seconds(1)
    private let late = Duration.seconds(2)

    @Test func theFirstRequestGivesTimeAndTheSecondNone() {
        var stop = RunStop.none
        stop.request(deadline: early)
        #expect(stop == .draining(until: early))
        stop.request(deadline: late)
        #expect(stop == .now)
        stop.request(deadline: late)
        #expect(stop == .now)
    }

    @Test func aLimitEndsTheIntakeOnceAndIsOverruledByAStop() {
        var stop = RunStop.none
        stop.endIntake(.limited("fail-fast"))
        stop.endIntake(.limited("max-cost"))
        #expect(stop == .intake(.limited("fail-fast")))
        stop.request(deadline: early)
        stop.endIntake(.limited("max-cost"))
        #expect(stop == .draining(until: early))
        stop = .now
        stop.endIntake(.limited("max-cost"))
        #expect(stop == .now)
    }

    @Test func aFailureOfTheStoreOverrulesEverythingAndTheFirstOneStands() {
        for start in [RunStop.none, .intake(.limited("max-cost")), .draining(until: early), .now] {
            var stop = start
            stop.fail("the disk is full")
            stop.request(deadline: late)
            stop.close()
            stop.endIntake(.limited("max-cost"))
            stop.fail("something later")
            #expect(stop.ending == .storeFailed("the disk is full"))
        }
    }
}
