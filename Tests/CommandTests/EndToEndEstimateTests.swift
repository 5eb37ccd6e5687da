import Foundation
import MockProvider
import Testing

/// What is told of a batch before it runs.
@Suite(.serialized)
struct EndToEndEstimateTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// 600 jobs of 400 letters and at most 50 tokens.
    private func file() throws -> String {
        let prompt = String(repeating: "word ", count: 80)
        return try directory.writeJobs(
            (1...600).map {
                #"{"id":"j\#($0)","model":"openai/gpt-5-mini","prompt":"\#(prompt)","options":{"max_tokens":50}}"#
            })
    }

    private func prices() throws -> String {
        try directory.write(
            #"{"gpt-5-mini":{"input_cost_per_token":1e-6,"output_cost_per_token":1e-5,"litellm_provider":"openai"}}"#,
            to: "prices.json")
    }

    @Test func anEstimateTellsRequestsTokensCostAndTime() async throws {
        let ended = try await BatchProcess.run(
            "validate", try file(), "--estimate", "--prices", try prices(), "--rpm", "60")
        #expect(ended.status == 0, "\(ended.error)")
        // 600 × 100 tokens in, give or take 30 %, and 600 × 50 out.
        for line in [
            "requests  600", "input     42,000 to 78,000 tokens", "output    at most 30,000 tokens",
            "cost      $0.042 (empty answers) to $0.378", "openai    10 min 0 s, by 60 requests a minute",
        ] {
            #expect(ended.output.contains(line), "\(line): \(ended.output)")
        }
        #expect(!ended.output.contains("set no max_tokens"))
        #expect(!FileManager.default.fileExists(atPath: directory.path("jobs.db")))
    }

    @Test func theTimeComesFromTheNarrowestLimit() async throws {
        let file = try file()
        for (options, line) in [
            (["--concurrency", "2"], "up to 5 min 0 s, by 2 streams at 50 tokens/s"),
            (["--tpm", "1000"], "42 min 0 s to 1 h 48 min, by 1,000 tokens a minute"),
            (["--concurrency-per-provider", "openai=1"], "up to 10 min 0 s, by 1 stream at 50 tokens/s"),
        ] {
            let ended = try await BatchProcess(["validate", file, "--estimate"] + options).ended()
            #expect(ended.output.contains(line), "\(options): \(ended.output)")
            #expect(ended.output.contains("not known: --prices FILE"), "\(ended.output)")
        }
    }

    @Test func aModelWithoutAPriceIsToldWithTheNearestThatHasOne() async throws {
        let file = try directory.writeJobs([
            #"{"id":"a","model":"openai/gpt-5-mini","prompt":"x"}"#,
            #"{"id":"b","model":"openai/gpt-5-mni","prompt":"x"}"#,
        ])
        let ended = try await BatchProcess.run("validate", file, "--estimate", "--prices", try prices())
        #expect(ended.output.contains("no price for it; did you mean 'gpt-5-mini'?"), "\(ended.output)")
        #expect(ended.output.contains("1 set no max_tokens: 4,096 assumed"), "\(ended.output)")
        #expect(ended.output.contains("without 1 model of no price"), "\(ended.output)")
    }

    @Test func aDryRunTellsWhatARunWouldFindAndSendAndSendsNothing() async throws {
        let server = try await MockServer.start()
        let first = try directory.writeJobs(
            [
                Answers.countingJob("a", to: 3), Answers.countingJob("b", to: 3),
                #"{"id":"c","model":"mock/status=400","prompt":"x"}"#,
            ])
        _ = try await BatchProcess.run("run", first, "--base-url", server.baseURL)
        let sent = server.statistics.requests
        _ = try directory.writeJobs([
            Answers.countingJob("a", to: 3), #"{"id":"c","model":"mock/status=400","prompt":"x"}"#,
            Answers.countingJob("d", to: 3),
        ])
        let before = try SQLite.rows(directory.path("jobs.db"), "SELECT * FROM jobs")
        let dry = try await BatchProcess.run("run", first, "--dry-run", "--base-url", server.baseURL)
        #expect(dry.status == 0 && dry.output.isEmpty, "\(dry.error)")
        for part in [
            "3 jobs: 1 done, 1 failed, 1 new, 1 gone", "database  \(directory.path("jobs.db"))",
            "mock      \(server.baseURL), no key", "requests  ", "nothing was sent",
        ] {
            #expect(dry.error.contains(part), "\(part): \(dry.error)")
        }
        #expect(server.statistics.requests == sent)
        #expect(try SQLite.rows(directory.path("jobs.db"), "SELECT * FROM jobs") == before)
        // The run finds what the dry run told.
        let run = try await BatchProcess.run("run", first, "--base-url", server.baseURL)
        #expect(run.error.contains("3 jobs: 1 done, 1 failed, 1 new, 1 gone"), "\(run.error)")
        await server.stop()
    }

    /// Of jobs that are done, failed or gone nothing is left to pay.
    @Test func theEstimateIsOfWhatIsLeft() async throws {
        let jobs = (1...5).map { #"{"id":"j\#($0)","model":"mock/count-3","prompt":"p","options":{"max_tokens":10}}"# }
        let failing = #"{"id":"f","model":"mock/status=400","prompt":"p","options":{"max_tokens":10}}"#
        let file = try directory.writeJobs(jobs[0..<3] + [failing])
        let database = directory.path("jobs.db")
        #expect(try await BatchProcess.run("run", file).status == 1)
        _ = try directory.writeJobs(jobs + [failing])
        let run = try await BatchProcess.run("run", file, "--dry-run")
        for line in ["6 jobs: 3 done, 1 failed, 2 new", "requests  2", "output    at most 20 tokens"] {
            #expect(run.error.contains(line), "\(line): \(run.error)")
        }
        #expect(!run.error.contains("status=400"), "\(run.error)")
        _ = try await BatchProcess.run("run", file, "--max-jobs", "1")
        let before = try SQLite.rows(database, "SELECT * FROM jobs")
        for (command, left) in [
            (["resume"], 1), (["retry"], 2), (["retry", "--error-kind", "server"], 1),
            (["retry", "--error-kind", "server", "--error-kind", "invalid_request"], 2), (["retry", "--job", "f"], 1),
        ] {
            let ended = try await BatchProcess(command + ["--db", database, "--dry-run"]).ended()
            #expect(ended.status == 0, "\(command): \(ended.error)")
            let outputs = ended.error.split(separator: "\n").filter { $0.contains("output    at most") }
            #expect(outputs.last?.hasSuffix("at most \(left * 10) tokens") == true, "\(command): \(ended.error)")
            #expect(ended.error.contains(left == 1 ? "1 job left" : "\(left) jobs left"), "\(ended.error)")
        }
        #expect(try SQLite.rows(database, "SELECT * FROM jobs") == before)
        #expect(try SQLite.number(database, "SELECT count(*) FROM runs") == 2)
        _ = try await BatchProcess.run("resume", "--db", database)
        let done = try await BatchProcess.run("resume", "--db", database, "--dry-run")
        #expect(done.error.contains("nothing is left to send"), "\(done.error)")
    }

    @Test func aDryRunTellsOfIdsThatAreStoredWithOtherRequests() async throws {
        let file = try directory.writeJobs([Answers.countingJob("a", to: 3)])
        _ = try await BatchProcess.run("run", file)
        _ = try directory.writeJobs([Answers.countingJob("a", to: 4)])
        let refused = try await BatchProcess.run("run", file, "--dry-run")
        #expect(refused.status == 2 && refused.error.contains("nothing but the model differs"))
        let kept = try await BatchProcess.run("run", file, "--dry-run", "--on-changed", "keep")
        #expect(kept.status == 0 && kept.error.contains("1 job: 1 done, 1 changed"), "\(kept.error)")
        let replaced = try await BatchProcess.run("run", file, "--dry-run", "--on-changed", "replace")
        #expect(replaced.status == 0 && replaced.error.contains("1 job: 1 changed"), "\(replaced.error)")
        #expect(replaced.error.contains("--on-changed replace deletes 1 stored answer"), "\(replaced.error)")
        #expect(try SQLite.rows(directory.path("jobs.db"), "SELECT content FROM results") == ["1 2 3"])
    }
}
