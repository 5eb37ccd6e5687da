import Testing

@testable import BatchEngine

/// The wish to stop only ever goes further.
struct RunStopTests {
    private typealias Stop = RunStop<ManualClock.Instant>

    private let early = ManualClock.Instant(nanoseconds: 1)
    private let late = ManualClock.Instant(nanoseconds: 2)

    @Test func theFirstRequestGivesTimeAndTheSecondNone() {
        var stop = Stop.none
        stop.request(deadline: early)
        #expect(stop == .draining(until: early))
        stop.request(deadline: late)
        #expect(stop == .now)
        stop.request(deadline: late)
        #expect(stop == .now)
    }

    @Test func aLimitEndsTheIntakeOnceAndIsOverruledByAStop() {
        var stop = Stop.none
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
}
