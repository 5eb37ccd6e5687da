import Foundation
import MockProvider
import Testing

/// SIGINT and SIGTERM: the first gives open streams their time, the second does not; nothing is lost.
@Suite(.serialized)
struct EndToEndSignalTests {
    @Test(arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143)), (SIGHUP, Int32(129))])
    func theFirstSignalLetsOpenStreamsFinish(signal: Int32, status: Int32) async throws {
        let run = try await Run(options: "+pace=10ms", length: 100, arguments: ["--drain-timeout", "60s"])
        // The streams wait within their answers until the signal was heard, however busy the machine is.
        run.server.hold(afterBodyBytes: 8 * 4_000)
        try await run.untilStreaming()
        run.process.send(signal)
        try await run.process.wait { run.process.errorSoFar.contains("once more") }
        run.server.hold(afterBodyBytes: nil)
        let ended = await run.process.ended()
        #expect(ended.status == status, "\(ended.error)")
        let begun = try SQLite.number(run.database, "SELECT count(*) FROM attempts")
        #expect((8..<Run.jobs).contains(begun), "no other stream was begun")
        #expect(
            try SQLite.number(run.database, "SELECT count(*) FROM completions") == begun,
            "the streams that were open have finished")
        let name = [SIGINT: "SIGINT", SIGTERM: "SIGTERM", SIGHUP: "SIGHUP"][signal] ?? ""
        let told = try await BatchProcess.run("status", run.database).output
        #expect(told.contains("  stopped     by \(name)\n"), "\(told)")
        try await run.finish()
    }

    @Test func aClosedTerminalStopsNoRunThatNohupStarted() async throws {
        let server = try await MockServer.start()
        let directory = try TemporaryDirectory()
        let file = try directory.writeJobs((1...4).map { Answers.countingJob("\($0)", to: 100, options: "+pace=10ms") })
        let process = try BatchProcess(["run", file, "--base-url", server.baseURL], launcher: ["/usr/bin/nohup"])
        try await process.wait { server.statistics.activeStreams > 0 }
        process.send(SIGHUP)
        let ended = await process.ended()
        #expect(ended.status == 0, "\(ended.error)")
        #expect(try SQLite.rows(directory.path("jobs.db"), "SELECT stop_reason FROM runs") == [""])
        await server.stop()
    }

    @Test func whatIsOpenAfterTheDrainTimeIsKeptAsPartial() async throws {
        let run = try await Run(options: "+pace=50ms", length: 40_000, arguments: ["--drain-timeout", "200ms"])
        try await run.untilStreaming()
        run.process.send(SIGINT)
        let ended = await run.process.ended()
        #expect(ended.status == 130, "\(ended.error)")
        try run.expectPartials()
        await run.server.stop()
    }

    @Test func theSecondSignalClosesAtOnce() async throws {
        let run = try await Run(options: "+pace=50ms", length: 40_000, arguments: ["--drain-timeout", "1h"])
        try await run.untilStreaming()
        run.process.send(SIGINT)
        try await run.process.wait { run.process.errorSoFar.contains("once more") }
        run.process.send(SIGINT)
        let ended = await run.process.ended()
        #expect(ended.status == 130, "\(ended.error)")
        try run.expectPartials()
        await run.server.stop()
    }

    /// It ends while the lock is still held: nothing else would end the test.
    @Test(.timeLimit(.minutes(15)), arguments: [1, 60])
    func theSecondSignalEndsTheRunAlsoWhileAnotherProcessHoldsTheWriteLock(jobs: Int) async throws {
        let server = try await MockServer.start()
        let directory = try TemporaryDirectory()
        let database = directory.path("jobs.db")
        let file = try directory.writeJobs(
            (1...jobs).map { Answers.countingJob("\($0)", to: 40_000, options: "+pace=20ms") })
        let process = try BatchProcess(
            ["run", file, "--base-url", server.baseURL, "--concurrency", "8", "--drain-timeout", "1h"])
        try await process.wait { SQLite.currentNumber(database, "SELECT count(*) FROM chunks") > 0 }
        try await SQLite.holdingWriteLock(database) {
            process.send(SIGINT)
            try await process.wait { process.errorSoFar.contains("once more") }
            process.send(SIGINT)
            let ended = await process.ended()
            #expect(ended.status == 3, "\(ended.error)")
            #expect(ended.error.contains("another process holds a lock"), "\(ended.error)")
        }
        // What was committed before is there, and the rest is put in order.
        let again = try BatchProcess(["run", file, "--base-url", server.baseURL, "--drain-timeout", "0s"])
        try await again.wait { server.statistics.activeStreams > 0 }
        again.send(SIGTERM)
        #expect(await again.ended().status == 143)
        #expect(try SQLite.number(database, "SELECT count(*) FROM attempts WHERE status = 'running'") == 0)
        #expect(try SQLite.rows(database, "PRAGMA integrity_check") == ["ok"])
        await server.stop()
    }

    /// LLM4S_SIGNAL_STREAMS=256 is the size of the contract.
    @Test func fullSocketsDoNotHoldTheEndAndNothingOfThemIsLost() async throws {
        let streams = Project.size("LLM4S_SIGNAL_STREAMS", 64)
        var configuration = MockConfiguration()
        configuration.sendBufferBytes = 16_384
        let server = try await MockServer.start(configuration)
        let directory = try TemporaryDirectory()
        let database = directory.path("jobs.db")
        let file = try directory.writeJobs(
            (1...streams + 50).map { Answers.countingJob("job-\($0)", to: 1_000_000) })
        let process = try BatchProcess(
            ["run", file, "--base-url", server.baseURL, "--concurrency", "\(streams)", "--drain-timeout", "500ms"])
        // They come as fast as they can: most of them wait for a reader.
        try await process.wait {
            server.statistics.activeStreams == streams && server.statistics.blockedStreams > streams / 2
                && server.statistics.bodyBytesWritten > streams * 20_000
        }
        let start = ContinuousClock.now
        process.send(SIGTERM)
        let ended = await process.ended()
        print("\(streams) streams at full speed: ended \(start.duration(to: .now)) after SIGTERM (drain 500 ms)")
        #expect(ended.status == 143, "\(ended.error)")
        #expect(start.duration(to: .now) < .seconds(60))
        #expect(try SQLite.number(database, "SELECT count(*) FROM attempts WHERE status = 'running'") == 0)
        // One whose socket nobody came to read has nothing to be kept.
        let begun = try SQLite.number(database, "SELECT count(DISTINCT attempt_id) FROM chunks WHERE kind = 'text'")
        #expect(begun > streams / 2)
        #expect(try SQLite.number(database, "SELECT count(*) FROM jobs WHERE status = 'interrupted'") == begun)
        // What each attempt holds is what its chunks hold, from the first to the last.
        #expect(
            try SQLite.number(
                database,
                """
                SELECT count(*) FROM partials AS p JOIN attempts AS a USING (attempt_id)
                WHERE p.text = (SELECT group_concat(text, '') FROM (
                    SELECT text FROM chunks AS c WHERE c.attempt_id = a.attempt_id AND c.kind = 'text'
                        AND c.chunk_id BETWEEN a.first_chunk_id AND a.last_chunk_id ORDER BY c.chunk_id))
                """) == begun)
        #expect(
            try SQLite.number(
                database,
                """
                SELECT count(*) FROM (SELECT attempt_id, max(seq) AS last, count(*) AS n FROM chunks GROUP BY 1)
                JOIN attempts AS a USING (attempt_id) WHERE last <> n - 1 OR n <> a.chunk_count
                """) == 0)
        await server.stop()
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
            let withText = "SELECT count(DISTINCT attempt_id) FROM chunks WHERE kind = 'text'"
            try await process.wait {
                server.statistics.activeStreams == 8 && server.statistics.bodyBytesWritten > 8 * 3_000
                    && SQLite.currentNumber(database, withText) == 8
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
