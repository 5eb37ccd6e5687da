import Foundation
import Testing

/// `plan`: what it prints means what was typed, and what cannot be meant is refused (Contract, "Plan").
@Suite(.serialized)
struct EndToEndPlanTests {
    private let directory: TemporaryDirectory
    /// Everything that a shell, YAML, Python or Kubernetes could take for its own.
    private static let hostile =
        "a'b\"c $HOME `id` $(id) \\ \\n %s %%FILE%% {x} # '\u{301};touch '\u{301}x é \u{2028}\u{1F600}\nnext: [line]\ttab"

    init() throws { directory = try TemporaryDirectory() }

    private func plan(_ arguments: String...) async throws -> BatchProcess.Ended {
        try await BatchProcess(["plan"] + arguments, directory: directory.url).ended()
    }

    @Test(arguments: [
        (["slurm", "--shards", "0", "f"], "--shards must be at least 1, not 0"),
        (["slurm", "--shards", "100001", "f"], "--shards must be at most 100000, not 100001"),
        (["slurm", "--shards", "9223372036854775808", "f"], "9223372036854775808"),
        (["slurm", "--shards", "x", "f"], "'x'"), (["slurm", "f"], "--shards"),
        (["slrum", "--shards", "4", "f"], "no engine 'slrum'; did you mean 'slurm'?"),
        (["nomad", "--shards", "4", "f"], "no engine 'nomad'; known: slurm, kubernetes, spark"),
        (["spark", "--shards", "4"], "FILE"), (["spark", "--shards", "4", "--model", "mock/x"], "which file?"),
        (["spark", "--shards", "4", ""], "which file?"),
        (["slurm", "--shards", "4", "f", "g"], "one file, not of 2: 'f', 'g'"),
        (["slurm", "--shards", "4", "-"], "-: a plan needs a file"),
        (["slurm", "--shards", "4", "f", "--modle", "x"], "Unknown option '--modle'. Did you mean '--model'?"),
        (["slurm", "--shards", "4", "f", "--rpm", "0"], "--rpm must be at least 1, not 0"),
        (["slurm", "--shards", "4", "f", "--chunks", "x"], "'x'"),
        (["slurm", "--shards", "4", "f", "--model"], "Missing value for '--model"),
        (["slurm", "--shards", "4", "f", "--shard", "1/4"], "--shard: a plan for slurm sets it itself"),
        (["slurm", "--shards", "4", "f", "--dry-run"], "--dry-run: a plan for slurm sets it itself"),
        (["slurm", "--shards", "4", "f", "--db", "x{shard}.db"], "--db: a plan for slurm sets it itself"),
        (["spark", "--shards", "4", "f", "--output=-"], "--output: a plan for spark sets it itself"),
        (["spark", "--shards", "4", "f", "--shared", "d"], "--shared: tasks of Spark are no shards"),
        (["kubernetes", "--shards", "4", "f", "--db", "x.db"], "--db x.db: each part needs a database of its own"),
    ])
    func whatCannotBeMeantIsRefused(arguments: [String], words: String) async throws {
        let ended = try await BatchProcess(["plan"] + arguments, directory: directory.url).ended()
        #expect(ended.status == 2 && ended.error.contains(words) && ended.output.isEmpty, "\(ended.error)")
    }

    @Test(arguments: ["slurm", "kubernetes", "spark"])
    func optionsMayComeBeforeTheFileAndAfterIt(engine: String) async throws {
        let one = try await plan(engine, "--shards", "7", "f.jsonl", "--model", "mock/x", "--skip-invalid")
        let other = try await plan(engine, "--model=mock/x", "--skip-invalid", "--shards=7", "--", "f.jsonl")
        #expect(one.status == 0 && one.error.isEmpty && !one.output.contains("%%"), "\(one.error)")
        #expect(other.output == one.output, "\(other.error)")
        #expect(one.output.contains("--model=mock/x") && !one.output.contains("each part's"))
        let bounded = try await plan(engine, "--shards", "7", "f.jsonl", "--max-cost", "3", "--rpm", "60")
        let budget = engine == "spark" ? "is each part's: 7 parts add up" : "is of all parts together"
        #expect(bounded.output.contains("\n# --max-cost 3.0 \(budget)"))
        #expect(bounded.output.contains("\n# --rpm 60 is each part's"))
        let shared = try await plan(engine, "--shards", "7", "f.jsonl", "--rpm", "60", "--share", "1/7")
        #expect(!shared.output.contains("is each part's") && shared.output.contains("--share=1/7"))
    }

    @Test func anOptionThatThePlanWouldAddIsTheUsers() async throws {
        let spark = try await plan("spark", "--shards", "2", "f", "--wait-lock", "1s", "--allow-failures").output
        #expect(spark.contains(#"OPTIONS = ["--wait-lock=1s", "--allow-failures"]"#))
        #expect(try await plan("spark", "--shards", "2", "f").output.contains("--wait-lock=24h\", \"--allow-failures"))
        #expect(try await plan("slurm", "--shards", "2", "f").output.contains("options=('--wait-lock=5m')"))
    }

