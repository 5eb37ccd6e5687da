import Foundation
import MockProvider
import Testing

/// SIGINT and SIGTERM: the first gives open streams their time, the second does not; nothing is lost.
@Suite(.serialized)
struct EndToEndSignalTests {
    @Test(arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143))])
    func theFirstSignalLetsOpenStreamsFinish(signal: Int32, status: Int32) async throws {
        let run = try await Run(options: "+pace=10ms", length: 100, arguments: ["--drain-timeout", "60s"])
        try await run.untilStreaming()
        run.process.send(signal)
        let ended = await run.process.ended()
        #expect(ended.status == status, "\(ended.error)")
        let begun = try SQLite.number(run.database, "SELECT count(*) FROM attempts")
        #expect((8..<Run.jobs).contains(begun), "no other stream was begun")
        #expect(
            try SQLite.number(run.database, "SELECT count(*) FROM completions") == begun,
            "the streams that were open have finished")
        try await run.finish()
    }

    @Test func whatIsOpenAfterTheDrainTimeIsKeptAsPartial() async throws {
        let run = try await Run(options: "+pace=50ms", length: 400, arguments: ["--drain-timeout", "200ms"])
        try await run.untilStreaming()
        run.process.send(SIGINT)
        let ended = await run.process.ended()
        #expect(ended.status == 130, "\(ended.error)")
        try run.expectPartials()
        await run.server.stop()
    }

    @Test func theSecondSignalClosesAtOnce() async throws {
        let run = try await Run(options: "+pace=50ms", length: 400, arguments: ["--drain-timeout", "1h"])
        try await run.untilStreaming()
        run.process.send(SIGINT)
        try await run.process.wait { run.process.errorSoFar.contains("once more") }
        run.process.send(SIGINT)
        let ended = await run.process.ended()
        #expect(ended.status == 130, "\(ended.error)")
        try run.expectPartials()
        await run.server.stop()
    }

    /// A run of many jobs, eight at once, against a mock of the test's own.
    private struct Run {
        /// Enough to last some seconds: the signal must find work left, however busy the machine is.
        static let jobs = 120
        let server: MockServer
        let directory: TemporaryDirectory
        let process: BatchProcess
        let file: String
        let length: Int
        var database: String { directory.path("jobs.db") }

        init(options: String, length: Int, arguments: [String]) async throws {
            self.length = length
            server = try await MockServer.start()
            directory = try TemporaryDirectory()
            file = try directory.writeJobs(
                (1...Self.jobs).map { Answers.countingJob("job-\($0)", to: length, options: options) })
            process = try BatchProcess(
                ["run", file, "--base-url", server.baseURL, "--concurrency", "8"] + arguments)
        }

        /// Waits until every open stream has some text, so that there is something to lose.
        func untilStreaming() async throws {
            try await process.wait {
                server.statistics.activeStreams == 8 && server.statistics.bodyBytesWritten > 8 * 3_000
            }
        }

        func expectPartials() throws {
            #expect(try SQLite.number(database, "SELECT count(*) FROM completions") == 0)
            #expect(try SQLite.number(database, "SELECT count(*) FROM jobs WHERE status = 'interrupted'") == 8)
            #expect(try SQLite.number(database, "SELECT count(*) FROM jobs WHERE status = 'pending'") == Self.jobs - 8)
            #expect(try SQLite.number(database, "SELECT count(*) FROM attempts WHERE status = 'running'") == 0)
            let whole = Answers.counting(to: length)
            let texts = try SQLite.rows(database, "SELECT text FROM partials")
            #expect(texts.count == 8)
            for text in texts { #expect(!text.isEmpty && whole.hasPrefix(text)) }
            // What the attempt holds is what its chunks hold: nothing was lost between them.
            let joined = try SQLite.rows(
                database,
                "SELECT group_concat(text, '') FROM (SELECT * FROM chunks WHERE kind = 'text' ORDER BY chunk_id) "
                    + "GROUP BY attempt_id ORDER BY attempt_id")
            #expect(
                try SQLite.rows(database, "SELECT text FROM partials ORDER BY attempt_id") == joined)
        }

        /// The same command again completes the rest.
        func finish() async throws {
            let ended = try await BatchProcess.run("run", file, "--base-url", server.baseURL)
            #expect(ended.status == 0, "\(ended.error)")
            try Answers.expectWhole(database, jobs: Self.jobs)
            await server.stop()
        }
    }
}
