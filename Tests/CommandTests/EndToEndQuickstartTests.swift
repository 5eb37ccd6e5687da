import Foundation
import Testing

/// What a new user does first.
@Suite(.serialized)
struct EndToEndQuickstartTests {
    @Test func theQuickstartGivesTwentyResultsAndThenHasNothingLeftToDo() async throws {
        let directory = try TemporaryDirectory()
        let jobs = Project.root.appending(path: "jobs/quickstart.jsonl").path
        let database = directory.path("quickstart.db")
        let first = try await BatchProcess.run("run", jobs, "--db", database)
        #expect(first.status == 0, "\(first.error)")
        #expect(first.output.isEmpty, "standard output carries results only")
        try Answers.expectWhole(database, jobs: 20)
        #expect(try SQLite.number(database, "SELECT count(*) FROM results") == 20)

        let results = try await BatchProcess.run("results", "--db", database)
        #expect(results.status == 0)
        let lines = results.output.split(separator: "\n")
        #expect(lines.count == 20)
        for line in lines {
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            #expect(object["status"] as? String == "completed")
            #expect(object["id"] is String && object["finish_reason"] is String && object["usage"] is [String: Any])
        }

        let again = try await BatchProcess.run("run", jobs, "--db", database)
        #expect(again.status == 0)
        #expect(again.error.contains("20 done"), "\(again.error)")
        #expect(try SQLite.number(database, "SELECT count(*) FROM attempts") == 20, "nothing was sent again")
    }

    /// The mock speaks every dialect, so every batch form can be tried without a key.
    @Test func everyBatchSampleRunsOnTheMock() async throws {
        let folder = Project.root.appending(path: "jobs")
        let samples =
            try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.contains("-batch") }
            .sorted() + ["anthropic-document.json"]
        #expect(samples.count >= 3)
        let directory = try TemporaryDirectory()
        for sample in samples {
            let database = directory.path(sample + ".db")
            let ended = try await BatchProcess.run(
                "run", folder.appending(path: sample).path, "--provider", "mock", "--model", "mock/m", "--db", database)
            #expect(ended.status == 0, "\(sample): \(ended.error)")
            #expect(try SQLite.number(database, "SELECT count(*) FROM completions") > 0, "\(sample)")
        }
    }

    @Test func statusShowAndSchemaReadWhatARunHasStored() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.writeJobs([
            Answers.countingJob("good", to: 12),
            #"{"id":"bad","model":"mock/status=400","prompt":"no"}"#,
        ])
        let run = try await BatchProcess.run("run", file)
        #expect(run.status == 1, "\(run.error)")
        #expect(run.error.contains("bad"), "the failed job is named: \(run.error)")
        let database = directory.path("jobs.db")
        let status = try await BatchProcess.run("status", "--db", database, "--json")
        let json = try #require(try JSONSerialization.jsonObject(with: Data(status.output.utf8)) as? [String: Any])
        let counts = try #require(json["jobs"] as? [String: Int])
        #expect(counts["completed"] == 1 && counts["failed"] == 1, "\(status.output)")
        let show = try await BatchProcess.run("show", "--db", database, "good", "--chunks")
        #expect(show.status == 0 && show.output.contains(Answers.counting(to: 12)), "\(show.output)")
        let missing = try await BatchProcess.run("show", "--db", database, "nobody")
        #expect(missing.status == 2 && missing.error.contains("nobody"))
        let failed = try await BatchProcess.run("results", "--db", database, "--status", "failed")
        #expect(failed.output.contains("invalid_request") && failed.output.split(separator: "\n").count == 1)
        let retry = try await BatchProcess.run("retry", "--db", database, "--job", "bad")
        #expect(retry.status == 1)
        #expect(try SQLite.number(database, "SELECT count(*) FROM attempts") == 3, "only the failed job was sent again")
        let schema = try await BatchProcess.run("schema")
        let onDisk = try String(contentsOf: Project.root.appending(path: "schema/schema_v6.sql"), encoding: .utf8)
        #expect(schema.output == onDisk)
        let lineSchema = try await BatchProcess.run("schema", "--json-schema")
        #expect(try JSONSerialization.jsonObject(with: Data(lineSchema.output.utf8)) is [String: Any])
    }

    @Test func everyFaultOfEveryLineIsInOneReportAndNothingIsSent() async throws {
        let directory = try TemporaryDirectory()
        let faults = Project.root.appending(path: "jobs/faults.jsonl").path
        let lines = try Data(contentsOf: URL(filePath: faults)).split(separator: UInt8(ascii: "\n")).count
        let database = directory.path("faults.db")
        let run = try await BatchProcess.run("run", faults, "--db", database)
        #expect(run.status == 2)
        #expect(run.error.split(separator: "\n").count >= lines / 2, "\(run.error)")
        #expect(!FileManager.default.fileExists(atPath: database), "no database is made")
        let validate = try await BatchProcess.run("validate", faults)
        #expect(validate.status == 2 && validate.output.isEmpty)
    }

    @Test func aMissingKeyNamesTheVariableToSet() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.writeJobs([#"{"model":"anthropic/claude-haiku-4-5","prompt":"hello"}"#])
        let run = try await BatchProcess.run("run", file)
        #expect(run.status == 2)
        #expect(run.error.contains("ANTHROPIC_API_KEY"), "\(run.error)")
        #expect(!FileManager.default.fileExists(atPath: directory.path("jobs.db")))
    }

    @Test func standardInputIsReadOnceAndItsJobsRun() async throws {
        let directory = try TemporaryDirectory()
        let run = try await BatchProcess.run(
            "run", "-", directory: directory.url, input: Answers.countingJob("piped", to: 5) + "\n")
        #expect(run.status == 0, "\(run.error)")
        #expect(
            try SQLite.rows(directory.path("llm4s-batch.db"), "SELECT custom_id, content FROM results")
                == ["piped|1 2 3 4 5"])
    }

    @Test func aBadLineOnStandardInputEndsTheIntakeAndTheRestIsDrained() async throws {
        let directory = try TemporaryDirectory()
        let lines = [Answers.countingJob("one", to: 5), "{", Answers.countingJob("two", to: 5)]
        let run = try await BatchProcess.run(
            "run", "-", directory: directory.url, input: lines.joined(separator: "\n") + "\n")
        #expect(run.status == 2, "\(run.error)")
        #expect(try SQLite.rows(directory.path("llm4s-batch.db"), "SELECT custom_id FROM results") == ["one"])
    }

    @Test func aDryRunSendsAndStoresNothing() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.writeJobs([Answers.countingJob("a", to: 5)])
        let run = try await BatchProcess.run("run", file, "--dry-run")
        #expect(run.status == 0 && run.error.contains("1 job"), "\(run.error)")
        #expect(!FileManager.default.fileExists(atPath: directory.path("jobs.db")))
    }
}
