import LLMStreaming
import Testing

/// Waits that providers ask for, in every form (Provider facts, "Headers").
@Suite struct RetryAfterTests {
    /// 1994-11-06 08:49:37.
    private static let now = 784_111_777.0

    private static func wait(_ headers: (String, String)...) -> Duration? {
        RetryAfter.wait(
            ResponseHead(status: 429, headers: headers.map(HeaderField.init)), now: now)
    }

    @Test(
        arguments: [
            ("7", 7000), (" 7 ", 7000), ("0", 0), ("1.5", 1500), ("0.0001", 1), ("100000", 86_400_000),
            ("Sun, 06 Nov 1994 08:49:47 GMT", 10_000), ("Sunday, 06-Nov-94 08:49:47 GMT", 10_000),
            ("Sun Nov  6 08:49:47 1994", 10_000), ("Sun, 06 Nov 1994 08:49:27 GMT", 0),
            ("Mon, 07 Nov 1994 08:49:37 GMT", 86_400_000), ("Mon, 06 Nov 1995 08:49:37 GMT", 86_400_000),
        ])
    func retryAfterIsSecondsOrADate(_ value: String, _ milliseconds: Int) {
        #expect(Self.wait(("Retry-After", value)) == .milliseconds(milliseconds))
    }

    @Test(
        arguments: [
            "", " ", "-1", "soon", "1e3", "0x10", "inf", "nan", "1 2", "1.2.3", "6m0s", "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 32 Nov 1994 08:49:37 GMT", "Sun, 06 Now 1994 08:49:37 GMT", "06 Nov 1994",
            "Sun, 06 Nov 1994 08:49 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT",
        ])
    func whatIsNeitherSecondsNorADateIsNoWait(_ value: String) {
        #expect(Self.wait(("retry-after", value)) == nil)
    }

    @Test func theLargerOfSecondsAndMillisecondsCounts() {
        #expect(Self.wait(("retry-after", "1"), ("retry-after-ms", "0")) == .seconds(1))
        #expect(Self.wait(("retry-after", "1"), ("retry-after-ms", "1450.2")) == .milliseconds(1451))
        #expect(Self.wait(("retry-after-ms", "250")) == .milliseconds(250))
        #expect(Self.wait(("retry-after-ms", "soon"), ("retry-after", "2")) == .seconds(2))
    }

    @Test func aDateIsComparedToTheServersOwnClock() {
        let wait = Self.wait(
            ("date", "Sun, 06 Nov 1994 09:00:00 GMT"), ("retry-after", "Sun, 06 Nov 1994 09:00:05 GMT"))
        #expect(wait == .seconds(5))
    }

    @Test func anUpstreamsWaitComesUnderLiteLLMsName() {
        #expect(Self.wait(("llm_provider-retry-after", "9")) == .seconds(9))
        #expect(Self.wait(("llm_provider-retry-after", "9"), ("retry-after", "4")) == .seconds(4))
        #expect(Self.wait(("x-ratelimit-reset", "9")) == nil)
    }

    @Test(
        arguments: [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0), ("Sun, 06 Nov 1994 08:49:37 GMT", now),
            ("Tue, 29 Feb 2000 23:59:60 GMT", 951_868_800), ("Wed, 01 Mar 2000 00:00:00 GMT", 951_868_800),
            ("Sun, 22 Nov 2026 10:00:00 GMT", 1_795_341_600), ("Friday, 31-Dec-99 23:59:59 GMT", 946_684_799),
            ("Monday, 01-Jan-01 00:00:00 GMT", 978_307_200), ("Fri Dec 31 23:59:59 9999", 253_402_300_799),
        ])
    func datesOfAllThreeForms(_ text: String, _ seconds: Double) {
        #expect(HTTPDate.unixSeconds(text) == seconds)
    }
}
