// What a program that embeds the runner has: LLM4SBatch, and the kits of its logger and its metrics.
import Foundation
import InMemoryLogging
import LLM4SBatch
import Logging
import MetricsTestKit
import MockProvider
import Testing

/// A run inside a program that has a logger and counts.
struct RunObservationTests {
    private let directory: TemporaryDirectory
    private let file: String

    init() throws {
        directory = try TemporaryDirectory()
        // Ten answers of five words; a job that gets one at its second attempt; one that never does.
        file = try directory.writeJobs(
            (1...10).map { #"{"id":"j\#($0)","model":"mock/count-5","prompt":"\#($0)"}"# } + [
                #"{"id":"again","model":"mock/count-5+status=500+times=1","prompt":"a"}"#,
                #"{"id":"never","model":"mock/count-5+status=400","prompt":"n"}"#,
            ])
    }

    @discardableResult
    private func run(_ change: (inout BatchOptions) -> Void) async throws -> BatchReport {
        let server = try await MockServer.start()
        var runner = BatchRunner(
            database: directory.path("answers.db"), environment: ["MOCK_BASE_URL": server.baseURL])
        change(&runner.options)
        do {
            let report = try await runner.run([file])
            await server.stop()
            return report
        } catch {
            await server.stop()
            throw error
        }
    }

    private func logged(_ level: Logger.Level) async throws -> [InMemoryLogHandler.Entry] {
        var handler = InMemoryLogHandler()
        handler.logLevel = level
        let made = handler
        try await run { $0.logger = Logger(label: "test") { _ in made } }
        return handler.entries
    }

    @Test func whatHappensIsLogged() async throws {
        let entries = try await logged(.trace)
        let words = entries.map(\.message.description)
        #expect(words.first == "a run begins" && entries.first?.metadata["jobs"] == "12")
        #expect(words.last == "a run has ended" && entries.last?.metadata["completed"] == "11")
        #expect(words.filter { $0 == "a job was completed" }.count == 11)
        let failed = try #require(entries.first { $0.message == "a job has failed" })
        #expect(failed.level == .info && failed.metadata["id"] == "never", "\(failed)")
        #expect(failed.metadata["error_kind"] == "invalid_request", "\(failed)")
        let again = try #require(entries.first { $0.message == "an attempt ended, and its job waits" })
        #expect(again.level == .debug && again.metadata["id"] == "again", "\(again)")
        #expect(again.metadata["attempt"] == "1", "\(again)")
        #expect(again.metadata["endpoint"]?.description.hasPrefix("http://127.0.0.1:") == true, "\(again)")
        #expect(!"\(entries)".contains("1 2 3"), "no text of an answer is told")
    }

    @Test func theLoggersLevelHolds() async throws {
        let entries = try await logged(.info)
        #expect(entries.contains { $0.message == "a job has failed" })
        #expect(entries.allSatisfy { $0.level >= .info }, "\(entries)")
    }

    @Test func whatHappensIsCounted() async throws {
        let metrics = TestMetrics()
        let report = try await run { $0.metrics = metrics }
        #expect(report.completed == 11 && report.failed == 1)
        #expect(metrics.counterTotal(label: "llm4s_batch_attempts_total") == Int64(report.attempts))
        #expect(
            metrics.counterTotal(
                label: "llm4s_batch_attempts_total",
                dimensions: [
                    ("provider", "mock"), ("model", "count-5"), ("outcome", "completed"), ("error_kind", ""),
                ]) == 10)
        let output = metrics.counters(label: "llm4s_batch_tokens_total")
            .filter { $0.dimensions.contains { $0 == ("kind", "output") } }.reduce(0) { $0 + $1.totalValue }
        #expect(Int(output) == report.completionTokens)
        let times = metrics.timers(label: "llm4s_batch_attempt_seconds").flatMap(\.values)
        #expect(times.count == 11 && times.allSatisfy { $0 > 0 })
        #expect(metrics.timers(label: "llm4s_batch_first_token_seconds").flatMap(\.values).count == 11)
        #expect(metrics.meters(label: "llm4s_batch_open_streams").map(\.lastValue) == [0], "nothing is open at the end")
    }
}
