import Foundation
import MockProvider
import Testing

/// Several workers at one account, and budgets of a run that shards make together (Contract, "Shares").
@Suite(.serialized)
struct EndToEndShareTests {
    private let directory: TemporaryDirectory
    private var database: String { directory.path("jobs.db") }

    init() throws { directory = try TemporaryDirectory() }

    private func run(_ arguments: String..., input: String? = nil) async throws -> BatchProcess.Ended {
        try await BatchProcess(arguments, directory: directory.url, input: input).ended()
    }

    private func jobs(_ count: Int, _ model: String = "mock/count-3") -> [String] {
        (1...count).map { #"{"id":"j\#($0)","model":"\#(model)","prompt":"p"}"# }
    }

    @Test(arguments: ["0", "2", "1/0", "-1", "nan", "1/3/5", "", "1/-4", "5/4", "1e-3", "1/1000001"])
    func aShareThatIsNoneIsRefusedBeforeAnythingIsMade(share: String) async throws {
        _ = try directory.writeJobs(jobs(1))
        for command in [["run", "jobs.jsonl"], ["resume", "--db", "jobs.db"], ["retry", "--db", "jobs.db"]] {
            let ended = try await BatchProcess(command + ["--share", share], directory: directory.url).ended()
            #expect(ended.status == 2 && ended.error.contains("'\(share)' is invalid for '--share"), "\(ended.error)")
            #expect(ended.error.contains("1/M"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.url.path) == ["jobs.jsonl"])
        }
    }

    @Test func onlyWhatSpendsRatesOfWorkersHasAShare() async throws {
        _ = try directory.writeJobs(jobs(1))
        for command in [["validate", "jobs.jsonl"], ["bench", "--model", "mock/count-3"]] {
            let ended = try await BatchProcess(command + ["--share", "1/4"], directory: directory.url).ended()
            #expect(ended.status == 2 && ended.error.contains("--share"), "\(ended.error)")
        }
    }

    @Test func theShareIsStoredShownAndTakenOver() async throws {
        _ = try directory.writeJobs(jobs(4))
        #expect(try await run("run", "jobs.jsonl", "--share", "0.0625", "--max-jobs", "1").status == 4)
        #expect(try await run("status", "jobs.db").output.contains("share       1/16 of the rates"))
        let json = try await run("status", "jobs.db", "--json").output
        #expect(json.contains(#""share":"1/16""#), "\(json)")
        let resumed = try await run("resume", "--db", "jobs.db", "--max-jobs", "1")
        #expect(resumed.error.contains("as in the run before: --share 1/16 (none takes one away)"), "\(resumed.error)")
        #expect(try await run("retry", "--db", "jobs.db", "--max-jobs", "1", "--share", "1/3").status == 4)
        #expect(try await run("resume", "--db", "jobs.db", "--max-jobs", "0", "--share", "none").status == 0)
        // What was taken away stays away.
        let last = try await run("resume", "--db", "jobs.db")
        #expect(!last.error.contains("--share"), "\(last.error)")
        #expect(
            try SQLite.rows(database, "SELECT options ->> '$.share' FROM runs") == [
                "1/16", "1/16", "1/3", "none", "none",
            ])
        #expect(try await !run("status", "jobs.db").output.contains("of the rates"))
    }

    @Test func whatIsStoredAndNoShareIsNotTakenOver() async throws {
        _ = try directory.writeJobs(jobs(2))
        #expect(try await run("run", "jobs.jsonl", "--share", "1/2", "--max-jobs", "1").status == 4)
        for stored in [#"{"share": "2"}"#, #"{"share": [1]}"#, #"{"share": -1, "shard-jobs": "5/3", "shard": "0/2"}"#] {
            try SQLite.write(database, "UPDATE runs SET options = '\(stored)'")
            let ended = try await run("resume", "--db", "jobs.db", "--dry-run")
            #expect(ended.status == 0 && !ended.error.contains("as in the run before"), "\(ended.error)")
        }
    }

    @Test func theTimeThatIsExpectedIsThatOfTheShare() async throws {
        _ = try directory.writeJobs(jobs(8))
        let ended = try await run("run", "jobs.jsonl", "--rpm", "64", "--share", "1/16", "--dry-run")
        #expect(ended.status == 0 && ended.error.contains("by 4 requests a minute"), "\(ended.error)")
    }

    // MARK: One limit

    /// How the limit is known.
    enum Telling: CaseIterable { case flag, headers }

