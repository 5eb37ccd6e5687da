import Foundation
import NIOCore
import Testing

@testable import MockProvider

/// The rates at which the mock admits requests, and the headers that report them.
@Suite struct RateLimitTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    private func limiter(rpm: Int? = nil, tpm: Int? = nil, burst: Duration = .seconds(2)) -> RateLimiter {
        var limits = RateLimits()
        limits.requestsPerMinute = rpm
        limits.tokensPerMinute = tpm
        limits.burst = burst
        return RateLimiter(limits)
    }

    @Test func admitsExactlyTheRateAfterTheBurst() throws {
        let limiter = limiter(rpm: 600)
        var admitted = 0
        for millisecond in 0..<60_000 {
            let now = start + .milliseconds(Int64(millisecond))
            admitted += limiter.admit(key: "k", tokens: 1, now: now)?.isAdmitted == true ? 1 : 0
        }
        // Two seconds of the rate at once, then ten a second.
        #expect((618...620).contains(admitted), "\(admitted)")
    }

    @Test func aRefusedRequestIsAdmittedAfterTheWaitThatItWasTold() throws {
        let limiter = limiter(rpm: 60, burst: .seconds(1))
        #expect(limiter.admit(key: "k", tokens: 1, now: start)?.isAdmitted == true)
        let later = start + .milliseconds(250)
        let refused = try #require(limiter.admit(key: "k", tokens: 1, now: later))
        #expect(!refused.isAdmitted)
        #expect(refused.wait == .milliseconds(750))
        let early = later + TimeAmount(refused.wait) - .milliseconds(1)
        #expect(limiter.admit(key: "k", tokens: 1, now: early)?.isAdmitted == false)
        #expect(limiter.admit(key: "k", tokens: 1, now: later + TimeAmount(refused.wait))?.isAdmitted == true)
    }

    @Test func tokensAreTakenTooAndMoreThanTheBucketHoldsOnceItIsFull() throws {
        let limiter = limiter(tpm: 6_000, burst: .seconds(1))
        // The bucket holds 100 tokens; 300 make a debt of 200, which takes two seconds, and one more to be full.
        #expect(limiter.admit(key: "k", tokens: 300, now: start)?.isAdmitted == true)
        let refused = try #require(limiter.admit(key: "k", tokens: 300, now: start))
        #expect(refused.wait == .seconds(3))
        #expect(refused.lacksTokens)
        #expect(refused.refusal(of: "m").message.contains("tokens per min (TPM)"))
    }

    @Test func eachKeyHasItsOwn() {
        let limiter = limiter(rpm: 60, burst: .seconds(1))
        #expect(
            ["a", "a", "b"].map { limiter.admit(key: $0, tokens: 1, now: start)?.isAdmitted } == [true, false, true])
    }

    @Test func aChangedLimitHoldsFromThenOn() throws {
        let limiter = limiter(rpm: 600, burst: .seconds(6))
        for _ in 0..<10 { _ = limiter.admit(key: "k", tokens: 1, now: start) }
        limiter.change(now: start) { $0.requestsPerMinute = 60 }
        let admission = try #require(limiter.admit(key: "k", tokens: 1, now: start))
        #expect(admission.requests?.perMinute == 60)
        #expect(admission.requests?.remaining == 5, "what was left is kept up to the new capacity of 6")
        limiter.change(now: start) { $0.requestsPerMinute = nil }
        #expect(limiter.admit(key: "k", tokens: 1, now: start) == nil)
    }

    private func headers(
        _ style: RateLimitStyle, _ form: RetryAfterForm = .seconds, isError: Bool, unixTime: Double = 1_792_567_680
    ) -> [String: String] {
        var limits = RateLimits()
        limits.requestsPerMinute = 60
        limits.tokensPerMinute = 6_000
        limits.burst = .seconds(60)
        limits.headers = style
        limits.retryAfter = form
        let limiter = RateLimiter(limits)
        for _ in 0..<59 { _ = limiter.admit(key: "k", tokens: 40, now: start) }
        if isError { _ = limiter.admit(key: "k", tokens: 40, now: start) }
        let admission = limiter.admit(key: "k", tokens: 40, now: start)
        let told = admission?.headers(isError: isError, unixTime: unixTime) ?? []
        return Dictionary(told, uniquingKeysWith: { "\($0),\($1)" })
    }

    @Test(arguments: [
        (
            RateLimitStyle.openai,
            [
                "x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-requests": "1m0s", "x-ratelimit-limit-tokens": "6000",
                "x-ratelimit-remaining-tokens": "3600", "x-ratelimit-reset-tokens": "24s",
            ]
        ),
        (
            .azure,
            [
                "x-ratelimit-limit-requests": "60", "x-ratelimit-reset-requests": "60",
                "x-ratelimit-renewalperiod-tokens": "60",
            ]
        ),
        (
            .anthropic,
            [
                "anthropic-ratelimit-requests-limit": "60", "anthropic-ratelimit-requests-remaining": "0",
                "anthropic-ratelimit-requests-reset": "2026-10-21T07:29:00Z",
                "anthropic-ratelimit-input-tokens-remaining": "3600",
                "anthropic-ratelimit-output-tokens-limit": "6000", "retry-after": "17",
            ]
        ),
        (
            .mistral,
            [
                "x-ratelimit-limit-req-minute": "60", "x-ratelimit-remaining-tokens-minute": "3600",
                "x-ratelimit-tokens-query-cost": "40",
            ]
        ),
        (.openrouter, [:]), (.none, [:]),
    ])
    func tellsTheLimitsAsEachProviderDoes(style: RateLimitStyle, expected: [String: String]) {
        let told = headers(style, isError: false)
        for (name, value) in expected { #expect(told[name] == value, "\(name)") }
        if expected.isEmpty { #expect(told.isEmpty) }
    }

    @Test func openRouterTellsThemOnErrorsOnly() {
        let told = headers(.openrouter, .none, isError: true)
        #expect(told["X-RateLimit-Limit"] == "60")
        #expect(told["X-RateLimit-Remaining"] == "0")
        #expect(told["X-RateLimit-Reset"] == "1792567740000")
    }

    @Test(
        arguments: [
            (RetryAfterForm.none, [:]), (.seconds, ["retry-after": "1"]), (.ms, ["retry-after-ms": "1000"]),
            (.both, ["retry-after": "1", "retry-after-ms": "1000"]),
            (.zeroms, ["retry-after": "1", "retry-after-ms": "0"]),
            (.date, ["retry-after": "Wed, 21 Oct 2026 07:28:01 GMT"]),
        ] as [(RetryAfterForm, [String: String])])
    func tellsWhenToComeAgainInEveryForm(form: RetryAfterForm, expected: [String: String]) {
        #expect(headers(.none, form, isError: true) == expected)
    }

    @Test(arguments: [
        (Duration.zero, "0s"), (.milliseconds(12), "12ms"), (.seconds(1), "1s"), (.milliseconds(17_400), "17.4s"),
        (.seconds(360), "6m0s"), (.milliseconds(61_500), "1m1.5s"),
    ])
    func writesDurationsAsGoDoes(duration: Duration, expected: String) {
        #expect(Admission.goDuration(duration) == expected)
    }

    @Test func writesDatesOfAnyDay() {
        var generator = SystemRandomNumberGenerator()
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "GMT")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        let leapDays: [Double] = [951_782_400, 1_709_164_799, 1_709_164_800, 4_107_542_400, 0]
        for time in leapDays + (0..<200).map({ _ in Double(Int.random(in: 0..<8_000_000_000, using: &generator)) }) {
            let expected = formatter.string(from: Date(timeIntervalSince1970: time))
            #expect(Timestamp(unixTime: time).httpDate == expected, "\(time)")
        }
    }

    @Test(arguments: TestDialect.allCases)
    func refusesOverTheWire(dialect: TestDialect) async throws {
        var configuration = MockConfiguration()
        configuration.rateLimits.requestsPerMinute = 1
        configuration.rateLimits.headers = .openai
        try await withServer(configuration) { server in
            let body = dialect.body(model: "count-2+status=500+times=1")
            let failed = try await server.post(dialect, body)
            #expect(failed.status == 500, "an admitted request meets its fault")
            #expect(failed.header("x-ratelimit-limit-requests") == "1")
            let refused = try await server.post(dialect, body)
            #expect(refused.status == 429)
            #expect(refused.header("retry-after").flatMap { Int($0) }.map { (1...60).contains($0) } == true)
            #expect(refused.header("x-ratelimit-remaining-requests") == "0")
            #expect(refused.text.contains("Rate limit reached for count-2"))
            let other = try await server.post(dialect, body, headers: [("x-api-key", "other")])
            #expect(other.status == 200, "the refused request was no try of it, so the fault is over")
        }
    }

    @Test func countsTheTokensOfPromptAndAnswer() async throws {
        var configuration = MockConfiguration()
        configuration.rateLimits.tokensPerMinute = 6_000
        configuration.rateLimits.burst = .seconds(60)
        configuration.rateLimits.headers = .mistral
        let response = try await withServer(configuration) {
            try await $0.post(.chat, TestDialect.chat.body(model: "count-100", user: "one two three"))
        }
        #expect(response.header("x-ratelimit-tokens-query-cost") == "103")
        #expect(response.header("x-ratelimit-remaining-tokens-minute") == "5897")
    }
}
