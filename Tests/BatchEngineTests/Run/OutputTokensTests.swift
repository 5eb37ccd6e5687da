import LLMStreaming
import Testing

@testable import BatchEngine

/// What is told of tokens while they come, and at the end.
struct OutputTokensTests {
    @Test func beforeAnyReportFourBytesAreATokenAndThenWhatReportsSay() {
        var output = OutputTokens()
        #expect(output.total(bytes: 400) == 100)
        output.add(reported: 20, bytes: 200)
        #expect(output.total(bytes: 200) == 20)
        // The rest is estimated by what the reports say.
        #expect(output.total(bytes: 1200) == 120)
    }

    @Test func whatIsNotReportedStaysAnEstimate() {
        var output = OutputTokens()
        output.add(reported: 50, bytes: 100)
        output.add(reported: nil, bytes: 300)
        output.add(reported: 0, bytes: 300)
        #expect(output.total(bytes: 700) == 350)
        // Thinking that is billed and not sent has tokens without bytes.
        output.add(reported: 1000, bytes: 0)
        #expect(output.total(bytes: 100) == 1050)
    }

    @Test(arguments: [Int.max, 1, 0])
    func noReportTraps(tokens: Int) {
        var output = OutputTokens()
        for _ in 0..<3 { output.add(reported: tokens, bytes: Int.max) }
        #expect(output.total(bytes: Int.max).isFinite)
    }

    private static func usage(_ tokens: Int) -> TokenUsage {
        TokenUsage(raw: JSONObject([.init(key: "completion_tokens", value: .int(tokens))]))
    }

    /// Chunks of any size: the tokens are those of the reports, and while an answer comes those of its bytes.
    @Test func aRunCountsTheTokensOfItsReports() throws {
        let run = try SimulatedRun(SimulatedRun.jobs(50), configure: { $0.concurrency = 5 }) { call in
            var answer = SimulatedAnswer.says("eight words in a chunk are of course", " more than a token")
            answer.usage = Self.usage(13)
            if call.job == 50 { answer.usage = nil }
            return answer
        }
        #expect(try run.finish() == .finished)
        let snapshot = try run.snapshot()
        #expect(snapshot.chunks == 100)
        #expect(snapshot.bytes == 50 * 54)
        #expect(snapshot.receivedTokens.rounded() == 50 * 13)
        #expect(snapshot.finishReasons == [FinishReason.stop: 50])
    }

    /// In mid-stream a report may be of a beginning only: what came is then counted by its bytes.
    @Test func aReportOfABeginningIsNoReport() throws {
        let run = try SimulatedRun(SimulatedRun.jobs(1), configure: { $0.retry.maximumAttempts = 1 }) { _ in
            var answer = SimulatedAnswer.fails(.timeoutIdle, saying: (1...20).map { "\($0 % 10)23 " })
            answer.usage = Self.usage(1)
            return answer
        }
        _ = try run.finish()
        #expect(try run.snapshot().receivedTokens >= 10)
    }
}
