import Foundation
import LLM4SBatch
import LLMStreaming
import MockProvider
import Testing

/// Jobs that ask the same, of which one is sent (Contract, "Equal requests").
@Suite(.serialized)
struct EndToEndDedupeTests {
    private let directory: TemporaryDirectory
    private var database: String { directory.path("jobs.db") }

    init() throws { directory = try TemporaryDirectory() }

    /// A job that asks the question of a number.
    private func job(
        _ id: String, _ question: Int, model: String = "count-5", options: String = "", more: String = ""
    ) -> String {
        #"{"id":"\#(id)","model":"mock/\#(model)","prompt":"question \#(question)","options":{\#(options)}\#(more)}"#
    }

    private func jobs(_ count: Int, of distinct: Int, from first: Int = 0, model: String = "count-5") -> [String] {
        (first..<first + count).map { job("j\($0)", $0 % distinct, model: model) }
    }

    private func run(_ arguments: String..., input: String? = nil) async throws -> BatchProcess.Ended {
        try await BatchProcess(
            arguments + (arguments.contains("--db") ? [] : ["--db", database]), directory: directory.url, input: input
        ).ended()
    }

    private func rows(_ query: String) throws -> [String] { try SQLite.rows(database, query) }

    private static let counts =
        "SELECT count(*), count(copied_from), count(DISTINCT copied_from) FROM completions WHERE choice = 0"
    private static let billed =
        "SELECT sum(billed_prompt_tokens), sum(billed_completion_tokens) FROM completions WHERE choice = 0"

    @Test func ofEqualRequestsOneIsSent() async throws {
        let server = try await MockServer.start()
        let file = try directory.writeJobs(jobs(200, of: 20))
        let ended = try await run("run", file, "--dedupe", "--base-url", server.baseURL)
        #expect(ended.status == 0, "\(ended.error)")
        #expect(server.statistics.requests == 20)
        #expect(try rows(Self.counts) == ["200|180|20"])
        #expect(try rows("SELECT DISTINCT content FROM completions") == ["1 2 3 4 5"])
        #expect(ended.error.contains("180 answers copied from jobs that asked the same"), "\(ended.error)")
        try Answers.expectWhole(database, jobs: 200)
        // What was billed is what twenty are billed.
        let other = directory.path("other.db")
        let alone = try await run(
            "run", try directory.writeJobs(jobs(20, of: 20), to: "alone.jsonl"), "--db", other, "--base-url",
            server.baseURL)
        await server.stop()
        #expect(alone.status == 0)
        #expect(try rows(Self.billed) == SQLite.rows(other, Self.billed))
        let sums = "SELECT prompt_tokens, completion_tokens, billed_completion_tokens FROM usage_by_model"
        #expect(try rows(sums) == SQLite.rows(other, sums))
        let status = try await run("status", "--json")
        let less = try await run("status", "--json", "--db", other)
        #expect(try JSONParser.parse(status.output)["tokens"] == JSONParser.parse(less.output)["tokens"])
        let stats = try await run("stats", "--json")
        let model = try JSONParser.parse(stats.output)["models"]?.array?.first
        #expect(model?["completed"] == 200 && model?["copied"] == 180 && model?["duration_us"]?["count"] == 20)
        let text = try await run("stats")
        #expect(text.output.contains("200 answers, 180 of them copied"), "\(text.output)")
        // As a reader sees it, a copy is an answer like any other, and says so.
        let results = try await run("results").output.split(separator: "\n").map {
            try JSONParser.parse(Array($0.utf8))
        }
        #expect(results.count == 200 && results.allSatisfy { $0["content"] == "1 2 3 4 5" })
        #expect(results.map { $0["id"]?.string } == (0..<200).map { "j\($0)" })
        #expect(results.filter { $0["copied_from"]?.string != nil }.count == 180)
        let show = try await run("show", try rows("SELECT custom_id FROM results WHERE copied_from IS NOT NULL")[0])
        #expect(show.output.contains("sent nothing: job 'j"), "\(show.output)")
    }

