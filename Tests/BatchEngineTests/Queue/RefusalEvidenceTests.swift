import Testing

@testable import BatchEngine

/// Refusals of a limit and refusals by chance.
struct RefusalEvidenceTests {
    /// How many were under way that were sent since the refused one, itself included; how many of these were refused;
    /// how many probes after them.
    @Test(arguments: [
        (1, 1, 0, RefusalEvidence.Cause.unclear), (3, 1, 0, .unclear), (2, 2, 0, .unclear), (5, 2, 0, .unclear),
        (4, 1, 0, .chance), (64, 1, 0, .chance), (64, 21, 0, .chance), (64, 22, 0, .unclear), (6, 2, 0, .chance),
        (3, 3, 0, .limit), (6, 3, 0, .limit), (7, 3, 0, .unclear), (64, 32, 0, .limit), (64, 64, 0, .limit),
        // What is refused again and again is refused for a reason.
        (1, 1, 1, .unclear), (1, 1, 2, .limit), (6, 1, 3, .unclear), (6, 1, 4, .limit),
    ])
    func aLimitRefusesMostOfWhatWasSentSince(sent: Int, refused: Int, probes: Int, cause: RefusalEvidence.Cause) {
        var evidence = RefusalEvidence(sent: sent, at: .seconds(1))
        for _ in 1..<max(refused, 1) { evidence.add(started: .milliseconds(500)) }
        for probe in 0..<probes { evidence.add(started: .seconds(2 + probe)) }
        #expect(evidence.cause == cause)
    }

    @Test func cyclesAgreeToATenthOrOneRequest() {
        var rate = RepeatedRate()
        #expect(rate.add(requests: 100, seconds: 10) && !rate.isOfLimit)
        #expect(rate.add(requests: 220, seconds: 20) && !rate.isOfLimit)
        #expect(rate.add(requests: 3, seconds: 0.2) && rate.isOfLimit)
        #expect(!rate.add(requests: 100, seconds: 10) && !rate.isOfLimit)
        #expect(rate.add(requests: 100, seconds: 10) && !rate.isOfLimit)
    }
}