    /// The figures of more processes are `Benchmarks shares`.
    @Test(arguments: Telling.allCases, [1, 3])
    func workersWithAShareEachAreHardlyRefusedByTheirOneLimit(telling: Telling, workers: Int) async throws {
        let jobs = 180 / workers
        var configuration = MockConfiguration()
        configuration.rateLimits.requestsPerMinute = 3600
        configuration.rateLimits.burst = .seconds(1)
        configuration.rateLimits.headers = telling == .headers ? .openai : .none
        let server = try await MockServer.start(configuration)
        let file = try directory.writeJobs(self.jobs(jobs, "mock/count-3"))
        let flags = telling == .flag ? ["--rpm", "3600"] : []
        let processes = try (0..<workers).map { number in
            try BatchProcess(
                ["run", file, "--db", "\(number).db", "--base-url", server.baseURL, "--share", "1/\(workers)"] + flags,
                directory: directory.url)
        }
        var (attempts, refused) = (0, 0)
        for (number, process) in processes.enumerated() {
            let ended = await process.ended()
            #expect(ended.status == 0, "\(ended.error)")
            let path = directory.path("\(number).db")
            attempts += try SQLite.number(path, "SELECT count(*) FROM attempts")
            refused += try SQLite.number(path, "SELECT count(*) FROM attempts WHERE http_status = 429")
        }
        await server.stop()
        print("\(workers) workers told by \(telling): \(refused) of \(attempts) refused")
        // The start meets a limit that nothing has told yet.
        #expect(refused * 50 <= attempts * (telling == .flag ? 1 : 5))
    }

    // MARK: One budget

    /// By SHA-256 of their ids the shards differ in size.
    @Test func aBudgetIsDividedByTheJobsOfTheShards() async throws {
        _ = try directory.writeJobs(jobs(40))
        var (parts, completed): ([Double], [Int]) = ([], [])
        for index in 0..<3 {
            let ended = try await run(
                "run", "jobs.jsonl", "--shard", "\(index)/3", "--max-tokens-total", "200000", "--max-jobs", "1")
            let database = directory.path("jobs.00\(index)-of-003.db")
            let own = try SQLite.number(database, "SELECT count(*) FROM jobs")
            let tokens = Int(200_000 * Double(own) / 40)
            #expect(
                ended.error.contains(
                    "may use up \(grouped(tokens)) tokens of --max-tokens-total: it has \(own) of 40 jobs"),
                "\(ended.error)")
            #expect(
                try SQLite.rows(
                    database, "SELECT options ->> '$.max-tokens-total', options ->> '$.shard-jobs' FROM runs")
                    == ["200000|\(own)/40"])
            // What goes on needs no file.
            let resumed = try await run("resume", "--db", "jobs.00\(index)-of-003.db")
            #expect(resumed.status == 0 && resumed.error.contains("it has \(own) of 40 jobs"), "\(resumed.error)")
            parts.append(Double(own) / 40)
            completed.append(own)
        }
        #expect(completed.reduce(0, +) == 40 && Set(completed).count > 1)
        #expect(abs(parts.reduce(0, +) - 1) < 1e-9)
    }

    private func grouped(_ number: Int) -> String {
        String(format: "%d,%03d", number / 1000, number % 1000)
    }

    @Test func aShardStopsAtItsPartOfTheBudgetInAllItsRuns() async throws {
        // Each asks for one word and answers with three: a request sets some aside.
        _ = try directory.writeJobs(
            (1...60).map {
                #"{"id":"j\#($0)","model":"mock/count-20","prompt":"p","options":{"max_tokens":60}}"#
            })
        var spent = 0
        for index in 0..<2 {
            for _ in 0..<2 {
                let ended = try await run("run", "jobs.jsonl", "--shard", "\(index)/2", "--max-tokens-total", "800")
                #expect(ended.status == 4 && ended.error.contains("--max-tokens-total"), "\(ended.error)")
            }
            spent += try SQLite.number(
                directory.path("jobs.00\(index)-of-002.db"),
                "SELECT sum(prompt_tokens + completion_tokens) FROM attempts")
        }
        #expect(spent <= 800)
        let whole = try await run("run", "jobs.jsonl", "--max-tokens-total", "800")
        #expect(whole.status == 4 && !whole.error.contains("of --max-tokens-total: it has"), "\(whole.error)")
        #expect(
            try abs(spent - SQLite.number(database, "SELECT sum(prompt_tokens + completion_tokens) FROM attempts"))
                < 200)
    }

    @Test func ofStandardInputAShardHasAnEqualPart() async throws {
        let ended = try await run(
            "run", "-", "--shard", "0/4", "--db", "part.db", "--max-tokens-total", "200000",
            input: jobs(12).joined(separator: "\n") + "\n")
        #expect(ended.status == 0, "\(ended.error)")
        #expect(
            ended.error.contains("shard 0/4 may use up 50,000 tokens of --max-tokens-total: it has one of 4 shards"),
            "\(ended.error)")
        let resumed = try await run("resume", "--db", "part.db")
        #expect(resumed.error.contains("it has one of 4 shards"), "\(resumed.error)")
    }

    @Test func aShardWithoutJobsHasNothingToSpend() async throws {
        // By SHA-256 `a` is of shard 0.
        _ = try directory.writeJobs([#"{"id":"a","model":"mock/count-3","prompt":"p"}"#])
        let ended = try await run("run", "jobs.jsonl", "--shard", "1/2", "--max-tokens-total", "1000")
        #expect(ended.status == 0, "\(ended.error)")
    }
}