    @Test func neverByDefaultAndOffAgainOnResume() async throws {
        let server = try await MockServer.start()
        let file = try directory.writeJobs(jobs(12, of: 6))
        let first = try await run("run", file, "--dedupe", "--max-jobs", "3", "--base-url", server.baseURL)
        #expect(first.status == 4 && server.statistics.requests == 3, "\(first.error)")
        // It is taken over, and said.
        let second = try await run("resume", "--max-jobs", "1", "--base-url", server.baseURL)
        #expect(second.error.contains("--dedupe"), "\(second.error)")
        #expect(server.statistics.requests == 4)
        #expect(try rows(Self.counts) == ["8|4|4"])
        let third = try await run("resume", "--no-dedupe", "--max-jobs", "0", "--base-url", server.baseURL)
        #expect(third.status == 0 && server.statistics.requests == 8, "\(third.error)")
        let other = directory.path("other.db")
        let plain = try await run("run", file, "--db", other, "--base-url", server.baseURL)
        #expect(plain.status == 0 && server.statistics.requests == 20)
        await server.stop()
        #expect(try SQLite.rows(other, "SELECT name FROM sqlite_schema WHERE name = 'jobs_answered'") == [])
        #expect(try SQLite.rows(other, Self.counts) == ["12|0|0"])
    }

