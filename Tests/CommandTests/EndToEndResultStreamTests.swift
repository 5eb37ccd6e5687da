import Foundation
import MockProvider
import Testing

/// `run - --output -`: what an engine that has the data hands in comes out, line by line.
@Suite(.timeLimit(.minutes(15)))
struct EndToEndResultStreamTests {
    @Test func eachResultComesOnceItIsStoredAndTheStoredOnesAtOnceWithoutACall() async throws {
        let setting = try await Setting()
        let first = try setting.run()
        try first.give(Answers.countingJob("a", to: 5))
        // The input is open.
        let a = try #require(try await first.next())
        #expect(a.id == "a" && a.content == "1 2 3 4 5" && a.status == "completed", "\(a.text)")
        #expect(try SQLite.number(setting.database, "SELECT count(*) FROM completions") == 1)
        try first.give(Answers.countingJob("b", to: 3))
        try await first.endInput()
        let b = try await first.all()
        #expect(b.map(\.id) == ["b"])
        let ended = await first.process.ended()
        #expect(ended.status == 0, "\(ended.error)")
        #expect(ended.error.contains("2 jobs: 2 new"), "\(ended.error)")

        let again = try setting.run()
        try again.give(["b", "c", "a"].map { Answers.countingJob($0, to: $0 == "a" ? 5 : 3) })
        try await again.endInput()
        let lines = try await again.all()
        #expect(lines.map(\.id) == ["b", "a", "c"])
        #expect(await again.process.ended().status == 0)
        #expect(setting.server.statistics.requests == 3)
        // Byte for byte what results prints.
        let results = try await BatchProcess.run("results", "--db", setting.database).output
        #expect(Set(lines.map(\.text)) == Set(results.split(separator: "\n").map(String.init)))
        await setting.server.stop()
    }

    @Test func onlyTheJobsOfThisInputRunPrintAndCount() async throws {
        let setting = try await Setting()
        // What others have left in the database: a job of another input, and one of this one's.
        try await setting.leaveOpen(["theirs", "ours"])
        let asked = setting.server.statistics.requests
        let run = try setting.run()
        try run.give(Answers.countingJob("new", to: 4))
        #expect(try await run.next()?.id == "new")
        // It comes into scope when those behind it have run.
        try run.give(Answers.countingJob("ours", to: 50, options: "+pace=1ms"))
        try await run.endInput()
        #expect(try await run.all().map(\.id) == ["ours"])
        let ended = await run.process.ended()
        #expect(ended.status == 0, "\(ended.error)")
        #expect(ended.error.contains("2 completed in"), "\(ended.error)")
        #expect(setting.server.statistics.requests == asked + 2)
        let left = try SQLite.rows(setting.database, "SELECT custom_id FROM jobs WHERE status <> 'completed'")
        #expect(left == ["theirs"])
        await setting.server.stop()
    }

    @Test func whatTheJobsOfTheInputUsedUpInEarlierRunsCountsAgainstTheBudget() async throws {
        let setting = try await Setting()
        let bound = #","options":{"max_tokens":50}"#
        try await setting.leaveOpen(["ours"], options: bound)
        for (cap, status) in [(90, Int32(4)), (1000, 0)] {
            let run = try setting.run("--max-tokens-total", "\(cap)")
            try run.give(Setting.boundedJob("ours", bound))
            try await run.endInput()
            #expect(try await run.all().count == (status == 0 ? 1 : 0))
            let ended = await run.process.ended()
            #expect(ended.status == status, "\(ended.error)")
        }
        await setting.server.stop()
    }

    @Test func aSlowReaderHoldsUpNoStream() async throws {
        let setting = try await Setting()
        let run = try setting.run(pipeBytes: 4096)
        try run.give((1...60).map { Answers.countingJob("\($0)", to: 400) })
        try await run.endInput()
        try await run.process.wait {
            SQLite.currentNumber(setting.database, "SELECT count(*) FROM jobs WHERE status = 'completed'") == 60
        }
        #expect(run.process.isRunning, "it waits for its reader: \(run.process.errorSoFar)")
        let lines = try await run.all()
        #expect(Set(lines.compactMap(\.id)) == Set((1...60).map(String.init)) && lines.count == 60)
        #expect(lines.allSatisfy { $0.content == Answers.counting(to: 400) })
        #expect(await run.process.ended().status == 0)
        await setting.server.stop()
    }

