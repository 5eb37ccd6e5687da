import Foundation
import MockProvider
import Testing

/// What `status` says of a worker that lives, died or is frozen, and which database it reads.
@Suite(.serialized)
struct EndToEndStatusTests {
    private let directory: TemporaryDirectory
    private var database: String { directory.path("jobs.db") }

    init() throws { directory = try TemporaryDirectory() }

    /// The member `worker` of the newest run.
    private func worker() async throws -> String? {
        let ended = try await BatchProcess.run("status", "--db", database, "--json")
        let object = try JSONSerialization.jsonObject(with: Data(ended.output.utf8)) as? [String: Any]
        return (object?["run"] as? [String: Any])?["worker"] as? String
    }

    @Test func aKilledWorkerIsToldAndWatchingItEnds() async throws {
        let server = try await MockServer.start()
        let file = try directory.writeJobs([Answers.countingJob("a", to: 50_000, options: "+pace=20ms")])
        let run = try BatchProcess(["run", file, "--base-url", server.baseURL])
        try await run.wait { server.statistics.activeStreams == 1 }
        #expect(try await worker() == "working")
        let watch = try BatchProcess(["status", database, "--watch"])
        try await watch.wait { watch.outputSoFar.contains("running") }
        run.send(SIGKILL)
        _ = await run.ended()
        let watched = await watch.ended()
        #expect(watched.status == 0 && watched.output.contains("dead"), "\(watched.output)\(watched.error)")
        #expect(watched.output.contains("llm4s-batch resume --db"), "\(watched.output)")
        #expect(try await worker() == "dead")
        let resumed = try BatchProcess(
            ["resume", "--db", database, "--base-url", server.baseURL, "--drain-timeout", "0s"])
        try await resumed.wait { SQLite.currentNumber(database, "SELECT count(*) FROM attempts WHERE run_id = 2") > 0 }
        resumed.send(SIGTERM)
        #expect(await resumed.ended().status == 143)
        #expect(try await worker() == "none")
        await server.stop()
    }

    @Test func aWorkerThatWritesNothingIsFrozen() async throws {
        let server = try await MockServer.start()
        let file = try directory.writeJobs([Answers.countingJob("a", to: 50_000, options: "+pace=20ms")])
        let run = try BatchProcess(["run", file, "--base-url", server.baseURL, "--drain-timeout", "0s"])
        try await run.wait { server.statistics.activeStreams == 1 }
        defer { run.send(SIGKILL) }
        // Time passes faster in the database than by the clock: its last second is long ago. Where the worker was stopped
        // in the midst of a commit, it goes on and is stopped again.
        try await run.wait {
            run.send(SIGSTOP)
            let isWritten = SQLite.isWritten(
                database,
                "UPDATE runs SET started_ms = started_ms - 20000; UPDATE run_seconds SET second = second - 20")
            if !isWritten { run.send(SIGCONT) }
            return isWritten
        }
        let status = try await BatchProcess.run("status", database)
        #expect(status.output.contains("frozen"), "\(status.output)")
        #expect(try await worker() == "frozen")
        run.send(SIGCONT)
        run.send(SIGTERM)
        _ = await run.ended()
        await server.stop()
    }

    @Test func watchingWaitsForTheFile() async throws {
        let watch = try BatchProcess(["status", database, "--watch"])
        try await watch.wait { watch.errorSoFar.contains("waiting for it") }
        #expect(watch.isRunning, "\(watch.errorSoFar)")
        let file = try directory.writeJobs([Answers.countingJob("a", to: 3)])
        #expect(try await BatchProcess.run("run", file).status == 0)
        let ended = await watch.ended()
        #expect(ended.status == 0 && ended.output.contains("completed   1"), "\(ended.output)\(ended.error)")
        let none = try await BatchProcess.run("status", directory.path("none.db"))
        #expect(none.status == 3, "\(none.error)")
    }

    @Test(arguments: ["show", "resume"])
    func twoDatabasesAreRefusedAndNoneIsRead(command: String) async throws {
        let one = ["--db", directory.path("a.db")], two = ["--db", directory.path("b.db")]
        let job = command == "show" ? ["x"] : []
        let ended = try await BatchProcess([command] + one + two + job).ended()
        #expect(ended.status == 2 && ended.output.isEmpty, "\(ended.output)\(ended.error)")
        #expect(ended.error.contains("one database"), "\(ended.error)")
        let none = try await BatchProcess([command] + job).ended()
        #expect(none.status == 2 && none.error.contains("--db"), "\(none.error)")
    }
}
