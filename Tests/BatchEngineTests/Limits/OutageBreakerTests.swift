import LLMStreaming
import Testing

@testable import BatchEngine

/// When a provider counts as out, and how it is asked meanwhile.
struct OutageBreakerTests {
    @Test func halfOfTheLastTwentyAttemptsOfDifferentJobsOpenIt() {
        var breaker = OutageBreaker()
        for job in 1...10 { breaker.succeeded(Int64(job)) }
        for job in 11...19 { breaker.failed(Int64(job), reason: "refused", at: .seconds(1)) }
        // The same job again is no other.
        for _ in 0..<20 { breaker.failed(19, reason: "refused", at: .seconds(1)) }
        #expect(breaker.since == nil)
        breaker.failed(20, reason: "refused", at: .seconds(2))
        #expect(breaker.since == .seconds(2))
    }

    @Test func oneProbeAtATimeGoesOutMoreAndMoreSeldom() {
        var breaker = OutageBreaker()
        for job in 1...10 { breaker.failed(Int64(job), reason: "refused", at: .zero) }
        var now = Duration.zero
        for seconds in [5, 10, 20, 40, 60, 60] {
            #expect(breaker.admittance(at: now) == .later(now + .seconds(seconds), .outage))
            now += .seconds(seconds)
            #expect(breaker.admittance(at: now) == .now)
            breaker.start(99, at: now)
            #expect(breaker.admittance(at: now) == .later(now + .seconds(60), .outage))
            // Those that were under way say nothing.
            let isOver = breaker.answered(5)
            #expect(!isOver)
            breaker.failed(99, reason: "refused", at: now)
        }
        breaker.start(99, at: now)
        let isOver = breaker.answered(99)
        #expect(isOver)
        #expect(breaker.admittance(at: now) == .now)
    }

    @Test func whatAFailureSaysOfItsProvider() {
        func evidence(_ kind: ErrorKind, _ status: Int? = nil, content: Bool = false, wait: Duration? = nil)
            -> OutageEvidence
        {
            LLMError(kind, "", httpStatus: status, retryAfter: wait).outageEvidence(hasContent: content)
        }
        for kind in [ErrorKind.dns, .connect, .proxy, .timeoutConnect, .cut] { #expect(evidence(kind) == .failure) }
        #expect(evidence(.server, 500) == .failure)
        #expect(evidence(.overloaded, 503) == .failure)
        #expect(evidence(.overloaded, 503, wait: .seconds(5)) == .alive)
        #expect(evidence(.overloaded, 529) == .alive)
        #expect(evidence(.rateLimit, 429) == .alive)
        #expect(evidence(.cut, content: true) == .none)
        #expect(evidence(.cancelled) == .none)
    }
}
