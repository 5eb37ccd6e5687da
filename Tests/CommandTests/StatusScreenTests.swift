import BatchEngine
import BatchStore
import LLMStreaming
import Testing

@testable import llm4s_batch

/// What `status --watch` draws.
@Suite struct StatusScreenTests {
    /// What does not fit a line goes on in the next: only the path, which cannot, is cut.
    @Test func noRowIsCutWhateverTheWidth() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.writeJobs((1...3).map { Answers.countingJob("\($0)", to: 60) })
        #expect(try await BatchProcess.run("run", file).status == 0)
        let reader = try await BatchReader.open(directory.path("jobs.db"))
        var status = try await reader.status()
        (status.resumedAttempts, status.savedTokens, status.wastedTokens) = (1_234, 200_000, 1_234)
        (status.joinedAnswers, status.costUSD, status.unpriced) = ([2: 1_000, 3: 20], 12.5, 1_234)
        var report = StatusReport(
            status: status, failures: [], finishReasons: [.length: 1_234, .stop: 99, .contentFilter: 7, .refusal: 2],
            path: "jobs.db", now: 1_790_000_000_000)
        report.size = try await reader.size()
        await reader.close()
        for width in 40...120 {
            let screen = StatusScreen(report: report, width: width, height: 60).text
            let lines = screen.replacing("\u{1B}[H", with: "").replacing("\u{1B}[J", with: "").split(separator: "\n")
            #expect(lines.count > 8 && !screen.contains("…"), "\(width): \(screen)")
            for line in lines { #expect(line.replacing("\u{1B}[K", with: "").count < width, "\(width): \(line)") }
        }
    }
}