    @Test func aReaderThatIsGoneEndsTheRunThoughNothingIsWritten() async throws {
        let setting = try await Setting()
        let run = try setting.run()
        setting.server.hold(afterBodyBytes: 4_000)
        try run.give(["a", "b"].map { Answers.countingJob($0, to: 5_000) })
        try await run.process.wait {
            SQLite.currentNumber(setting.database, "SELECT count(*) FROM chunks WHERE kind = 'text'") > 0
        }
        // Its streams are held, and its input is open.
        try run.closeReader()
        let ended = await run.process.ended()
        #expect(ended.status == 141, "\(ended.error)")
        #expect(ended.error.contains("nobody reads the results"), "\(ended.error)")
        #expect(try SQLite.number(setting.database, "SELECT count(*) FROM attempts WHERE status = 'running'") == 0)
        #expect(try SQLite.number(setting.database, "SELECT count(*) FROM partials") > 0)
        #expect(try SQLite.rows(setting.database, "SELECT exit_code, status FROM runs") == ["141|interrupted"])
        await setting.server.stop()
    }

    @Test func aReaderThatLeavesResultsUnreadIsToldByTheStatus() async throws {
        let setting = try await Setting()
        let run = try setting.run(pipeBytes: 4096)
        try run.give((1...20).map { Answers.countingJob("\($0)", to: 400) })
        try await run.endInput()
        try await run.process.wait {
            SQLite.currentNumber(setting.database, "SELECT count(*) FROM jobs WHERE status = 'completed'") == 20
        }
        try run.closeReader()
        #expect(await run.process.ended().status == 141)
        // Nothing is asked again.
        let again = try setting.run()
        try again.give((1...20).map { Answers.countingJob("\($0)", to: 400) })
        try await again.endInput()
        #expect(try await again.all().count == 20)
        #expect(setting.server.statistics.requests == 20)
        await setting.server.stop()
    }

    @Test func aReaderThatLeavesWithAllResultsEndsNothing() async throws {
        let setting = try await Setting()
        let run = try setting.run()
        try run.give(Answers.countingJob("a", to: 5))
        try await run.endInput()
        try await run.process.wait { run.process.errorSoFar.contains("1 job: 1 new") }
        #expect(try await run.next()?.id == "a")
        try run.closeReader()
        let ended = await run.process.ended()
        #expect(ended.status == 0, "\(ended.error)")
        await setting.server.stop()
    }

    @Test func killedAndRepeatedItAsksAgainAtMostTheOpenStreamsAndPrintsEachJobOnce() async throws {
        let setting = try await Setting()
        let jobs = (1...40).map { Answers.countingJob("\($0)", to: 60) }
        let killed = try setting.run("--concurrency", "4")
        setting.server.hold(afterBodyBytes: 60_000)
        try killed.give(jobs)
        try await killed.process.wait {
            let stored = SQLite.currentNumber(setting.database, "SELECT count(*) FROM completions")
            let statistics = setting.server.statistics
            return stored > 0 && statistics.activeStreams == 4 && stored == statistics.requests - 4
        }
        killed.process.send(SIGKILL)
        #expect(await killed.process.ended().status == -SIGKILL)
        setting.server.hold(afterBodyBytes: nil)
        let again = try setting.run("--concurrency", "4")
        try again.give(jobs)
        try await again.endInput()
        let lines = try await again.all()
        #expect(lines.compactMap(\.id).sorted() == (1...40).map(String.init).sorted())
        #expect(lines.allSatisfy { $0.content == Answers.counting(to: 60) })
        #expect(await again.process.ended().status == 0)
        #expect(setting.server.statistics.requests <= 44)
        await setting.server.stop()
    }

    @Test(arguments: [false, true])
    func failedJobsAndBadLinesAreLines(areAllowed: Bool) async throws {
        let setting = try await Setting()
        let flags = ["--skip-invalid"] + (areAllowed ? ["--allow-failures"] : [])
        let bad = #"{"id":"f","model":"mock/status=400","prompt":"no"}"#
        let input = [Answers.countingJob("a", to: 3), "{not JSON", bad, Answers.countingJob("a", to: 3)]
        for _ in 1...2 {
            let run = try setting.run(flags)
            try run.give(input)
            try await run.endInput()
            let lines = try await run.all()
            #expect(lines.count == 4)
            let failed = try #require(lines.first { $0.id == "f" })
            #expect(failed.status == "failed" && failed.error?["kind"] as? String == "invalid_request")
            let rejected = lines.filter { $0.id == nil }
            #expect(rejected.map(\.line) == [2, 4])
            #expect(rejected.allSatisfy { $0.members == ["line", "error"] })
            #expect(rejected.last?.error?["message"] as? String == "duplicate id 'a'")
            let ended = await run.process.ended()
            #expect(ended.status == (areAllowed ? 0 : 1), "\(ended.error)")
        }
        // The stored failure is printed without a call.
        #expect(setting.server.statistics.requests == 2)
        await setting.server.stop()
    }

