import Foundation
import LLMStreaming
import MockProvider
import Testing

/// What a job says a right answer is, and what follows others (Contract, "Checked answers").
@Suite(.serialized)
struct EndToEndCheckTests {
    private let directory: TemporaryDirectory
    private var database: String { directory.path("jobs.db") }

    init() throws { directory = try TemporaryDirectory() }

    private static let schema =
        #"{"type":"object","additionalProperties":false,"required":["label","score","text"],"properties":{"label":{"enum":["good","bad"]},"score":{"type":"integer","minimum":0,"maximum":10},"text":{"type":"string"}}}"#

    /// A job that is answered with a value of the schema, spoilt as the options of the mock's model say.
    private func job(_ id: String, _ options: String, check: String = #""response_format""#, more: String = "")
        -> String
    {
        """
        {"id":"\(id)","model":"mock/schema\(options)","prompt":"job \(id)","check":\(check),"options":{"temperature":0.5,\
        "response_format":{"type":"json_schema","json_schema":{"name":"n","schema":\(Self.schema)}}\(more)}}
        """
    }

    private func run(_ arguments: String...) async throws -> BatchProcess.Ended {
        try await BatchProcess(arguments + ["--db", database], directory: directory.url).ended()
    }

    private func rows(_ query: String) throws -> [String] { try SQLite.rows(database, query) }

    // MARK: - Right and wrong answers

    @Test func everyWrongAnswerIsAskedForAgainAndAllEndRight() async throws {
        let ways = [
            "fence", "think", "prose", "tail", "blank", "missing", "type", "enum", "extra", "two", "syntax", "open",
            "duplicate",
        ]
        let file = try directory.writeJobs(
            (0..<60).map { job("j\($0)", $0 % 3 == 0 ? "+wrong=\(ways[$0 / 3 % ways.count])+times=1" : "") })
        let ended = try await run("run", file)
        #expect(ended.status == 0, "\(ended.error)")
        #expect(
            try rows("SELECT count(*) FROM completions WHERE \"check\" IN ('ok', 'mended') AND json_valid(content)")
                == ["60"])
        try Answers.expectWhole(database, jobs: 60)
        // A fence and thinking tags are taken off; the message keeps them.
        let mended = try rows(
            """
            SELECT count(*), min(m.message LIKE '%```%' OR m.message LIKE '%think%') FROM completions AS c
            JOIN messages AS m USING (job_id, choice) WHERE c."check" = 'mended'
            """)
        #expect(mended == ["4|1"])
        let rejected = try rows("SELECT count(*), count(DISTINCT custom_id), min(reason <> '') FROM rejected_answers")
        #expect(rejected == ["16|16|1"])
        #expect(try rows("SELECT count(*) FROM partials") == ["0"])
        #expect(ended.error.contains("16 answers not taken and asked for again"), "\(ended.error)")
        #expect(ended.error.contains("4 mended"), "\(ended.error)")
        #expect(try rows("SELECT DISTINCT attempts FROM jobs") == ["1"])
    }

