import Foundation
import Testing

/// `results` and the other questions: what they give, and where they put it.
@Suite(.serialized)
struct EndToEndResultsTests {
    private let directory: TemporaryDirectory
    private var database: String { directory.path("jobs.db") }

    init() throws { directory = try TemporaryDirectory() }

    /// Two answers, one of them cut short by its bound and joined from two pieces, and three failures of two kinds.
    private func runJobs() async throws {
        let file = try directory.writeJobs([
            #"{"id":"whole","model":"mock/count-5","prompt":"a"}"#,
            #"{"id":"short","model":"mock/count-50+cutchunk=middle+times=1","prompt":"b","options":{"max_tokens":40}}"#,
            #"{"id":"bad","model":"mock/status=400","prompt":"c"}"#,
            #"{"id":"bad too","model":"mock/status=400","prompt":"d"}"#,
            #"{"id":"gone","model":"mock/status=404","prompt":"e"}"#,
        ])
        let run = try await BatchProcess.run("run", file)
        #expect(run.error.contains("failed: invalid_request (HTTP 400): 2 jobs, such as 'bad'"), "\(run.error)")
    }

    private func results(_ options: String...) async throws -> BatchProcess.Ended {
        try await BatchProcess(["results", "--db", database] + options).ended()
    }

    private func ids(_ options: String...) async throws -> [String] {
        let ended = try await BatchProcess(["results", "--db", database] + options).ended()
        #expect(ended.status == 0, "\(options): \(ended.error)")
        return ended.output.split(separator: "\n").compactMap { line in
            (try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])?["id"] as? String
        }
    }

    @Test func everyFilterLetsThroughWhatItNames() async throws {
        try await runJobs()
        #expect(try await ids("--status", "failed") == ["bad", "bad too"])
        #expect(try await ids("--status", "failed", "--status", "completed").count == 4)
        #expect(try await ids("--job", "bad", "--job", "whole") == ["whole", "bad"])
        #expect(try await ids("--model", "count-5") == ["whole"])
        #expect(try await ids("--model", "mock/status=400", "--model", "mock/count-5") == ["whole", "bad", "bad too"])
        #expect(try await ids("--error-kind", "invalid_request") == ["bad", "bad too"])
        #expect(try await ids("--error-kind", "rate_limit") == [])
        #expect(try await ids("--finish-reason", "length") == ["short"])
        #expect(try await ids("--finish-reason", "stop", "--model", "status=400") == [])
        for wrong in [["--job", "nobody"], ["--error-kind", "bad_luck"], ["--finish-reason", "boredom"]] {
            let ended = try await BatchProcess(["results", "--db", database] + wrong).ended()
            #expect(ended.status == 2 && !ended.error.isEmpty, "\(wrong)")
        }
    }

    @Test func aClosedPipeEndsQuietlyAndAFullDiskDoesNot() async throws {
        let file = try directory.writeJobs((1...200).map { Answers.countingJob("j\($0)", to: 400) })
        let run = try await BatchProcess.run("run", file)
        #expect(run.status == 0, "\(run.error)")
        let closed = try await BatchProcess(
            ["results", "--db", database],
            launcher: ["/bin/bash", "-c", #""$@" | head -c 10; exit ${PIPESTATUS[0]}"#, "-"]
        ).ended()
        #expect(closed.status == 0 && closed.output.count == 10 && closed.error.isEmpty, "\(closed.error)")
        let full = try await BatchProcess(
            ["results", "--db", database], launcher: ["/bin/sh", "-c", #""$@" > /dev/full"#, "-"]
        ).ended()
        #expect(full.status == 2 && full.error.contains("No space left"), "\(full.status) \(full.error)")
    }

    @Test func anExportThatIsBrokenOffLeavesTheOldFileAndNothingBesideIt() async throws {
        let run = try await BatchProcess.run(
            "run", try directory.writeJobs((1...600).map { Answers.countingJob("j\($0)", to: 40) }))
        #expect(run.status == 0, "\(run.error)")
        _ = try directory.write("old", to: "answers.jsonl")
        var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: directory.url.path)) ?? [] }
        let process = try BatchProcess(["results", "--db", database, "-o", directory.path("answers.jsonl")])
        try await process.wait { names.contains { $0.hasSuffix(".tmp") } }
        process.send(SIGINT)
        let ended = await process.ended()
        let lines = try String(contentsOfFile: directory.path("answers.jsonl"), encoding: .utf8).split(separator: "\n")
        // The signal may come when the last line is written already.
        #expect(ended.status == 130 ? lines == ["old"] : ended.status == 0 && lines.count == 600, "\(ended.status)")
        #expect(!names.contains { $0.hasSuffix(".tmp") }, "\(names)")
    }

    @Test func aFileIsReplacedWholeOrNotAtAll() async throws {
        try await runJobs()
        let output = try directory.write("old", to: "answers.jsonl")
        try FileManager.default.createSymbolicLink(
            atPath: directory.path("link"), withDestinationPath: "answers.jsonl")
        let linked = try await results("-o", directory.path("link"))
        #expect(linked.status == 0, "\(linked.error)")
        #expect(try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n").count == 4)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: directory.path("link")) == "answers.jsonl")

        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: output)
        #expect(try await results("-o", output).status == 0)
        #expect(try FileManager.default.attributesOfItem(atPath: output)[.posixPermissions] as? Int == 0o600)

        let before = try Data(contentsOf: URL(filePath: database))
        for path in [database, directory.path("./jobs.db")] {
            let refused = try await results("-o", path)
            #expect(refused.status == 2 && refused.error.contains("is the database"), "\(refused.error)")
        }
        #expect(try Data(contentsOf: URL(filePath: database)) == before)
        let nowhere = try await results("-o", directory.path("no/such/folder.jsonl"))
        #expect(nowhere.status == 2 && nowhere.error.contains("cannot be written"), "\(nowhere.error)")
        let device = try await results("-o", "/dev/null")
        #expect(device.status == 0 && device.output.isEmpty, "\(device.error)")
        let standard = try await results("-o", "-")
        #expect(standard.output.split(separator: "\n").count == 4)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: directory.url.path).allSatisfy { !$0.contains("tmp") })
    }

    @Test func showIsATimelineWithTheSeamsInTheText() async throws {
        try await runJobs()
        let show = try await BatchProcess.run("show", "--db", database, "short")
        let lines = show.output.split(separator: "\n").map(String.init)
        #expect(lines.contains { $0.hasPrefix("attempt 1 · interrupted") }, "\(show.output)")
        #expect(lines.contains { $0.hasPrefix("  began 20") && $0.hasSuffix(" UTC") })
        #expect(lines.contains { $0.contains("after the first, ") && $0.contains("after the end of the one before") })
        #expect(lines.contains { $0.hasPrefix("  cut: ") })
        let text = try #require(lines.last)
        let mark = try #require(text.firstRange(of: "⟦attempt 2⟧"))
        let content = try #require(
            try SQLite.rows(database, "SELECT content FROM results WHERE custom_id = 'short'").first)
        #expect(text.replacing("⟦attempt 2⟧", with: "") == content)
        let kept = try SQLite.number(
            database, "SELECT seams ->> '$[0].kept' FROM completions WHERE segments = 2")
        #expect(text[..<mark.lowerBound].unicodeScalars.count == kept)
        let failed = try await BatchProcess.run("show", "--db", database, "bad")
        #expect(failed.output.contains("mend the line"), "\(failed.output)")
    }

    @Test func aRunTellsOfTheFailuresOfItsFilesAndStatusOfAll() async throws {
        let first = try directory.writeJobs([#"{"id":"a","model":"mock/status=400","prompt":"x"}"#], to: "first.jsonl")
        let second = try directory.writeJobs(
            [#"{"id":"b","model":"mock/status=413","prompt":"x"}"#], to: "second.jsonl")
        let third = try directory.writeJobs([#"{"id":"c","model":"mock/status=500","prompt":"x"}"#], to: "third.jsonl")
        for file in [first, second] { _ = try await BatchProcess.run("run", file, "--db", database) }
        let run = try await BatchProcess.run("run", third, "--db", database, "--max-attempts", "1")
        #expect(run.error.contains("failed: server (HTTP 500): job 'c'"), "\(run.error)")
        #expect(!run.error.contains("invalid_request"), "\(run.error)")
        let status = try await BatchProcess.run("status", "--db", database)
        #expect(status.output.contains("failed: server (HTTP 500): job 'c'"), "\(status.output)")
        #expect(status.output.contains("failed: invalid_request (HTTP 400): job 'a'"), "\(status.output)")
        #expect(status.output.contains("failed: invalid_request (HTTP 413): job 'b'"), "\(status.output)")
        #expect(status.output.components(separatedBy: "mend the line").count == 2, "\(status.output)")
    }

    /// Names of requests keep no failures apart; other words and other statuses do.
    @Test func failuresAreToldByKindStatusAndMessage() async throws {
        let file = try directory.writeJobs(
            (1...30).map { #"{"id":"j\#($0)","model":"mock/status=\#($0 % 3 == 0 ? 422 : 400)","prompt":"\#($0)"}"# })
        let run = try await BatchProcess.run("run", file)
        #expect(run.error.contains("failed: invalid_request (HTTP 400): 20 jobs, such as 'j1' ("), "\(run.error)")
        #expect(run.error.contains("failed: invalid_request (HTTP 422): 10 jobs, such as 'j3' ("), "\(run.error)")
        try SQLite.write(
            database,
            """
            UPDATE jobs SET error = 'request req_' || job_id || ' was bad: ' || CASE job_id % 2 WHEN 0 THEN 'odd'
                ELSE 'even' END WHERE job_id % 3 > 0
            """)
        let status = try await BatchProcess.run("status", "--db", database)
        #expect(status.output.components(separatedBy: "(HTTP 400): 10 jobs").count == 3, "\(status.output)")
    }

    /// What cannot pass another time is not tried again.
    @Test func retryIsAdvisedOnlyWhereItCanHelp() async throws {
        func run(_ models: String...) async throws -> String {
            try? FileManager.default.removeItem(atPath: database)
            let file = try directory.writeJobs(
                models.map { #"{"id":"\#($0)","model":"mock/status=\#($0)","prompt":"p"}"# })
            return try await BatchProcess.run("run", file, "--max-attempts", "1").error
        }
        let none = try await run("400", "413")
        #expect(!none.contains("retry --db"), "\(none)")
        let all = try await run("500")
        #expect(all.contains("try them again: llm4s-batch retry --db \(database)\n"), "\(all)")
        let some = try await run("400", "500")
        #expect(some.contains("llm4s-batch retry --db \(database) --error-kind server\n"), "\(some)")
    }

    @Test func howAnswersEndedIsTold() async throws {
        let jobs = (1...12).map { number in
            let bound = number <= 7 ? 5 : 50
            let options = #""options":{"max_tokens":\#(bound)}"#
            return #"{"id":"\#(number)","model":"mock/count-20","prompt":"\#(number)",\#(options)}"#
        }
        let run = try await BatchProcess.run("run", try directory.writeJobs(jobs))
        #expect(run.error.contains("7 of 12 were cut by max_tokens: raise max_tokens"), "\(run.error)")
        for command in ["status", "stats"] {
            let ended = try await BatchProcess.run(command, "--db", database)
            #expect(ended.output.contains("7 of 12 were cut by max_tokens"), "\(ended.output)")
        }
        let ends = ["length": 7, "stop": 5]
        let status = try await BatchProcess.run("status", "--db", database, "--json")
        let object = try JSONSerialization.jsonObject(with: Data(status.output.utf8)) as? [String: Any]
        #expect(object?["finish_reasons"] as? [String: Int] == ends)
        let stats = try await BatchProcess.run("stats", "--db", database, "--json")
        let models = (try JSONSerialization.jsonObject(with: Data(stats.output.utf8)) as? [String: Any])?["models"]
        #expect((models as? [[String: Any]])?.first?["finish_reasons"] as? [String: Int] == ends)
        // Who ended well is not spoken of.
        let well = try await BatchProcess.run(
            "run", try directory.writeJobs(Array(jobs.suffix(5)), to: "well.jsonl"), "--db", directory.path("well.db"))
        #expect(!well.error.contains("were cut"), "\(well.error)")
    }

    @Test func failuresAreGroupedByKindWithAnExampleAndWhatToDo() async throws {
        try await runJobs()
        let status = try await BatchProcess.run("status", "--db", database)
        let words = "failed: invalid_request (HTTP 400): 2 jobs, such as 'bad' ("
        #expect(status.output.contains(words), "\(status.output)")
        #expect(status.output.contains("mend the line"), "\(status.output)")
        let json = try await BatchProcess.run("status", "--db", database, "--json")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        let failures = try #require(object["failures"] as? [[String: Any]])
        #expect(failures.first?["jobs"] as? Int == 2 && failures.first?["advice"] is String)
        let stats = try await BatchProcess.run("stats", "--db", database)
        #expect(stats.output.contains("2 × invalid_request (HTTP 400) on 2 jobs"), "\(stats.output)")
        #expect(stats.output.contains("the stream broke"), "\(stats.output)")
    }
}
