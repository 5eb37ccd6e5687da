import Testing

@testable import BatchEngine

/// How streams are shared between providers.
struct SlotSharesTests {
    private func shares(_ demands: [(running: Int, needed: Int)]) -> [Bool] {
        let shares = SlotShares(
            demands.map { SlotShares.Demand(running: $0.running, needed: $0.needed) }, total: 64,
            running: demands.reduce(0) { $0 + $1.running })
        return demands.indices.map(shares.mayStart)
    }

    @Test func aSlowProviderDoesNotFillTheRunWhileAFastOneHasJobs() {
        #expect(shares([(32, 64), (10, 64)]) == [false, true])
        #expect(shares([(20, 64), (10, 64)]) == [true, true])
    }

    @Test func whatOthersDoNotNeedMayBeTaken() {
        #expect(shares([(40, 64), (4, 4)]) == [true, true])
        #expect(shares([(60, 64), (0, 4)]) == [false, true])
        // One that is paused needs nothing.
        #expect(shares([(63, 64), (0, 0)]) == [true, true])
    }
}