    @Test func anAnswerIsStoppedAtItsFirstWrongByte() async throws {
        let file = try directory.writeJobs((0..<5).map { job("j\($0)", "+wrong=prose+words=400+pace=2ms+times=1") })
        let ended = try await run("run", file)
        #expect(ended.status == 0, "\(ended.error)")
        #expect(
            try rows("SELECT count(*), max(completion_tokens) < 20 FROM rejected_answers WHERE stopped_early")
                == ["5|1"])
        let stats = try await run("stats", "--json")
        let checks = try JSONParser.parse(stats.output)["checks"]
        #expect(
            checks?["checked"] == 5 && checks?["asked_again"] == 5 && checks?["stopped_early"] == 5, "\(stats.output)")
    }

    @Test func afterTheMostAnswersTheJobFailsAndRetryAsksAnew() async throws {
        let server = try await MockServer.start()
        let file = try directory.writeJobs([job("a", "+wrong=missing+times=5"), job("b", "")])
        let ended = try await run("run", file, "--max-answers", "2", "--base-url", server.baseURL)
        #expect(ended.status == 1, "\(ended.error)")
        #expect(try rows("SELECT custom_id, error_kind FROM failures") == ["a|invalid_answer"])
        #expect(try rows("SELECT error FROM jobs WHERE custom_id = 'a'")[0].contains("required"))
        #expect(try rows("SELECT count(*) FROM rejected_answers") == ["2"])
        // As many again, and with the options of the run before.
        let retried = try await run("retry", "--base-url", server.baseURL)
        #expect(retried.status == 1 && retried.error.contains("--max-answers 2"), "\(retried.error)")
        #expect(try rows("SELECT count(*) FROM rejected_answers") == ["4"])
        let more = try await run(
            "retry", "--max-answers", "3", "--on-invalid", "ask", "--base-url", server.baseURL)
        await server.stop()
        #expect(more.status == 0, "\(more.error)")
        #expect(try rows("SELECT \"check\" FROM completions JOIN jobs USING (job_id) WHERE custom_id = 'a'") == ["ok"])
    }

    @Test func theModelIsToldItsFaults() async throws {
        var configuration = MockConfiguration()
        configuration.recordsRequests = true
        let server = try await MockServer.start(configuration)
        let file = try directory.writeJobs([job("a", "+wrong=enum+times=1")])
        let ended = try await run("run", file, "--on-invalid", "ask", "--base-url", server.baseURL)
        await server.stop()
        #expect(ended.status == 0, "\(ended.error)")
        #expect(try rows("SELECT count(*) FROM attempts") == ["2"])
        let sent = try #require(server.requests.last.map { try JSONParser.parse($0.bodyText) }?["messages"]?.array)
        #expect(sent.map { $0["role"]?.string } == ["user", "assistant", "user"])
        #expect(sent[1]["content"]?.string.map { [$0] } == (try rows("SELECT text FROM rejected_answers")))
        let request = sent[2]["content"]?.string ?? ""
        #expect(request.contains("/label") && request.contains("is not valid"), "\(request)")
    }

    /// What the answers say differs, what is wrong with them does not.
    @Test func jobsWhoseAnswersHaveTheSameFaultAreToldTogether() async throws {
        let jobs = (0..<6).map { job("j\($0)", $0 < 3 ? "+wrong=refuse" : "", check: #"{"regex":"no such word"}"#) }
        let ended = try await run("run", try directory.writeJobs(jobs), "--on-invalid", "fail")
        #expect(ended.status == 1, "\(ended.error)")
        let told = ended.error.split(separator: "\n").filter { $0.hasPrefix("failed: invalid_answer") }
        #expect(told.count == 2 && told.allSatisfy { $0.contains(": 3 jobs, such as 'j") }, "\(ended.error)")
    }

    @Test(arguments: [("keep", 0, "failed"), ("fail", 1, "")])
    func aWrongAnswerIsKeptOrFailsItsJob(way: String, status: Int32, check: String) async throws {
        let file = try directory.writeJobs([job("a", "+wrong=missing")])
        let ended = try await run("run", file, "--on-invalid", way)
        #expect(ended.status == status, "\(ended.error)")
        #expect(try rows("SELECT \"check\" FROM completions") == (check.isEmpty ? [] : [check]))
        #expect(try rows("SELECT count(*) FROM attempts") == ["1"])
        guard way == "keep" else { return }
        let results = try await run("results")
        let line = try JSONParser.parse(results.output)
        #expect(line["check"] == "failed")
        #expect(line["check_report"]?["findings"]?.array?.isEmpty == false, "\(results.output)")
    }

    @Test func theCheckOfAFileHoldsForLinesThatNameNoneAndForLaterRuns() async throws {
        let check = try directory.write(#"{"regex": "^1 2 3", "max_chars": 9}"#, to: "check.json")
        let file = try directory.writeJobs([
            Answers.countingJob("a", to: 5), Answers.countingJob("b", to: 6), Answers.countingJob("c", to: 2),
        ])
        let part = try await run("run", file, "--check", check, "--max-jobs", "1")
        #expect(part.status == 4, "\(part.error)")
        let rest = try await run("resume", "--max-jobs", "0")
        #expect(rest.error.contains("--check "), "\(rest.error)")
        #expect(rest.status == 1)
        #expect(try rows("SELECT custom_id FROM jobs WHERE status = 'completed'") == ["a"])
        #expect(try rows("SELECT error_kind FROM failures") == ["invalid_answer", "invalid_answer"])
        let missing = try await run("run", file, "--check", directory.path("none.json"))
        #expect(missing.status == 2 && missing.error.contains("cannot be read"), "\(missing.error)")
        let wrong = try directory.write(#"{"regexp": "x"}"#, to: "wrong.json")
        for command in [["run", file, "--db", database], ["validate", file]] {
            let ended = try await BatchProcess(command + ["--check", wrong]).ended()
            #expect(ended.status == 2 && ended.error.contains("regex"), "\(ended.error)")
        }
    }

    @Test func anotherCheckOfTheSameJobHoldsFromThenOn() async throws {
        let strict = #"{"max_chars":1}"#
        _ = try directory.writeJobs([job("a", "", check: strict), job("b", "")])
        let first = try await run("run", directory.path("jobs.jsonl"))
        #expect(first.status == 1, "\(first.error)")
        _ = try directory.writeJobs([job("a", ""), job("b", "", check: strict)])
        let again = try await run("run", directory.path("jobs.jsonl"))
        // A failed job is not run again by itself, and a completed one not judged again.
        #expect(again.status == 1)
        let retried = try await run("retry")
        #expect(retried.status == 0, "\(retried.error)")
        #expect(try rows("SELECT \"check\" FROM completions ORDER BY job_id") == ["ok", "ok"])
    }

    @Test func aSchemaThatTheProviderRefusesStopsTheModel() async throws {
        let file = try directory.writeJobs((0..<40).map { job("j\($0)", "+refuseschema") } + [job("other", "")])
        let ended = try await run("run", file)
        #expect(ended.status == 4, "\(ended.error)")
        #expect(ended.error.contains("refuses the schema"), "\(ended.error)")
        #expect(try rows("SELECT count(*) FROM jobs WHERE status = 'failed'") == ["0"])
        #expect(try rows("SELECT custom_id FROM jobs WHERE status = 'completed'") == ["other"])
    }

    @Test func aLoopIsMarkedOrStopped() async throws {
        let file = try directory.writeJobs([job("a", "+wrong=loop", check: #"{"min_chars":1}"#)])
        let marked = try await run("run", file)
        #expect(marked.status == 0, "\(marked.error)")
        #expect(try rows("SELECT check_report ->> '$.loop.copies' >= 25 FROM completions") == ["1"])
        let other = directory.path("stop.db")
        let stopped = try await BatchProcess(["run", file, "--db", other, "--loops", "stop"]).ended()
        #expect(stopped.status == 1, "\(stopped.error)")
        #expect(try SQLite.rows(other, "SELECT error_kind, count(*) FROM attempts GROUP BY 1") == ["repetition|3"])
    }

    // MARK: - A program that checks

    /// A program that gives the same word on each answer.
    private static func says(_ word: String) -> String {
        #"sed -u 's/^{"id":"\([^"]*\)".*/{"id":"\1",\#(word)}/'"#
    }

    private func countingJobs(_ count: Int) throws -> String {
        try directory.writeJobs((1...count).map { Answers.countingJob("j\($0)", to: 3) })
    }

    @Test func aProgramSaysWhichAnswersAreRight() async throws {
        let file = try countingJobs(40)
        let ended = try await run("run", file, "--check-command", "tee asked.jsonl | " + Self.says(#""ok":true"#))
        #expect(ended.status == 0, "\(ended.error)")
        #expect(try rows("SELECT count(*) FROM completions WHERE \"check\" = 'ok'") == ["40"])
        let asked = try String(contentsOfFile: directory.path("asked.jsonl"), encoding: .utf8).split(separator: "\n")
            .map { try JSONParser.parse(String($0)) }
        #expect(Set(asked.compactMap { $0["id"]?.string }).count == 40)
        #expect(asked.allSatisfy { $0["content"] == "1 2 3" && $0["finish_reason"] == "stop" })
    }

    @Test func aProgramSaysNo() async throws {
        let file = try countingJobs(3)
        let ended = try await run(
            "run", file, "--on-invalid", "fail", "--check-command", Self.says(#""ok":false,"reason":"too short""#)
        )
        #expect(ended.status == 1, "\(ended.error)")
        #expect(try rows("SELECT DISTINCT error_kind, error FROM failures") == ["invalid_answer|too short"])
        #expect(try rows("SELECT count(*) FROM rejected_answers WHERE text = '1 2 3'") == ["3"])
    }

    @Test(
        arguments: [
            (#"sed -u 's/^{"id":"\([^"]*\)".*/{"id":"\1","ok":true}/;5q'"#, "ended with status 0"),
            ("kill -9 $$", "signal 9"), ("exit 7", "status 7"), ("sed -u 's/.*/yes/'", "which is not"),
            (#"sed -u 's/.*/{"id":"nobody","ok":true}/'"#, "not asked"),
            (#"sed -u 's/^{"id":"\([^"]*\)".*/&\n{"id":"\1","ok":true}/'"#, "which is not"),
        ])
    func aProgramThatFailsStopsTheRunAndNothingIsPaidTwice(command: String, words: String) async throws {
        let server = try await MockServer.start()
        let file = try countingJobs(30)
        let ended = try await run("run", file, "--base-url", server.baseURL, "--check-command", command)
        #expect(ended.status == 4, "\(ended.error)")
        #expect(ended.error.contains(words), "\(ended.error)")
        let asked = try rows("SELECT count(*) FROM attempts WHERE chunk_count > 0")
        // The next run has the kept answers judged, and asks for the others only.
        let unnamed = try await run("resume", "--base-url", server.baseURL)
        #expect(unnamed.status == 2 && unnamed.error.contains("--check-command"), "\(unnamed.error)")
        let rest = try await run(
            "resume", "--base-url", server.baseURL, "--check-command", Self.says(#""ok":true"#))
        #expect(rest.status == 0, "\(rest.error)")
        await server.stop()
        #expect(try rows("SELECT count(*) FROM completions WHERE \"check\" = 'ok' AND content = '1 2 3'") == ["30"])
        #expect(try rows("SELECT count(*) FROM attempts WHERE chunk_count > 0") == ["30"])
        #expect(try #require(Int(asked[0])) <= 30)
        #expect(try rows("SELECT sum(billed_completion_tokens) FROM completions") == ["90"])
        try Answers.expectWhole(database, jobs: 30)
    }

    /// What was asked of the provider, and what of that is paid.
    private func expectPaidOnce(_ jobs: Int) throws {
        #expect(try rows("SELECT count(*) FROM attempts WHERE chunk_count > 0") == ["\(jobs)"])
        #expect(try rows("SELECT sum(billed_completion_tokens) FROM completions") == ["\(3 * jobs)"])
        #expect(
            try rows("SELECT count(*) FROM completions WHERE \"check\" = 'ok' AND content = '1 2 3'") == ["\(jobs)"])
        try Answers.expectWhole(database, jobs: jobs)
    }

    @Test func aProgramThatJudgesNothingStopsTheRun() async throws {
        let file = try countingJobs(3)
        let ended = try await run("run", file, "--check-command", "cat > /dev/null", "--check-timeout", "300ms")
        #expect(ended.status == 4 && ended.error.contains("has written nothing"), "\(ended.error)")
        let rest = try await run("resume", "--check-command", Self.says(#""ok":true"#))
        #expect(rest.status == 0, "\(rest.error)")
        try expectPaidOnce(3)
    }

    @Test func anAnswerThatIsJudgedTooLateIsJudgedByRetry() async throws {
        let file = try countingJobs(4)
        let ended = try await run(
            "run", file, "--check-timeout", "500ms", "--check-command",
            #"sed -u -n '1s/^{"id":"\([^"]*\)".*/{"id":"\1","ok":true}/p'"#)
        #expect(ended.status == 1, "\(ended.error)")
        #expect(try rows("SELECT count(*) FROM failures WHERE error_kind = 'timeout_check'") == ["3"])
        let retried = try await run("retry", "--check-command", Self.says(#""ok":true"#))
        #expect(retried.status == 0, "\(retried.error)")
        try expectPaidOnce(4)
    }

    @Test func answersThatWaitForTheirJudgementSurviveAKill() async throws {
        let file = try countingJobs(8)
        let worker = try BatchProcess(
            ["run", file, "--db", database, "--check-command", "sleep 60"], directory: directory.url)
        try await worker.wait {
            SQLite.currentNumber(database, "SELECT count(*) FROM attempts WHERE partial ->> '$.whole' IS NOT NULL") == 8
        }
        worker.send(SIGKILL)
        _ = await worker.ended()
        let rest = try await run("resume", "--check-command", Self.says(#""ok":true"#))
        #expect(rest.status == 0, "\(rest.error)")
        try expectPaidOnce(8)
    }

    @Test func aKeptAnswerIsJudgedAsAnyOther() async throws {
        let file = try countingJobs(4)
        let died = try await run("run", file, "--check-command", "exit 1")
        #expect(died.status == 4, "\(died.error)")
        let again = try await run(
            "resume", "--max-jobs", "2", "--check-command",
            #"sed -u -e '1s/^{"id":"\([^"]*\)".*/{"id":"\1","ok":false,"reason":"no"}/;t' -e 's/^{"id":"\([^"]*\)".*/{"id":"\1","ok":true}/'"#
        )
        #expect(again.status == 4, "\(again.error)")
        #expect(try rows("SELECT count(*) FROM jobs WHERE status = 'completed'") == ["2"])
        #expect(try rows("SELECT count(*), min(reason) FROM rejected_answers") == ["1|no"])
        // The check that holds now is asked first.
        let check = try directory.write(#"{"max_chars": 1}"#, to: "check.json")
        let checked = try await run(
            "resume", "--check", check, "--on-invalid", "fail", "--max-jobs", "0", "--check-command",
            Self.says(#""ok":true"#))
        #expect(checked.status == 1, "\(checked.error)")
        #expect(try rows("SELECT count(*) FROM failures WHERE error_kind = 'invalid_answer'") == ["2"])
    }

    @Test func idsThatLookAlikeAreJudgedApart() async throws {
        let file = try directory.writeJobs(
            ["e\u{301}", "\u{E9}", "\\\"a\\\"", "b\\nc"].enumerated().map { number, id in
                #"{"id":"\#(id)","model":"mock/count-3","prompt":"\#(number)"}"#
            })
        // As JSON has it, quotes and all.
        let program = #"sed -u 's/^{"id":\("\(\\.\|[^"\\]\)*"\).*/{"id":\1,"ok":true}/'"#
        let ended = try await run("run", file, "--check-command", program)
        #expect(ended.status == 0, "\(ended.error)")
        try expectPaidOnce(4)
    }

    @Test func nothingOfAProgramIsLeft() async throws {
        let file = try countingJobs(2)
        let mark = directory.path("left.txt")
        let ended = try await run(
            "run", file, "--check-command", "sh -c 'sleep 7; touch left.txt' & " + Self.says(#""ok":true"#))
        #expect(ended.status == 0, "\(ended.error)")
        #expect(!FileManager.default.fileExists(atPath: mark))
        let pids = try await ChildProcess.run("/usr/bin/env", "pgrep", "-f", "touch left.txt").output
        #expect(pids.isEmpty, "\(String(decoding: pids, as: UTF8.self))")
    }
}
