import Testing

@testable import BatchEngine

/// How many streams may be open how soon after the start.
struct StartRampTests {
    private let ramp = StartRamp()

    @Test func theBoundDoublesWithEachStepUpToTheLimit() {
        let times: [(Int, Int, Int?)] = [
            (0, 32, 1000), (999, 32, 1000), (1000, 64, 2000), (1999, 64, 2000), (2000, 128, 3000), (4000, 512, 5000),
            (4999, 512, 5000), (5000, 1000, nil), (100_000_000, 1000, nil),
        ]
        for (milliseconds, streams, grows) in times {
            let allowance = ramp.allowance(after: .milliseconds(milliseconds), limit: 1000)
            #expect(allowance.streams == streams, "after \(milliseconds) ms")
            #expect(allowance.grows == grows.map { .milliseconds($0) }, "after \(milliseconds) ms")
        }
    }

    @Test func aSmallLimitNeedsNoRamp() {
        for limit in [1, 31, 32] {
            #expect(ramp.allowance(after: .zero, limit: limit) == .init(streams: limit, grows: nil))
        }
        #expect(ramp.allowance(after: .zero, limit: 33).streams == 32)
    }

    @Test func theBoundNeverOverflows() {
        let allowance = ramp.allowance(after: .seconds(1_000_000_000), limit: .max)
        #expect(allowance == .init(streams: .max, grows: nil))
    }

    @Test func aStepOfZeroIsNoRamp() {
        var ramp = ramp
        ramp.step = .zero
        #expect(ramp.allowance(after: .zero, limit: 1000) == .init(streams: 1000, grows: nil))
    }
}