    @Test func severalAnswersToolCallsAndSamplesAreCopiedWhole() async throws {
        let tools = #""tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}]"#
        let server = try await MockServer.start()
        let file = try directory.writeJobs(
            (0..<3).map { job("two-\($0)", 1, options: #""n":2"#) }
                + (0..<3).map { job("tool-\($0)", 2, model: "tool", options: tools) })
        let ended = try await run("run", file, "--dedupe", "--samples", "2", "--base-url", server.baseURL)
        await server.stop()
        #expect(ended.status == 0, "\(ended.error)")
        // Each of the two samples of each of the two requests.
        #expect(server.statistics.requests == 4)
        #expect(
            try rows(
                """
                SELECT substr(r.custom_id, 1, 3), r.sample, count(*), count(r.copied_from), count(DISTINCT r.content),
                    count(DISTINCT r.tool_calls), count(DISTINCT c.message)
                FROM results AS r JOIN completions AS c USING (job_id, choice) GROUP BY 1, 2, r.choice
                """) == [
                    "too|1|3|2|1|1|1", "too|2|3|2|1|1|1", "two|1|3|2|1|0|1", "two|1|3|2|1|0|1", "two|2|3|2|1|0|1",
                    "two|2|3|2|1|0|1",
                ])
        try Answers.expectWhole(database, jobs: 12)
    }

    /// A second file, whatever its name and ids are, asks only what is new in it.
    @Test func whatWasAnsweredEarlierIsNotAskedAgain() async throws {
        let server = try await MockServer.start()
        let file = try directory.writeJobs(jobs(10, of: 10))
        #expect(try await run("run", file, "--base-url", server.baseURL).status == 0)
        let added = try directory.writeJobs(jobs(60, of: 12, from: 100), to: "added.jsonl")
        let ended = try await run("run", added, "--dedupe", "--base-url", server.baseURL)
        #expect(ended.status == 0, "\(ended.error)")
        #expect(server.statistics.requests == 12)
        #expect(try rows("SELECT count(*), count(copied_from) FROM results WHERE source LIKE '%added%'") == ["60|58"])
        #expect(try rows("SELECT count(*) FROM results WHERE copied_from LIKE 'j1__'") == ["8"])
        let again = try await run("run", added, "--dedupe", "--base-url", server.baseURL)
        await server.stop()
        #expect(again.status == 0 && server.statistics.requests == 12, "\(again.error)")
        try Answers.expectWhole(database, jobs: 70)
    }

    @Test func equalJobsFailTogetherAndAreRevivedTogether() async throws {
        let server = try await MockServer.start()
        let file = try directory.writeJobs(jobs(10, of: 1, model: "count-5+status=400+times=1"))
        let ended = try await run("run", file, "--dedupe", "--base-url", server.baseURL)
        #expect(ended.status == 1 && server.statistics.requests == 1, "\(ended.error)")
        let failures = "SELECT count(*), count(DISTINCT error), min(error_kind) FROM failures"
        #expect(try rows(failures) == ["10|1|invalid_request"])
        #expect(try rows("SELECT DISTINCT http_status FROM failures") == ["400"])
        #expect(try rows("SELECT sum(tries) FROM errors_by_kind") == ["1"])
        let retried = try await run("retry", "--base-url", server.baseURL)
        await server.stop()
        #expect(retried.status == 0, "\(retried.error)")
        #expect(server.statistics.requests == 2)
        #expect(try rows(Self.counts) == ["10|9|1"])
        try Answers.expectWhole(database, jobs: 10)
    }

    @Test func aRejectedAnswerFailsAllThatAskedForIt() async throws {
        let check = #","check":{"max_chars":3}"#
        let server = try await MockServer.start()
        let file = try directory.writeJobs((0..<6).map { job("j\($0)", 1, more: check) })
        let ended = try await run(
            "run", file, "--dedupe", "--on-invalid", "fail", "--base-url", server.baseURL)
        #expect(ended.status == 1 && server.statistics.requests == 1, "\(ended.error)")
        #expect(try rows("SELECT count(*), min(error_kind) FROM failures") == ["6|invalid_answer"])
        #expect(try rows("SELECT count(*) FROM rejected_answers") == ["1"])
        let kept = try await run("retry", "--on-invalid", "keep", "--base-url", server.baseURL)
        await server.stop()
        #expect(kept.status == 0, "\(kept.error)")
        #expect(try rows(#"SELECT DISTINCT "check" FROM completions"#) == ["failed"])
        #expect(try rows(Self.counts) == ["6|5|1"])
    }

    @Test func aProgramThatJudgesExcludesIt() async throws {
        let file = try directory.writeJobs(jobs(2, of: 1))
        let ended = try await run("run", file, "--dedupe", "--check-command", "cat")
        #expect(ended.status == 2)
        #expect(ended.error.contains("--dedupe and --check-command exclude each other"), "\(ended.error)")
        #expect(!FileManager.default.fileExists(atPath: database))
    }

    @Test func aPipeMayRepeatItself() async throws {
        let server = try await MockServer.start()
        let lines = jobs(40, of: 4).joined(separator: "\n") + "\n"
        let arguments = ["run", "-", "--output", "-", "--dedupe", "--db", database]
        for _ in 0..<2 {
            let ended = try await BatchProcess(
                arguments, environment: ["MOCK_BASE_URL": server.baseURL], directory: directory.url, input: lines
            ).ended()
            #expect(ended.status == 0, "\(ended.error)")
            let printed = try ended.output.split(separator: "\n").map { try JSONParser.parse(Array($0.utf8)) }
            #expect(Set(printed.compactMap { $0["id"]?.string }).count == 40 && printed.count == 40)
            #expect(printed.filter { $0["copied_from"]?.string != nil }.count == 36)
        }
        await server.stop()
        #expect(server.statistics.requests == 4)
    }

    /// Each shard for itself; the copies of all of them are in the whole.
    @Test func shardsSendForThemselvesAndAreMerged() async throws {
        let server = try await MockServer.start()
        let file = try directory.writeJobs(jobs(60, of: 2))
        var parts: [String] = []
        for shard in 0..<2 {
            let part = directory.path("part-\(shard).db")
            let ended = try await run(
                "run", file, "--dedupe", "--shard", "\(shard)/2", "--db", part, "--base-url", server.baseURL)
            #expect(ended.status == 0, "\(ended.error)")
            parts.append(part)
        }
        await server.stop()
        #expect(server.statistics.requests == 4)
        let merged = try await BatchProcess(["merge", database] + parts).ended()
        #expect(merged.status == 0, "\(merged.error)")
        #expect(try rows(Self.counts) == ["60|56|4"])
        try Answers.expectWhole(database, jobs: 60)
        let of = { (paths: [String]) in
            try await BatchProcess(["results"] + paths).ended().output.split(separator: "\n").sorted()
        }
        #expect(try await of([database]) == of(parts))
    }

    /// What outlives the machine has all that ended, copies and those that failed with another too.
    @Test func thePartsOfASharedFolderHaveAllOfIt() async throws {
        let server = try await MockServer.start()
        let lines =
            jobs(300, of: 30, model: "count-9+pace=3ms")
            + (0..<20).map { job("bad\($0)", $0 % 2, model: "count-5+status=400") }
        let file = try directory.writeJobs(lines)
        let folder = directory.path("shared")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let shared = ["--base-url", server.baseURL, "--shared", folder, "--every", "100ms"]
        let ended = try await BatchProcess(
            ["run", file, "--dedupe", "--concurrency", "4", "--db", database] + shared, directory: directory.url
        ).ended()
        #expect(ended.status == 1 && server.statistics.requests == 32, "\(ended.error)")
        let merged = try await BatchProcess(["merge", directory.path("merged.db"), folder]).ended()
        #expect(merged.output.contains("320 jobs, 300 completed, 20 failed\n"), "\(merged)")
        #expect(try SQLite.rows(directory.path("merged.db"), Self.counts) == ["300|270|30"])
        try Answers.expectWhole(directory.path("merged.db"), jobs: 300)
        // Another machine has nothing left to do.
        let next = directory.path("next.db")
        let other = try await BatchProcess(
            ["run", file, "--dedupe", "--db", next] + shared, directory: directory.url
        ).ended()
        await server.stop()
        #expect(other.status == 1 && server.statistics.requests == 32, "\(other.error)")
        let statuses = try SQLite.rows(next, "SELECT status, count(*) FROM jobs GROUP BY 1")
        #expect(statuses == ["completed|300", "failed|20"])
    }

    /// Killed at any moment, nothing is sent again but what was open.
    @Test func aKillLosesNothingAndNothingIsSentTwice() async throws {
        var chance = Chance(seed: Project.seed)
        let server = try await MockServer.start()
        let file = try directory.writeJobs(jobs(400, of: 20, model: "count-40+pace=5ms"))
        var open = 0
        for _ in 0..<4 {
            let sent = server.statistics.bodyBytesWritten
            let process = try BatchProcess([
                "run", file, "--db", database, "--dedupe", "--concurrency", "4", "--base-url", server.baseURL,
            ])
            let target = sent + Int.random(in: 0...60_000, using: &chance)
            try await process.wait { server.statistics.bodyBytesWritten >= target }
            process.send(SIGKILL)
            if await process.ended().status == -SIGKILL { open += 4 }
        }
        let ended = try await run("run", file, "--dedupe", "--base-url", server.baseURL)
        await server.stop()
        #expect(ended.status == 0, "seed \(Project.seed): \(ended.error)")
        #expect(try rows(Self.counts) == ["400|380|20"], "seed \(Project.seed)")
        // What ended since the last commit may be asked again, and what was open goes on.
        #expect(server.statistics.requests <= 20 + 2 * open, "seed \(Project.seed)")
        try Answers.expectWhole(database, jobs: 400)
    }

    @Test func aProgramThatHasTheRunnerWithinItMayToo() async throws {
        let server = try await MockServer.start()
        var options = BatchOptions()
        options.dedupes = true
        options.baseURLs = [server.baseURL]
        let file = try directory.writeJobs(jobs(30, of: 3))
        let report = try await BatchRunner(database: database, options: options, environment: [:]).run([file])
        await server.stop()
        #expect(report.completed == 30 && report.attempts == 3 && server.statistics.requests == 3)
    }
}
