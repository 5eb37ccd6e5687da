import Foundation
import MockProvider
import Testing

/// Parts of an input that engines hand out (Contract, "Shards").
@Suite(.serialized)
struct EndToEndShardTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func run(_ arguments: String..., environment: [String: String] = [:], input: String? = nil) async throws
        -> BatchProcess.Ended
    {
        try await BatchProcess(arguments, environment: environment, directory: directory.url, input: input).ended()
    }

    private func job(_ id: String, _ options: String = "") -> String {
        Answers.countingJob(id, to: 3, options: options)
    }

    private var names: Set<String> {
        get throws { Set(try FileManager.default.contentsOfDirectory(atPath: directory.url.path)) }
    }

    private func ids(_ database: String) throws -> [String] {
        try SQLite.rows(directory.path(database), "SELECT custom_id FROM jobs ORDER BY 1")
    }

    @Test func shardsTogetherAnswerEveryJobOnce() async throws {
        let lines =
            (0..<30).map { job("job-\($0)") } + (0..<6).map { _ in #"{"model":"mock/count-3","prompt":"same"}"# }
        _ = try directory.writeJobs(lines)
        var parts: [String] = []
        for index in 0..<3 {
            let ended = try await run("run", "jobs.jsonl", "--shard", "\(index)/3")
            #expect(ended.status == 0, "\(ended.error)")
            let database = "jobs.00\(index)-of-003.db"
            let own = try ids(database)
            #expect(try SQLite.number(directory.path(database), "SELECT count(*) FROM completions") == own.count)
            parts += own
        }
        #expect(try await run("run", "jobs.jsonl").status == 0)
        #expect(try parts.sorted() == ids("jobs.db"))
        let validated = try await run("validate", "jobs.jsonl", "--shard", "1/3")
        let own = try ids("jobs.001-of-003.db").count
        #expect(validated.status == 0 && validated.error.contains("jobs.jsonl: \(own) jobs of shard 1/3, no fault"))
        let dry = try await run("run", "jobs.jsonl", "--shard", "1/3", "--dry-run")
        #expect(dry.status == 0 && dry.error.contains("\(own) jobs: \(own) done"), "\(dry.error)")
    }

    @Test func theOnlyShardIsTheWholeInput() async throws {
        _ = try directory.writeJobs((0..<5).map { job("job-\($0)") })
        let ended = try await run("run", "jobs.jsonl", "--shard", "auto/1", environment: ["LLM4S_SHARD": "0"])
        #expect(ended.status == 0, "\(ended.error)")
        #expect(try ids("jobs.000-of-001.db").count == 5)
    }

    @Test func theNameOfADatabaseMayHoldTheShard() async throws {
        _ = try directory.writeJobs((0..<5).map { job("job-\($0)") })
        let ended = try await run("run", "jobs.jsonl", "--shard", "1/2", "--db", "part-{shard}.db")
        #expect(ended.status == 0, "\(ended.error)")
        #expect(try names.contains("part-001-of-002.db"))
        let without = try await run("run", "jobs.jsonl", "--db", "part-{shard}.db")
        #expect(without.status == 2 && without.error.contains("part-{shard}.db: without --shard"), "\(without.error)")
        #expect(try !names.contains("part-{shard}.db"))
    }

    @Test(arguments: ["2/2", "0/0", "0/100001", "-1/2", "x", "1", "auto/2", "1/2/3"])
    func aShardThatIsNoneIsRefusedBeforeAnythingIsMade(shard: String) async throws {
        _ = try directory.writeJobs([job("a")])
        for command in ["run", "validate"] {
            let ended = try await run(command, "jobs.jsonl", "--shard=\(shard)")
            #expect(ended.status == 2 && ended.error.contains(shard), "\(ended.error)")
            #expect(try names == ["jobs.jsonl"])
        }
    }

    @Test func autoNamesTheVariablesThatItCannotUse() async throws {
        _ = try directory.writeJobs([job("a")])
        for (environment, words) in [
            ([:], "SKYPILOT_JOB_RANK"), (["SLURM_ARRAY_TASK_ID": "2"], "SLURM_ARRAY_TASK_ID=2"),
            (["SLURM_ARRAY_TASK_ID": "2"], "arrays start at 0"), (["SGE_TASK_ID": "3"], "SGE_TASK_ID=3"),
            (["SLURM_ARRAY_TASK_ID": "0", "LLM4S_SHARD": "1"], "LLM4S_SHARD=1, SLURM_ARRAY_TASK_ID=0"),
        ] {
            let ended = try await run("run", "jobs.jsonl", "--shard", "auto/2", environment: environment)
            #expect(ended.status == 2 && ended.error.contains(words), "\(ended.error)")
            #expect(try names == ["jobs.jsonl"])
        }
    }

    @Test func aDatabaseIsOfOnePartForGood() async throws {
        _ = try directory.writeJobs((0..<8).map { job("job-\($0)") })
        #expect(try await run("run", "jobs.jsonl").status == 0)
        #expect(try await run("run", "jobs.jsonl", "--shard", "0/2", "--db", "part.db").status == 0)
        let before = try ["jobs.db", "part.db"].map { try Data(contentsOf: directory.url.appending(path: $0)) }
        let files = try names
        for (arguments, words) in [
            (["--db", "part.db"], "is the database of shard 0/2, not of the whole input"),
            (["--db", "part.db", "--shard", "1/2"], "is the database of shard 0/2, not of 1/2"),
            (["--db", "part.db", "--shard", "0/4"], "is the database of shard 0/2, not of 0/4"),
            (["--db", "jobs.db", "--shard", "0/2"], "holds jobs of the whole input, not of shard 0/2"),
            (["--db", "jobs.db", "--shard", "0/2", "--dry-run"], "holds jobs of the whole input"),
        ] {
            let ended = try await BatchProcess(["run", "jobs.jsonl"] + arguments, directory: directory.url).ended()
            #expect(ended.status == 2 && ended.error.contains(words), "\(ended.error)")
        }
        let after = try ["jobs.db", "part.db"].map { try Data(contentsOf: directory.url.appending(path: $0)) }
        #expect(after == before)
        #expect(try names == files)
        // Neither resume nor retry makes it another's.
        for command in ["resume", "retry"] {
            #expect(try await run(command, "--db", "part.db").status == 0)
            #expect(try await run("run", "jobs.jsonl", "--shard", "0/2", "--db", "part.db").status == 0)
        }
    }

    @Test func onlyFaultsOfTheShardEndItsRun() async throws {
        // By SHA-256 `a` is of shard 0 and `d` of 1.
        _ = try directory.writeJobs([job("a"), #"{"id":"d","model":"mock/count-3","promt":"x"}"#])
        let other = try await run("run", "jobs.jsonl", "--shard", "0/2")
        #expect(other.status == 0, "\(other.error)")
        let own = try await run("run", "jobs.jsonl", "--shard", "1/2")
        #expect(own.status == 2 && own.error.contains("jobs.jsonl:2: "), "\(own.error)")
        #expect(try !names.contains("jobs.001-of-002.db"))
        _ = try directory.writeJobs([job("a"), job("d"), job("d")], to: "twice.jsonl")
        for index in 0...1 {
            let ended = try await run("run", "twice.jsonl", "--shard", "\(index)/2")
            #expect(ended.status == 2 && ended.error.contains("twice.jsonl:3: duplicate id 'd'"), "\(ended.error)")
        }
    }

    @Test func aShardOfStandardInputNeedsADatabase() async throws {
        let lines = ["a", "d", "g"].map { job($0) }.joined(separator: "\n") + "\n"
        let nameless = try await run("run", "-", "--shard", "0/2", input: lines)
        #expect(nameless.status == 2 && nameless.error.contains("needs --db"), "\(nameless.error)")
        #expect(try names.isEmpty)
        for index in 0...1 {
            let ended = try await run("run", "-", "--shard", "\(index)/2", "--db", "in.{shard}.db", input: lines)
            #expect(ended.status == 0, "\(ended.error)")
        }
        #expect(try (ids("in.000-of-002.db") + ids("in.001-of-002.db")).sorted() == ["a", "d", "g"])
    }

    @Test(arguments: [["run", "jobs.jsonl", "--shard", "1/3"], ["resume", "--db", "jobs.001-of-003.db"]])
    func aKilledShardGoesOnWithItsOwnJobs(again: [String]) async throws {
        let server = try await MockServer.start(MockConfiguration())
        _ = try directory.writeJobs((0..<60).map { job("job-\($0)", "+pace=10ms") })
        let options = ["--base-url", server.baseURL, "--concurrency", "4"]
        server.hold(afterBodyBytes: 4_000)
        let process = try BatchProcess(
            ["run", "jobs.jsonl", "--shard", "1/3"] + options, directory: directory.url)
        let database = directory.path("jobs.001-of-003.db")
        try await process.wait { SQLite.currentNumber(database, "SELECT count(*) FROM completions") > 0 }
        process.send(SIGKILL)
        #expect(await process.ended().status == -SIGKILL)
        let known = try SQLite.rows(database, "SELECT job_id, created_ms, content FROM completions ORDER BY 1")
        server.hold(afterBodyBytes: nil)
        let ended = try await BatchProcess(again + options, directory: directory.url).ended()
        #expect(ended.status == 0, "\(ended.error)")
        let whole = try await run("validate", "jobs.jsonl", "--shard", "1/3")
        try Answers.expectWhole(database, jobs: ids("jobs.001-of-003.db").count)
        #expect(try whole.error.contains(": \(ids("jobs.001-of-003.db").count) jobs of shard 1/3"))
        let final = try SQLite.rows(database, "SELECT job_id, created_ms, content FROM completions ORDER BY 1")
        #expect(Set(known).isSubset(of: final) && final.count > known.count)
        await server.stop()
    }
}
