import Foundation
import LLM4SBatch
import MockProvider
import Synchronization
import Testing

/// A run inside another program is told things by its methods.
@Suite(.timeLimit(.minutes(10)))
struct BatchRunnerControlTests {
    /// A batch of held jobs, and what it comes to.
    private struct Setting {
        let server: MockServer
        let directory: TemporaryDirectory
        let batch: BatchRunner
        let run: Task<BatchReport, any Error>
        let events = Events()

        final class Events: Sendable {
            let all = Mutex<[BatchEvent]>([])
        }

        init(jobs: Int, concurrency: Int, drainTimeout: Duration = .seconds(600)) async throws {
            server = try await MockServer.start()
            server.hold(afterBodyBytes: concurrency * 4_000)
            directory = try TemporaryDirectory()
            let file = try directory.writeJobs((1...jobs).map { Answers.countingJob("j\($0)", to: 2_000) })
            var batch = BatchRunner(
                database: directory.path("answers.db"), environment: ["MOCK_BASE_URL": server.baseURL])
            batch.options.concurrency = concurrency
            batch.options.drainTimeout = drainTimeout
            self.batch = batch
            run = Task { [events] in
                try await batch.run([file]) { event in events.all.withLock { $0.append(event) } }
            }
            let (path, server) = (batch.path, server)
            while server.statistics.activeStreams < concurrency
                || SQLite.currentNumber(path, "SELECT count(*) FROM attempts WHERE status = 'running'") < concurrency
            { try await Task.sleep(for: .milliseconds(5)) }
        }
    }

    @Test func itIsPausedMadeNarrowerAndGoesOn() async throws {
        let setting = try await Setting(jobs: 12, concurrency: 4)
        let (batch, server) = (setting.batch, setting.server)
        #expect(try await batch.pause() == 4)
        server.hold(afterBodyBytes: nil)
        while SQLite.currentNumber(batch.path, "SELECT count(*) FROM completions") < 4 { await Task.yield() }
        #expect(server.statistics.requests == 4)
        #expect(try await batch.setConcurrency(1) == 0)
        // The command reaches it as well, and the other way round.
        let status = try await BatchProcess.run("ctl", "--db", batch.path, "status")
        #expect(status.output.hasPrefix("paused · 0 of 1 streams open"), "\(status.output)\(status.error)")
        server.hold(afterBodyBytes: server.statistics.bodyBytesWritten + 4_000)
        #expect(try await BatchProcess.run("ctl", "--db", batch.path, "continue").status == 0)
        while server.statistics.activeStreams != 1 { await Task.yield() }
        #expect(try await batch.sendNext(["j12", "j5"]).first == "j12")
        try await batch.setRequestsPerMinute(100_000, of: "mock")
        try await batch.setTokensPerMinute(nil)
        server.hold(afterBodyBytes: nil)
        let report = try await setting.run.value
        #expect(report.completed == 12 && report.left == 0)
        try Answers.expectWhole(batch.path, jobs: 12)
        #expect(
            try SQLite.rows(batch.path, "SELECT command FROM run_changes ORDER BY number")
                == ["pause", "concurrency", "continue", "now", "rpm", "tpm"])
        await server.stop()
    }

    @Test func cancelledJobsAreFailedOnesForTheProgram() async throws {
        let setting = try await Setting(jobs: 6, concurrency: 2)
        let (batch, server) = (setting.batch, setting.server)
        #expect(try await batch.cancel(["j1", "j6"]) == ["j1", "j6"])
        server.hold(afterBodyBytes: nil)
        let report = try await setting.run.value
        #expect(report.completed == 4 && report.failed == 2 && report.left == 0)
        let cancelled = setting.events.all.withLock { events in
            events.compactMap { event -> String? in
                if case .failed(let id, let error) = event, error.kind == .cancelled { id } else { nil }
            }
        }
        #expect(cancelled.sorted() == ["j1", "j6"])
        #expect(try await batch.retry().completed == 4)
        #expect(try await batch.retry(includesCancelled: true).completed == 6)
        await server.stop()
    }

    @Test func drainingEndsItWithWhatIsLeft() async throws {
        let setting = try await Setting(jobs: 9, concurrency: 3)
        let server = setting.server
        #expect(try await setting.batch.drain() == 3)
        server.hold(afterBodyBytes: nil)
        let report = try await setting.run.value
        #expect(report.completed == 3 && report.left == 6)
        #expect(report.reason == "since it was told to drain")
        #expect(server.statistics.requests == 3)
        // The next run of the same runner is not drained.
        let file = setting.directory.path("jobs.jsonl")
        #expect(try await setting.batch.run([file]).completed == 9)
        await server.stop()
    }

    @Test func whatCannotBeIsAnErrorThatSaysWhy() async throws {
        let setting = try await Setting(jobs: 3, concurrency: 1)
        let batch = setting.batch
        func isRefused(_ words: String, _ tell: () async throws(BatchError) -> Void) async {
            do throws(BatchError) {
                try await tell()
                Issue.record("\(words) is not refused")
            } catch {
                #expect(error.kind == .control && error.description.contains(words), "\(error)")
            }
        }
        await isRefused("at least 1") { () async throws(BatchError) in _ = try await batch.setConcurrency(0) }
        await isRefused("did you mean 'mock'") { () async throws(BatchError) in
            try await batch.setRequestsPerMinute(5, of: "mokc")
        }
        await isRefused("no job 'nobody'") { () async throws(BatchError) in _ = try await batch.cancel(["nobody"]) }
        await isRefused("above 0") { () async throws(BatchError) in _ = try await batch.setMaximumCost(-1) }
        await isRefused("needs a price") { () async throws(BatchError) in _ = try await batch.setMaximumCost(1) }
        setting.server.hold(afterBodyBytes: nil)
        #expect(try await setting.run.value.completed == 3)
        await isRefused("no run is under way") { () async throws(BatchError) in _ = try await batch.pause() }
        await setting.server.stop()
    }
}
