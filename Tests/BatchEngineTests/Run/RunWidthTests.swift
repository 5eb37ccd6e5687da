import Testing

@testable import BatchEngine

/// How a run comes to another number of streams (Contract, "Control").
struct RunWidthTests {
    private func streams(_ width: RunWidth, _ seconds: Double) -> Int {
        width.allowance(at: .seconds(seconds), share: .whole).streams
    }

    @Test func aHigherBoundIsReachedInStepsFromWhatWasAllowed() {
        var width = RunWidth(limit: 100, ramp: StartRamp())
        #expect([0, 1, 2].map { streams(width, $0) } == [32, 64, 100])
        width.set(1000, at: .seconds(60), share: .whole)
        #expect([60, 60.9, 61, 62, 63, 64].map { streams(width, $0) } == [100, 100, 200, 400, 800, 1000])
        #expect(width.allowance(at: .seconds(61.5), share: .whole).grows == .seconds(62))
        #expect(width.allowance(at: .seconds(64), share: .whole).grows == nil)
    }

    @Test func aLowerBoundHoldsAtOnceAndAHigherOneBehindItBeginsAsARunDoes() {
        var width = RunWidth(limit: 1000, ramp: StartRamp())
        width.set(4, at: .seconds(30), share: .whole)
        #expect(streams(width, 30) == 4)
        width.set(1000, at: .seconds(40), share: .whole)
        #expect([40, 41].map { streams(width, $0) } == [32, 64])
        width.set(2, at: .seconds(41.5), share: .whole)
        width.set(20, at: .seconds(42), share: .whole)
        #expect(streams(width, 42) == 20)
    }

    @Test func withoutARampItIsReachedAtOnce() {
        var ramp = StartRamp()
        ramp.step = .zero
        var width = RunWidth(limit: 1, ramp: ramp)
        width.set(500, at: .seconds(1), share: .whole)
        #expect(streams(width, 1) == 500)
    }

    @Test func whatRefusalsHaveLeftStaysWhenTheBoundChanges() {
        var window = ConcurrencyWindow(bound: 64)
        window.set(bound: 200, at: .seconds(1))
        #expect(window.streams(at: .seconds(1)) == 200)
        _ = window.refuse(running: 200, started: .seconds(1), at: .seconds(2))
        #expect(window.streams(at: .seconds(2)) == 100)
        window.set(bound: 400, at: .seconds(3))
        #expect((100...101).contains(window.streams(at: .seconds(3))))
        window.set(bound: 10, at: .seconds(3))
        #expect(window.streams(at: .seconds(3)) == 10)
        window.set(bound: 50, at: .seconds(4))
        #expect(window.streams(at: .seconds(4)) == 50)
        // What was covered by the lower bounds comes to light again.
        window.set(bound: 400, at: .seconds(4))
        #expect((100...101).contains(window.streams(at: .seconds(4))))
    }

    @Test func aRefusalUnderALowerBoundIsTheNewestThatIsKnown() {
        var window = ConcurrencyWindow(bound: 64)
        _ = window.refuse(running: 64, started: .seconds(1), at: .seconds(2))
        window.set(bound: 16, at: .seconds(3))
        _ = window.refuse(running: 16, started: .seconds(4), at: .seconds(5))
        window.set(bound: 64, at: .seconds(5))
        #expect(window.streams(at: .seconds(5)) == 8)
        window.giveBack()
        window.set(bound: 128, at: .seconds(6))
        #expect(window.streams(at: .seconds(6)) == 128, "it was chance")
    }
}