    @Test func aBadLineEndsTheInputAndWhatWasBeforeItIsPrinted() async throws {
        let setting = try await Setting()
        let run = try setting.run("--allow-failures")
        try run.give(Answers.countingJob("a", to: 3), "{not JSON", Answers.countingJob("b", to: 3))
        try await run.endInput()
        #expect(try await run.all().map(\.id) == ["a"])
        #expect(await run.process.ended().status == 2)
        await setting.server.stop()
    }

    @Test(arguments: [(SIGHUP, Int32(129)), (SIGTERM, Int32(143))])
    func aSignalEndsItInWholeLinesThoughNobodyReads(signal: Int32, status: Int32) async throws {
        let setting = try await Setting()
        let run = try setting.run("--drain-timeout", "100ms", pipeBytes: 4096)
        try run.give((1...20).map { Answers.countingJob("\($0)", to: 400) })
        try await run.process.wait {
            SQLite.currentNumber(setting.database, "SELECT count(*) FROM jobs WHERE status = 'completed'") == 20
        }
        run.process.send(signal)
        let ended = await run.process.ended()
        #expect(ended.status == status, "\(ended.error)")
        // As many whole lines as the pipe holds; next() refuses a torn one.
        let lines = try await run.all()
        #expect(lines.count < 20)
        await setting.server.stop()
    }

    @Test func itGoesWithStandardInputAndStandardOutputOnly() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.writeJobs([Answers.countingJob("a", to: 3)])
        for (arguments, words) in [
            (["run", "-", "--output", "out.jsonl"], "--output out.jsonl: run prints to standard output only"),
            (["run", file, "--output", "-"], "results prints those of files"),
            (
                ["run", "-", file, "--db", directory.path("a.db"), "--output", "-"],
                "goes with jobs from standard input"
            ),
            (["run", "-", "--wait-lock", "soon"], "soon"),
            (["run", "-", "--wait-lock", "-1"], "wait-lock"),
        ] {
            let ended = try await BatchProcess(arguments, directory: directory.url).ended()
            #expect(ended.status == 2 && ended.output.isEmpty, "\(arguments): \(ended.error)")
            #expect(ended.error.contains(words), "\(arguments): \(ended.error)")
        }
        let files = try FileManager.default.contentsOfDirectory(atPath: directory.url.path)
        #expect(files == ["jobs.jsonl"])
    }

    /// A mock and a database that several runs share.
    private struct Setting {
        let server: MockServer
        let directory: TemporaryDirectory
        var database: String { directory.path("part.db") }

        init() async throws {
            server = try await MockServer.start()
            directory = try TemporaryDirectory()
        }

        func run(_ arguments: String..., pipeBytes: Int? = nil) throws -> PipedRun {
            try run(arguments, pipeBytes: pipeBytes)
        }

        func run(_ arguments: [String], pipeBytes: Int? = nil) throws -> PipedRun {
            try PipedRun(["--db", database] + arguments, baseURL: server.baseURL, pipeBytes: pipeBytes)
        }

        /// Leaves jobs in the database whose streams were cut when some of their text was stored.
        func leaveOpen(_ ids: [String], options: String = "") async throws {
            let run = try run("--drain-timeout", "0s")
            server.hold(afterBodyBytes: 8_000)
            try run.give(
                ids.map { Self.boundedJob($0, options) })
            try await run.process.wait {
                SQLite.currentNumber(database, "SELECT count(DISTINCT attempt_id) FROM chunks WHERE kind = 'text'")
                    == ids.count
            }
            run.process.send(SIGTERM)
            #expect(await run.process.ended().status == 143)
            server.hold(afterBodyBytes: nil)
        }

        /// A job with further members of its line.
        static func boundedJob(_ id: String, _ members: String) -> String {
            String(Answers.countingJob(id, to: 50, options: "+pace=1ms").dropLast()) + members + "}"
        }
    }
}
