import Testing

@testable import MockProvider

/// The seeded mix of faults, and the counting of attempts.
@Suite struct FlakyTests {
    private let behavior = MockBehavior.with { $0.flakyPercent = 20 }

    @Test func failsATellableShareOfRequestsInFourWays() {
        let draw = FaultDraw(seed: 1)
        let faults = (0..<10_000).map { draw.fault(of: behavior, request: UInt64($0), attemptsBefore: 0) }
        let bad = faults.filter { $0 != MockFault() }
        #expect((1_800...2_200).contains(bad.count))
        #expect(bad.filter { $0.status == 429 && ["0", "1"].contains($0.retryAfter) }.count > 300)
        #expect(bad.filter { $0.status == 503 }.count > 300)
        #expect(bad.filter { $0.cutChunk == .middle }.count > 300)
        #expect(bad.filter { $0.inBandErrorChunk == .middle }.count > 300)
    }

    @Test func isTheSameForTheSameSeedOnly() {
        let faults = [1, 1, 2].map { seed in
            (0..<100).map { FaultDraw(seed: seed).fault(of: behavior, request: UInt64($0), attemptsBefore: 0) }
        }
        #expect(faults[0] == faults[1])
        #expect(faults[0] != faults[2])
    }

    @Test func failsAtMostThreeTimesInARow() {
        let always = MockBehavior.with { $0.flakyPercent = 100 }
        let draw = FaultDraw(seed: 7)
        for request in 0..<100 as Range<UInt64> {
            for attemptsBefore in 0..<3 {
                #expect(draw.fault(of: always, request: request, attemptsBefore: attemptsBefore) != MockFault())
            }
            #expect(draw.fault(of: always, request: request, attemptsBefore: 3) == MockFault())
        }
    }

    @Test func countsTriesOfEachRequestAndForgetsOnlyOldOnes() {
        var counter = AttemptCounter()
        #expect((0..<3).map { _ in counter.countAttempt(of: 5) } == [0, 1, 2])
        #expect(counter.countAttempt(of: 6) == 0)
        for request in 100..<131_172 as Range<UInt64> { _ = counter.countAttempt(of: request) }
        #expect(counter.countAttempt(of: 5) == 3, "a request sent within the last 131,072 different ones is known")
        for request in 200_000..<500_000 as Range<UInt64> { _ = counter.countAttempt(of: request) }
        #expect(counter.countAttempt(of: 5) == 0, "a very old one is forgotten")
    }

    @Test func aResumedTryHasTheKeyOfTheFirst() {
        func key(_ body: String) -> UInt64 { RequestKey.key(path: "/v1/chat/completions", body: Array(body.utf8)) }
        let first = key(#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"a"}]}"#)
        let resumed = key(
            #"{"model":"m","max_tokens":5,"continue_final_message":true,"add_generation_prompt":false,"messages":"#
                + #"[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}"#)
        let other = key(#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"b"}]}"#)
        #expect(first == resumed)
        #expect(first != other)
    }
}
