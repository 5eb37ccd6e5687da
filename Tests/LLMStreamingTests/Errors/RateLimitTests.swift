import LLMStreaming
import Testing

/// What answers' heads say of limits, in every provider's form (Provider facts, "Headers").
@Suite struct RateLimitTests {
    /// 2026-04-05T14:28:30Z.
    private static let now = 1_775_399_310.0

    private static func report(_ headers: KeyValuePairs<String, String>, provider: String = "") -> RateLimitReport? {
        ResponseHead(status: 200, headers: headers.map { HeaderField($0.key, $0.value) })
            .rateLimits(provider: provider, now: now)
    }

    @Test func openAIGrantsRequestsAndTokensByTheMinute() {
        let report = Self.report(
            [
                "X-RateLimit-Limit-Requests": "15000", "x-ratelimit-limit-tokens": "40000000",
                "x-ratelimit-limit-input-images": "50000", "x-ratelimit-remaining-requests": "14999",
                "x-ratelimit-remaining-tokens": "39999493", "x-ratelimit-reset-requests": "4ms",
                "x-ratelimit-reset-tokens": "0s", "x-ratelimit-reset-input-images": "1ms",
                "x-ratelimit-limit-tokens_usage_based": "7",
            ])
        let minute = Duration.seconds(60)
        #expect(
            report?.limits == [
                RateLimit(
                    .requests, window: minute, limit: 15_000, remaining: 14_999, reset: .milliseconds(4)),
                RateLimit(.tokens, window: minute, limit: 40_000_000, remaining: 39_999_493, reset: .zero),
            ])
    }

    @Test func aLimitOfRequestsThatRefillsSlowlyIsOfADay() {
        let report = Self.report([
            "x-ratelimit-limit-requests": "200", "x-ratelimit-remaining-requests": "199",
            "x-ratelimit-reset-requests": "7m12s",
        ])
        #expect(
            report?[.requests]
                == RateLimit(
                    .requests, window: .seconds(86_400), limit: 200, remaining: 199, reset: .seconds(432)))
    }

    @Test func groqGrantsRequestsByTheDay() {
        let headers: KeyValuePairs = [
            "x-ratelimit-limit-requests": "14400", "x-ratelimit-limit-tokens": "18000",
            "x-ratelimit-remaining-requests": "14400", "x-ratelimit-remaining-tokens": "17997",
            "x-ratelimit-reset-requests": "0s", "x-ratelimit-reset-tokens": "17.399999999s",
        ]
        #expect(Self.report(headers, provider: "groq")?[.requests]?.window == .seconds(86_400))
        #expect(Self.report(headers, provider: "groq")?[.tokens]?.window == .seconds(60))
        #expect(Self.report(headers, provider: "groq")?[.tokens]?.reset == .milliseconds(17_400))
        // Of another provider nothing tells it.
        #expect(Self.report(headers, provider: "openai")?[.requests]?.window == nil)
    }

    @Test func azureNamesTheWindowInAFieldOfItsOwn() {
        let report = Self.report([
            "x-ratelimit-renewalperiod-requests": "10", "x-ratelimit-limit-requests": "100",
            "x-ratelimit-remaining-requests": "99", "x-ratelimit-reset-requests": "0",
            "x-ratelimit-limit-tokens": "100000", "x-ratelimit-remaining-tokens": "99000",
            "x-ratelimit-renewalperiod-tokens": "0", "x-ratelimit-reset-tokens": "36",
        ])
        #expect(
            report?.limits == [
                RateLimit(.requests, window: .seconds(10), limit: 100, remaining: 99, reset: .zero),
                RateLimit(.tokens, window: .seconds(60), limit: 100_000, remaining: 99_000, reset: .seconds(36)),
            ])
    }

    @Test func anthropicNamesTheTimeAtWhichAllIsThereAgain() {
        let headers: KeyValuePairs = [
            "anthropic-ratelimit-requests-limit": "4000", "anthropic-ratelimit-requests-remaining": "3999",
            "anthropic-ratelimit-requests-reset": "2026-04-05T14:28:43Z",
            "anthropic-ratelimit-input-tokens-limit": "2000000",
            "anthropic-ratelimit-output-tokens-remaining": "400000",
            "anthropic-ratelimit-tokens-reset": "2026-04-05T16:28:32.5+02:00",
            "anthropic-ratelimit-unified-status": "allowed", "retry-after": "31",
        ]
        let minute = Duration.seconds(60)
        #expect(
            Self.report(headers)?.limits == [
                RateLimit(.requests, window: minute, limit: 4000, remaining: 3999, reset: .seconds(13)),
                RateLimit(.inputTokens, window: minute, limit: 2_000_000),
                RateLimit(.outputTokens, window: minute, remaining: 400_000),
                RateLimit(.tokens, window: minute, reset: .milliseconds(2500)),
            ])
    }

    @Test func aTimeIsComparedToTheServersOwnClock() {
        let report = Self.report([
            "date": "Sun, 05 Apr 2026 14:28:40 GMT", "anthropic-ratelimit-requests-reset": "2026-04-05T14:28:43Z",
        ])
        #expect(report?[.requests]?.reset == .seconds(3))
        let passed = Self.report(["anthropic-ratelimit-requests-reset": "2026-04-05T14:28:00Z"])
        #expect(passed?[.requests]?.reset == .zero)
    }

    @Test func mistralGrantsByWindowsOfSeveralLengths() {
        let report = Self.report([
            "x-ratelimit-limit-req-minute": "60", "x-ratelimit-remaining-req-minute": "59",
            "x-ratelimit-limit-req-10-second": "10", "x-ratelimit-remaining-req-10-second": "9",
            "x-ratelimit-limit-tokens-minute": "500000", "x-ratelimit-remaining-tokens-minute": "499000",
            "x-ratelimit-limit-tokens-month": "1000000000", "x-ratelimit-tokens-query-cost": "14",
        ])
        #expect(
            report?.limits == [
                RateLimit(.requests, window: .seconds(60), limit: 60, remaining: 59),
                RateLimit(.requests, window: .seconds(10), limit: 10, remaining: 9),
                RateLimit(.tokens, window: .seconds(60), limit: 500_000, remaining: 499_000),
                RateLimit(.tokens, window: .seconds(2_592_000), limit: 1_000_000_000),
            ])
        #expect(report?[.requests]?.window == .seconds(10))
        #expect(report?[.inputTokens] == nil)
    }

    @Test func othersNameWindowOrDirectionInTheField() {
        let cerebras = Self.report([
            "x-ratelimit-limit-requests-day": "14400", "x-ratelimit-reset-requests-day": "33011.382867",
        ])
        #expect(
            cerebras?.limits == [
                RateLimit(.requests, window: .seconds(86_400), limit: 14_400, reset: .milliseconds(33_011_383))
            ])
        let fireworks = Self.report([
            "x-ratelimit-limit-tokens-prompt": "60000", "x-ratelimit-remaining-tokens-generated": "200",
        ])
        #expect(fireworks?[.inputTokens]?.limit == 60_000)
        #expect(fireworks?[.outputTokens]?.remaining == 200)
    }

    @Test(arguments: [
        ("1775399315000", 5000), ("1775399315", 5000), ("1775399300", 0), ("5", 5000), ("2026-04-05T14:28:35Z", 5000),
        ("1h2m3.5s", 3_723_500), ("26ms", 26), ("1µs", 1),
    ])
    func aBareResetIsSecondsOrATimeByItsSize(_ value: String, _ milliseconds: Int) {
        let report = Self.report([
            "X-RateLimit-Limit": "20", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": value,
        ])
        #expect(report?.limits.count == 1)
        #expect(report?[.requests]?.limit == 20)
        #expect(report?[.requests]?.remaining == 0)
        #expect(report?[.requests]?.reset == .milliseconds(milliseconds))
    }

    @Test(arguments: ["", "soon", "-1", "1e3", "6m0", "m", "inf", "2026-13-05T14:28:35Z", "2026-04-05", "5 s"])
    func aResetThatIsNoTimeIsNone(_ value: String) {
        #expect(Self.report(["x-ratelimit-reset-requests": value]) == nil)
    }

    @Test func aHeadWithoutFieldsOfLimitsHasNoReport() {
        #expect(
            Self.report(["content-type": "text/event-stream", "retry-after": "2", "x-ratelimit-limit": "many"]) == nil)
    }

    @Test(arguments: [
        ("2026-04-05T14:28:30Z", now), ("2026-04-05t14:28:30.25z", now + 0.25), ("1970-01-01T00:00:00Z", 0),
        ("2026-04-05T10:28:30-04:00", now),
    ])
    func timesOfTheInternetForm(_ text: String, _ seconds: Double) {
        #expect(InternetTime.unixSeconds(text) == seconds)
    }

    @Test(arguments: [
        "2026-04-05T14:28:30", "2026-04-05T14:28:30.Z", "2026-04-05T24:28:30Z", "2026-04-05T14:28:30+0200",
        "2026-04-05T14:28:30Zx", "26-04-05T14:28:30Z", "2026-04-05T14:28:30+25:00",
    ])
    func whatIsNoTimeOfTheInternetForm(_ text: String) { #expect(InternetTime.unixSeconds(text) == nil) }

    /// A window of so many minutes would be longer than any time; a server without a limit writes the greatest number.
    @Test func figuresBeyondBeliefAreClampedOrLeftOut() {
        let window = Self.report(["x-ratelimit-limit-requests-9000000000000000000-minute": "1"])?[.requests]?.window
        #expect(window == .seconds(3_155_760_000))
        let limit = Self.report([
            "x-ratelimit-limit-requests": "9007199254740991", "x-ratelimit-remaining-requests": "9007199254740990",
            "x-ratelimit-reset-requests": "86400",
        ])?[.requests]
        #expect(limit?.limit == nil && limit?.remaining == nil && limit?.reset == .seconds(86_400))
        // The time for all of it is longer than a duration can be.
        let slow = Self.report([
            "x-ratelimit-limit-requests": "1000000000000", "x-ratelimit-remaining-requests": "999999999999",
            "x-ratelimit-reset-requests": "999999999",
        ])?[.requests]
        #expect(slow?.window == .seconds(86_400) && slow?.reset == .seconds(999_999_999))
        let digits = String(repeating: "9", count: 400)
        for value in ["9223372036854775807", "1000000000001", "1e3", "inf", "nan", "-1", digits, "\(digits)d", "0x10"] {
            let report = Self.report([
                "x-ratelimit-limit-tokens": "5", "x-ratelimit-remaining-tokens": "\(value)",
                "x-ratelimit-reset-tokens": "\(value)",
            ])
            #expect(report?[.tokens]?.limit == 5 && report?[.tokens]?.remaining == nil)
            let head = ResponseHead(
                status: 429, headers: ["retry-after", "retry-after-ms", "date"].map { HeaderField($0, value) })
            #expect(RetryAfter.wait(head, now: Self.now) ?? .zero <= .seconds(86_400))
        }
    }
}
