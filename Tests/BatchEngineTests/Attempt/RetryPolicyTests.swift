import BatchEngine
import LLMStreaming
import Testing

/// Whether and when a failed attempt is followed by another (Contract, "Retry").
struct RetryPolicyTests {
    private let policy = RetryPolicy()

    @Test(arguments: ErrorKind.allCases)
    func eachKindIsRetriedOrNot(kind: ErrorKind) {
        let decision = policy.decide(LLMError(kind, ""), countedBefore: 0, attempts: 1, fraction: 1)
        switch kind {
        case .auth, .quota: #expect(decision == .stopProvider)
        case .rateLimit: #expect(decision == .retry(after: .seconds(1), costs: .nothing))
        case .dns, .connect, .proxy, .timeoutConnect, .timeoutFirstToken, .timeoutIdle, .timeoutStall, .cut,
            .overloaded, .server, .decode, .outage:
            #expect(decision == .retry(after: .seconds(1), costs: .attempt))
        case .notFound: #expect(decision == .stopModel)
        // Of the job, or of everybody: another try tells.
        case .permission, .tls, .redirect: #expect(decision == .retry(after: .seconds(1), costs: .attempt))
        case .timeoutJob, .invalidRequest, .contentPolicy, .contextLength,
            .oversizedEvent, .oversizedCompletion, .invalidAnswer, .timeoutCheck, .repetition, .cancelled:
            #expect(decision == .fail)
        }
    }

    @Test(
        arguments: [
            (LLMError(.redirect, "elsewhere", httpStatus: 302), RetryPolicy.Decision.stopProvider),
            (LLMError(.tls, "no certificate"), .stopProvider),
            (LLMError(.permission, "", httpStatus: 403), .stopProvider),
            (LLMError(.proxy, "407", shouldRetry: false), .stopProvider),
            (LLMError(.decode, "sent text/html instead of an event stream: <html>"), .stopProvider),
            (LLMError(.invalidRequest, "<!DOCTYPE html>", httpStatus: 400), .stopProvider),
            (LLMError(.invalidRequest, "Method Not Allowed", httpStatus: 405), .stopProvider),
            (LLMError(.invalidRequest, "This organization has been disabled.", httpStatus: 400), .stopProvider),
            (LLMError(.invalidRequest, "Invalid model name passed in model=m.", httpStatus: 400), .stopModel),
            (LLMError(.invalidRequest, "Server is pinned to m", httpStatus: 400), .stopModel),
            (LLMError(.server, "model 'm' not found", httpStatus: 500), .stopModel),
        ])
    func whatEverybodyGetsStopsWhomItIsOf(error: LLMError, stop: RetryPolicy.Decision) {
        func decision(_ change: (inout RetryCircumstances) -> Void) -> RetryPolicy.Decision {
            var circumstances = RetryCircumstances()
            change(&circumstances)
            return policy.decide(error, countedBefore: 1, attempts: 2, circumstances: circumstances, fraction: 0)
        }
        #expect(decision { _ in } == .retry(after: .zero, costs: .attempt))
        #expect(decision { $0.isRefusedToAll = true } == stop)
        // What may pass is tried on; of the rest nothing more is to be learnt from one job.
        let isPassing = error.kind == .decode || error.kind == .server
        #expect(decision { $0.wasRefused = true } == (isPassing ? .retry(after: .zero, costs: .attempt) : .fail))
    }

