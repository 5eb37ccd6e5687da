import Foundation
import MockProvider
import Testing

/// `--wait-lock`: a second worker waits for the first one to end.
@Suite(.timeLimit(.minutes(15)))
struct EndToEndWaitLockTests {
    @Test func aWorkerThatEndsInTimeLeavesTheDatabaseToTheNext() async throws {
        let server = try await MockServer.start()
        let directory = try TemporaryDirectory()
        let file = try directory.writeJobs([Answers.countingJob("a", to: 5_000)])
        server.hold(afterBodyBytes: 4_000)
        let first = try BatchProcess(["run", file, "--base-url", server.baseURL, "--drain-timeout", "0s"])
        try await first.wait {
            SQLite.currentNumber(directory.path("jobs.db"), "SELECT count(*) FROM chunks WHERE kind = 'text'") > 0
        }
        let second = try BatchProcess(["run", file, "--base-url", server.baseURL, "--wait-lock", "1h"])
        try await second.wait { second.errorSoFar.contains("waiting for it") }
        #expect(second.errorSoFar.contains("process \(first.processIdentifier) "), "\(second.errorSoFar)")
        first.send(SIGTERM)
        #expect(await first.ended().status == 143)
        server.hold(afterBodyBytes: nil)
        let ended = await second.ended()
        #expect(ended.status == 0, "\(ended.error)")
        #expect(server.statistics.requests == 2)
        await server.stop()
    }

    @Test func oneThatDoesNotIsNamedAndTheStatusIsThree() async throws {
        let server = try await MockServer.start()
        let directory = try TemporaryDirectory()
        let file = try directory.writeJobs([Answers.countingJob("a", to: 5_000)])
        let database = directory.path("jobs.db")
        server.hold(afterBodyBytes: 4_000)
        let first = try BatchProcess(["run", file, "--base-url", server.baseURL, "--drain-timeout", "0s"])
        try await first.wait { SQLite.currentNumber(database, "SELECT count(*) FROM chunks WHERE kind = 'text'") > 0 }
        for command in [["run", file, "--base-url", server.baseURL], ["resume", "--db", database]] {
            let start = ContinuousClock.now
            let second = try await BatchProcess(command + ["--wait-lock", "300ms"]).ended()
            #expect(second.status == 3, "\(second.error)")
            #expect(second.error.contains("process \(first.processIdentifier) "), "\(second.error)")
            #expect(start.duration(to: .now) >= .milliseconds(300))
        }
        // Nor does it wait for a database whose results nobody would read.
        let third = try PipedRun(["--db", database, "--wait-lock", "1h"], baseURL: server.baseURL)
        try await third.process.wait { third.process.errorSoFar.contains("waiting for it") }
        try third.closeReader()
        #expect(await third.process.ended().status == 141)
        #expect(first.isRunning)
        first.send(SIGTERM)
        #expect(await first.ended().status == 143)
        await server.stop()
    }
}
