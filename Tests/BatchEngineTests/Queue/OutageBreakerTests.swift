import LLMStreaming
import Testing

@testable import BatchEngine

/// When a provider or model counts as out, and how it is asked meanwhile.
struct OutageBreakerTests {
    private func attempt(_ order: Int, model: Int = 0) -> AdmittedAttempt {
        AdmittedAttempt(
            place: ModelPlace(provider: 0, model: model), endpoint: 0,
            size: RequestSize(inputTokens: 1, outputTokens: 1), bytes: 1,
            started: .zero, order: order, quietSince: .zero)
    }

    @Test func halfOfTheLastTwentyAttemptsOfDifferentJobsAreAnOutage() {
        var breaker = OutageBreaker()
        func isOut(_ job: Int64, isFailure: Bool) -> Bool {
            breaker.add(job, attempt(Int(job)), isFailure: isFailure)
        }
        for job in 1...10 { #expect(!isOut(Int64(job), isFailure: false)) }
        for job in 11...19 { #expect(!isOut(Int64(job), isFailure: true)) }
        // The same job again is no other.
        for _ in 0..<20 { #expect(!isOut(19, isFailure: true)) }
        #expect(isOut(20, isFailure: true))
    }

    @Test func oneProbeAtATimeGoesOutMoreAndMoreSeldom() {
        var breaker = OutageBreaker()
        for job in 1...10 { _ = breaker.add(Int64(job), attempt(job), isFailure: true) }
        breaker.begin(since: .zero, reason: "refused", at: .zero)
        #expect(breaker.since == .zero)
        var now = Duration.zero
        for seconds in [5, 10, 20, 40, 60, 60] {
            #expect(breaker.decision(at: now) == .later(now + .seconds(seconds), .outage))
            now += .seconds(seconds)
            #expect(breaker.decision(at: now) == .now)
            breaker.start(99, probeTimeout: .seconds(15), at: now)
            #expect(breaker.decision(at: now) == .later(now + .seconds(15), .outage))
            breaker.failed(99, reason: "refused", at: now)
        }
        // A probe that is never answered holds up no other for long.
        breaker.start(100, probeTimeout: .seconds(15), at: now)
        #expect(breaker.decision(at: now + .seconds(15)) == .now)
        breaker.start(101, probeTimeout: .seconds(1000), at: now)
        #expect(breaker.decision(at: now) == .later(now + .seconds(60), .outage))
    }

    @Test func anAnswerToWhatWasSentAmidTheFailuresShowsThatItIsOver() {
        var breaker = OutageBreaker()
        for job in 1...10 { _ = breaker.add(Int64(job), attempt(10 * job), isFailure: true) }
        breaker.begin(since: .zero, reason: "refused", at: .zero)
        #expect(!breaker.isOver(byAnswerTo: attempt(9)))
        #expect(!breaker.isOver(byAnswerTo: attempt(20)))
        #expect(breaker.isOver(byAnswerTo: attempt(21)))
        breaker.end()
        #expect(breaker.since == nil && breaker.decision(at: .zero) == .now)
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