    @Test func aPaymentThatIsRequiredOnceDoesNotStopTheProvider() {
        let error = LLMError(.quota, "", httpStatus: 402, code: "insufficient_quota")
        #expect(
            policy.decide(error, countedBefore: 0, attempts: 1, fraction: 1)
                == .retry(after: .seconds(1), costs: .attempt))
        let limit = LLMError(.quota, "", httpStatus: 429, code: "insufficient_quota")
        #expect(policy.decide(limit, countedBefore: 0, attempts: 1, fraction: 1) == .stopProvider)
    }

    @Test(arguments: zip(0...8, [1, 2, 4, 8, 16, 32, 60, 60, 60]))
    func theWaitIsDrawnUpToADoublingBound(counted: Int, bound: Int) {
        var policy = policy
        policy.maximumAttempts = 10
        for fraction in [0, 0.25, 1] {
            let decision = policy.decide(
                LLMError(.server, ""), countedBefore: counted, attempts: counted + 1, fraction: fraction)
            #expect(decision == .retry(after: .seconds(bound) * fraction, costs: .attempt))
        }
    }

    @Test func theLastAttemptThatCountsFailsTheJob() {
        let error = LLMError(.server, "")
        #expect(
            policy.decide(error, countedBefore: 3, attempts: 4, fraction: 0) == .retry(after: .zero, costs: .attempt))
        #expect(policy.decide(error, countedBefore: 4, attempts: 5, fraction: 0) == .fail)
        #expect(policy.decide(error, countedBefore: 9, attempts: 9, fraction: 0) == .fail)
    }

    @Test func aRateLimitNeverFailsAJob() {
        let error = LLMError(.rateLimit, "")
        let decision = policy.decide(error, countedBefore: 4, attempts: 5000, fraction: 1)
        #expect(decision == .retry(after: .seconds(60), costs: .nothing))
    }

    @Test func aRequestLargerThanAMinutesLimitDoesNotWaitForEver() {
        var circumstances = RetryCircumstances()
        circumstances.isOverRate = true
        func decision(_ attempts: Int) -> RetryPolicy.Decision {
            policy.decide(
                LLMError(.rateLimit, ""), countedBefore: 0, attempts: attempts, circumstances: circumstances,
                fraction: 0)
        }
        // The size is a guess: some refusals may be of others' tokens.
        #expect(decision(7) == .retry(after: .zero, costs: .nothing))
        #expect(decision(8) == .fail)
    }

    @Test(arguments: [(5, 1), (60, 12), (150, 30), (3600, 30), (86_400, 30)])
    func retryAfterIsHonouredWithAFifthOrHalfAMinuteOnTop(asked: Int, most: Int) {
        for kind in [ErrorKind.rateLimit, .overloaded] {
            let error = LLMError(kind, "", retryAfter: .seconds(asked))
            for (fraction, added) in [(0.0, 0.0), (0.5, 0.5), (1, 1)] {
                guard
                    case .retry(let wait, _) = policy.decide(error, countedBefore: 0, attempts: 1, fraction: fraction)
                else { return #expect(Bool(false), "not retried") }
                #expect(wait == .seconds(asked) + .seconds(most) * added)
            }
        }
    }

    @Test func aRetryAfterOfZeroIsNone() {
        let error = LLMError(.rateLimit, "", retryAfter: .zero)
        let decision = policy.decide(error, countedBefore: 0, attempts: 3, fraction: 1)
        #expect(decision == .retry(after: .seconds(4), costs: .nothing))
    }

    @Test func theProvidersWordIsObeyedButNotWhereARetryIsUseless() {
        func decision(_ kind: ErrorKind, _ shouldRetry: Bool) -> RetryPolicy.Decision {
            policy.decide(LLMError(kind, "", shouldRetry: shouldRetry), countedBefore: 0, attempts: 1, fraction: 0)
        }
        #expect(decision(.server, false) == .fail)
        #expect(decision(.rateLimit, false) == .fail)
        #expect(decision(.notFound, true) == .retry(after: .zero, costs: .attempt))
        for kind in [ErrorKind.invalidRequest, .contextLength, .contentPolicy] {
            #expect(decision(kind, true) == .fail)
        }
        #expect(decision(.auth, true) == .stopProvider)
        #expect(decision(.quota, true) == .stopProvider)
    }

    @Test func aLongerAnswerThanEverStartsTheCountAnewTenTimesTheBoundInAll() {
        func decision(_ attempts: Int, _ counted: Int = 4) -> RetryPolicy.Decision {
            policy.decide(LLMError(.cut, ""), countedBefore: counted, attempts: attempts, isLonger: true, fraction: 1)
        }
        #expect(decision(5) == .retry(after: .seconds(1), costs: .startsAnew))
        #expect(decision(45) == .retry(after: .seconds(1), costs: .startsAnew))
        #expect(decision(46) == .fail)
        #expect(decision(46, 0) == .retry(after: .seconds(1), costs: .attempt))
    }

    @Test func whoAllowsOneAttemptGetsOneRequestHoweverLongTheAnswer() {
        var policy = policy
        policy.maximumAttempts = 1
        let decision = policy.decide(LLMError(.cut, ""), countedBefore: 0, attempts: 1, isLonger: true, fraction: 1)
        #expect(decision == .fail)
    }
}