    /// Streams get their time on every engine.
    @Test func theTimeOfAnEndFollowsTheDrainTimeout() async throws {
        for (drain, grace, notice) in [("10s", 30, 90), ("5m", 320, 380), ("277777h", 1_000_020, 1_000_080)] {
            let pod = try await plan("kubernetes", "--shards", "2", "f", "--drain-timeout", drain)
            #expect(pod.output.contains("terminationGracePeriodSeconds: \(grace)\n"), "\(drain): \(pod.error)")
            let task = try await plan("slurm", "--shards", "2", "f", "--drain-timeout", drain)
            #expect(task.output.contains("--signal=B:USR1@\(notice)\n"), "\(drain): \(task.error)")
        }
        // The last part comes behind them.
        let pod = try await plan("kubernetes", "--shards", "2", "f", "--drain-timeout", "10s", "--shared", "parts")
        #expect(pod.output.contains("terminationGracePeriodSeconds: 90\n"), "\(pod.error)")
        #expect(pod.output.contains("\n# --shared must lie in a volume that all pods mount"))
        let task = try await plan("slurm", "--shards", "2", "f", "--drain-timeout", "10s", "--shared", "parts")
        #expect(task.output.contains("--signal=B:USR1@150\n") && !task.output.contains("# --shared"), "\(task.error)")
    }

    /// The literals as Python reads them, which YAML shares; what YAML itself says, `.ci/engines/kubernetes` asks.
    @Test(arguments: ["kubernetes", "spark"])
    func hostileTextIsTheSameInPythonAndYAML(engine: String) async throws {
        let file = Self.hostile + ".jsonl"
        let ended = try await plan(engine, "--shards", "3", "--service-tier", Self.hostile, "--", file)
        #expect(ended.status == 0, "\(ended.error)")
        #expect(ended.output.utf8.allSatisfy { $0 < 0x7F }, "printable ASCII alone")
        let literals =
            engine == "spark"
            ? ended.output.matches(of: #/\n(?:FILE = |OPTIONS = \[)("[^\n]*")\]?/#).map { String($0.1) }
            : ended.output.matches(of: #/\n            - ("[^\n]*")/#).map { String($0.1) }
        let list = String(decoding: try JSONEncoder().encode(literals), as: UTF8.self)
        let read = try await ChildProcess.run(
            "python3", "-c",
            "import ast, json, sys; print(json.dumps([ast.literal_eval(f'({x},)') for x in json.loads(sys.argv[1])]))",
            list)
        let values = try #require(try JSONSerialization.jsonObject(with: read.output) as? [[String]]).flatMap(\.self)
            .map { engine == "spark" ? $0 : $0.replacing("$$", with: "$") }
        #expect(values.contains(file) && values.contains("--service-tier=\(Self.hostile)"), "\(values)")
    }

    @Test func hostileTextIsTheSameInTheShell() async throws {
        let file = Self.hostile + ".jsonl"
        let told = try directory.write(
            "#!/bin/sh\nfor word; do printf '%s\\0' \"$word\"; done >words\n", to: "told")
        let script = try await plan("slurm", "--shards", "3", "--service-tier", Self.hostile, "--", file)
        #expect(script.status == 0, "\(script.error)")
        let task = SlurmTask(try directory.write(script.output, to: "script"), directory, program: told)
        let ended = try await task.attempt(2)
        #expect(ended.status == 0, "\(ended.error)")
        let words = try String(contentsOfFile: directory.path("words"), encoding: .utf8).split(separator: "\0")
        #expect(words.prefix(3) == ["run", "--shard", "auto/3"])
        #expect(words.contains("--service-tier=\(Self.hostile)"[...]))
        #expect(words.suffix(2) == ["--", file[...]])
        let stem = Self.hostile.split(separator: "/").last ?? ""
        #expect(words.contains("\(task.disk("node"))/\(stem).002-of-003.db"[...]), "\(words)")
    }

    /// Whatever status a part ends with, one rule says what becomes of its index.
    @Test func everyExitStatusHasItsRuleOnKubernetes() async throws {
        let text = try await plan("kubernetes", "--shards", "3", "f").output
        let rules = text.matches(of: #/- action: (\w+)\n +onExitCodes:\n(?:.*\n){2} +values: \[([0-9, ]+)\]/#)
        let actions = rules.flatMap { rule in rule.2.split(separator: ", ").map { (Int($0) ?? -1, String(rule.1)) } }
        #expect(
            Dictionary(uniqueKeysWithValues: actions) == [
                1: "FailIndex", 2: "FailIndex", 129: "Ignore", 130: "Ignore", 143: "Ignore", 3: "Count", 4: "Count",
                137: "Count",
            ])
    }

    /// The container's process, as Kubernetes treats it: SIGTERM and half a minute, SIGKILL, and a pod in its place.
    @Test func aPodsProcessKeepsTheContractOfItsManifest() async throws {
        let text = try await plan(
            "kubernetes", "--shards", "2", "jobs.jsonl", "--concurrency", "4", "--drain-timeout", "2s"
        ).output
        let arguments = text.matches(of: #/\n            - "([^"\n]*)"/#).map { String($0.1) }
        _ = try directory.writeJobs(
            (0..<80).map { Answers.countingJob("j\($0)", to: 3, options: "+pace=20ms") })
        let database = directory.path("jobs.001-of-002.db")
        let completed = { SQLite.currentNumber(database, "SELECT count(*) FROM completions") }
        for (signal, status) in [(SIGTERM, 143), (SIGKILL, -SIGKILL)] {
            let before = completed()
            let pod = try BatchProcess(
                arguments, environment: ["JOB_COMPLETION_INDEX": "1"], directory: directory.url)
            try await pod.wait { completed() > before }
            pod.send(signal)
            #expect(await pod.ended().status == Int32(status))
        }
        let last = try await BatchProcess(
            arguments, environment: ["JOB_COMPLETION_INDEX": "1"], directory: directory.url
        ).ended()
        #expect(last.status == 0, "\(last.error)")
        try Answers.expectWhole(database, jobs: SQLite.number(database, "SELECT count(*) FROM jobs"))
        let beyond = try await BatchProcess(
            arguments, environment: ["JOB_COMPLETION_INDEX": "2"], directory: directory.url
        ).ended()
        #expect(beyond.status == 2, "\(beyond.error)")
    }
}
