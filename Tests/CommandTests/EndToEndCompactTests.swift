import Foundation
import MockProvider
import Testing

/// `compact` as its user runs it, and what `status` tells of a database's size.
@Suite(.serialized)
struct EndToEndCompactTests {
    private let directory: TemporaryDirectory
    private var database: String { directory.path("jobs.db") }

    init() throws { directory = try TemporaryDirectory() }

    /// Twenty answers, a job that fails after some text, and one that was cut by a signal with text.
    private func makeDatabase(answers: Int = 20, words: Int = 300) async throws {
        let file = try directory.writeJobs(
            (1...answers).map { #"{"id":"j\#($0)","model":"mock/count-\#(words)","prompt":"\#($0)"}"# }
                + [#"{"id":"f","model":"mock/count-50+cutchunk=middle","prompt":"f"}"#])
        let ended = try await BatchProcess.run(
            "run", file, "--db", database, "--max-attempts", "1", "--durability", "normal")
        #expect(ended.status == 1, "\(ended.error)")
    }

    private func compact(_ arguments: String...) async throws -> BatchProcess.Ended {
        try await BatchProcess(["compact", "--db", database] + arguments).ended()
    }

    private func json(_ output: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
    }

    private func bytes() throws -> Int {
        try #require(try FileManager.default.attributesOfItem(atPath: database)[.size] as? Int)
    }

    @Test func itMakesTheFileSmallerAndSaysByHowMuch() async throws {
        try await makeDatabase()
        let before = try bytes()
        let results = try await BatchProcess.run("results", "--db", database).output
        let chunks = try SQLite.number(database, "SELECT count(*) FROM chunks")
        let plain = try await compact()
        #expect(plain.status == 0, "\(plain.error)")
        #expect(try SQLite.number(database, "SELECT count(*) FROM chunks") == chunks, "chunks stay unless it is told")
        let ended = try await compact("--chunks", "none", "--json")
        #expect(ended.status == 0, "\(ended.error)")
        let object = try json(ended.output)
        let after = try bytes()
        #expect(object["bytes_after"] as? Int == after && after < before - 20 * chunks / 2, "\(object) of \(before)")
        #expect((object["saved_bytes"] as? Int ?? 0) > 0)
        let ofFailed = try SQLite.number(
            database, "SELECT count(*) FROM chunks JOIN attempts USING (attempt_id) WHERE status <> 'completed'")
        #expect(ofFailed > 10, "what may be gone on from stays")
        #expect((object["deleted_chunks"] as? Int ?? 0) >= chunks - ofFailed - 1)
        #expect(try await BatchProcess.run("results", "--db", database).output == results)
        #expect(try SQLite.rows(database, "PRAGMA integrity_check") == ["ok"])
        let show = try await BatchProcess.run("show", "--db", database, "j1", "--chunks")
        #expect(show.output.contains("its chunks were deleted"), "\(show.output)")
        // It goes on from the text that was kept.
        let retried = try await BatchProcess.run("retry", "--db", database, "--max-attempts", "1")
        #expect(retried.error.contains("1 job revived"), "\(retried.error)")
        let text = try await compact().output
        #expect(text.contains("before  ") && text.contains("after   "), "\(text)")
        #expect(!FileManager.default.fileExists(atPath: database + "-wal"))
    }

    @Test func beforeADayOnlyOlderAnswersAreMeant() async throws {
        try await makeDatabase(answers: 4)
        let all = "SELECT count(*) FROM chunks"
        let chunks = try SQLite.number(database, all)
        #expect(try await compact("--chunks", "none", "--before", "2020-01-01").status == 0)
        #expect(try SQLite.number(database, all) == chunks)
        let holders = "SELECT DISTINCT job_id FROM chunks JOIN attempts USING (attempt_id) ORDER BY 1"
        let jobs = try SQLite.rows(database, holders)
        // The newest row of chunks stays, whose it is: another job is made older.
        let old = try #require(
            try SQLite.rows(
                database,
                """
                SELECT job_id FROM completions WHERE job_id <> (SELECT job_id FROM chunks JOIN attempts USING (attempt_id)
                    ORDER BY chunk_id DESC LIMIT 1) LIMIT 1
                """
            ).first)
        try SQLite.write(database, "UPDATE completions SET created_ms = 1577836799999 WHERE job_id = \(old)")
        #expect(try await compact("--chunks", "none", "--before", "2020-01-01").status == 0)
        #expect(try SQLite.rows(database, holders) == jobs.filter { $0 != old })
        #expect(try await compact("--chunks", "none", "--before", "2099-01-01T00:00:00Z").status == 0)
        #expect(try SQLite.number(database, "SELECT count(DISTINCT attempt_id) FROM chunks") <= 2)
    }

    @Test func whatItCannotDoItSays() async throws {
        let missing = try await compact()
        #expect(missing.status == 3 && missing.error.contains("there is no such database"), "\(missing.error)")
        #expect(
            !FileManager.default.fileExists(atPath: database)
                && !FileManager.default.fileExists(atPath: database + ".lock"))
        for (arguments, words) in [
            (["--before", "2026-01-01"], "--before goes with --chunks none"), (["--chunks", "all"], "none"),
            (["--chunks", "none", "--before", "yesterday"], "yesterday"),
        ] {
            let ended = try await BatchProcess(["compact", "--db", database] + arguments).ended()
            #expect(ended.status == 2 && ended.error.contains(words), "\(arguments): \(ended.error)")
        }
        let foreign = try directory.write("no database, but a text of some length", to: "notes.txt")
        #expect(try await BatchProcess.run("compact", "--db", foreign).status == 3)
        #expect(try String(contentsOfFile: foreign, encoding: .utf8).hasPrefix("no database"))
    }

    @Test func aRunKeepsItAway() async throws {
        let server = try await MockServer.start()
        let file = try directory.writeJobs([Answers.countingJob("a", to: 50_000, options: "+pace=20ms")])
        let run = try BatchProcess(["run", file, "--base-url", server.baseURL, "--drain-timeout", "0s"])
        try await run.wait { server.statistics.activeStreams == 1 }
        let ended = try await compact("--chunks", "none")
        #expect(ended.status == 3 && ended.error.contains("process \(run.processIdentifier)"), "\(ended.error)")
        run.send(SIGTERM)
        #expect(await run.ended().status == 143)
        // What a dead worker left is put in order first: its text stays to be gone on from.
        let chunks = try SQLite.number(database, "SELECT count(*) FROM chunks")
        #expect(try await compact("--chunks", "none").status == 0)
        #expect(try SQLite.number(database, "SELECT count(*) FROM chunks") == chunks)
        await server.stop()
    }

    /// A reader that holds what it sees: the file gets smaller when it ends, and that is said.
    @Test func aReaderKeepsTheFileLargeUntilItEnds() async throws {
        try await makeDatabase()
        let before = try bytes()
        try await SQLite.holdingReadTransaction(database) {
            let ended = try await compact("--chunks", "none")
            #expect(ended.status == 0 && ended.error.contains("holds"), "\(ended.error)")
        }
        #expect(try await compact().status == 0)
        #expect(try bytes() < before * 3 / 4)
    }

    /// Killed at any time it leaves all answers, and the next call does the rest.
    @Test func aKillLosesNothing() async throws {
        try await makeDatabase(answers: 60)
        let answers = try SQLite.rows(database, "SELECT custom_id, content FROM results ORDER BY 1")
        var random = SystemRandomNumberGenerator()
        var kills = 0
        for _ in 1...(12 * Project.trials) {
            let process = try BatchProcess(["compact", "--db", database, "--chunks", "none"])
            // From before it has begun until after it has ended.
            try await Task.sleep(for: .microseconds(Int.random(in: 0...60_000, using: &random)))
            if process.isRunning { kills += 1 }
            process.send(SIGKILL)
            _ = await process.ended()
            #expect(try SQLite.rows(database, "PRAGMA integrity_check") == ["ok"])
            #expect(try SQLite.rows(database, "SELECT custom_id, content FROM results ORDER BY 1") == answers)
        }
        #expect(kills > 0, "none was killed")
        #expect(try await compact("--chunks", "none").status == 0)
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.url.path).sorted()
        #expect(names == ["jobs.db", "jobs.db.lock", "jobs.jsonl"], "nothing is left behind: \(names)")
        #expect(try SQLite.rows(database, "SELECT custom_id, content FROM results ORDER BY 1") == answers)
    }

    @Test func statusTellsWhatAChunkAndAnAnswerCost() async throws {
        try await makeDatabase()
        let object = try json(try await BatchProcess.run("status", database, "--json").output)
        let size = try #require(object["size"] as? [String: Any])
        #expect(size["chunks"] as? Int == (try SQLite.number(database, "SELECT count(*) FROM chunks")))
        let fileBytes = try bytes()
        #expect(size["is_estimate"] as? Bool == false && size["file_bytes"] as? Int == fileBytes)
        let each = try #require(size["bytes_per_chunk"] as? Double)
        #expect((15...200).contains(each), "\(size)")
        #expect((size["bytes_per_answer"] as? Double ?? 0) > 500, "\(size)")
        let text = try await BatchProcess.run("status", database).output
        #expect(text.contains("on disk") && text.contains("an answer beside its chunks"), "\(text)")
    }
}
