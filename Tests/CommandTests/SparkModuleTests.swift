import Foundation
import MockProvider
import Testing

/// The module that `plan spark` prints, as a task of Spark runs it, with stand-ins for Spark and Arrow in a plain Python;
/// `.ci/engines/spark` has a real Spark run it.
@Suite(.serialized)
struct SparkModuleTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// The task of part 3 of 8 over batches of lines; the way says what happens after the first one.
    private static let task = #"""
        import os, sys, time, types

        class Column(list):
            def unique(self): return Column(dict.fromkeys(list.__iter__(self)))
            def to_pylist(self): return list(list.__iter__(self))
            def __getitem__(self, place): return Value(list.__getitem__(self, place))
            def __iter__(self): return map(Value, list.__iter__(self))
        class Value:
            def __init__(self, value): self.value = value
            def as_py(self): return self.value
        class Batch:
            def __init__(self, part, lines):
                self.columns, self.num_rows = {"part": Column([part] * len(lines)), "value": Column(lines)}, len(lines)
            def column(self, name): return self.columns[name]
        arrow = types.ModuleType("pyarrow")
        arrow.array, arrow.int32, arrow.string = lambda values, kind: values, lambda: None, lambda: None
        arrow.RecordBatch = types.SimpleNamespace(from_arrays=lambda arrays, names: dict(zip(names, arrays)))
        sql = types.ModuleType("pyspark.sql")
        sql.DataFrame = sql.SparkSession = sql.functions = object
        sys.modules |= {"pyarrow": arrow, "pyspark": types.ModuleType("pyspark"), "pyspark.sql": sql}
        import parts

        lines = open("jobs.jsonl").read().splitlines()
        def batches(way):
            yield Batch(3, [])
            yield Batch(3, lines[:10])
            # Not before the program has begun.
            while way != "whole" and not os.path.exists(os.environ["LLM4S_DATABASES"] + "/jobs.003-of-008.db.lock"):
                time.sleep(0.01)
            if way == "lost": raise EOFError("the executor is gone")
            yield Batch(4 if way == "mixed" else 3, lines[10:])
        for batch in parts._answer(batches(sys.argv[1])):
            assert set(batch["part"]) == {3} and len(batch["part"]) == len(batch["value"])
            print("\n".join(batch["value"]), flush=True)
        """#

    private func start(_ way: String, _ baseURL: String, program: String? = nil) throws -> BatchProcess {
        try BatchProcess(
            ["python3", "task.py", way],
            environment: [
                "LLM4S_BATCH": program ?? BatchProcess.binary.path, "LLM4S_DATABASES": directory.path("databases"),
                "MOCK_BASE_URL": baseURL,
            ], directory: directory.url, program: URL(filePath: "/usr/bin/env"))
    }

    private var database: String { directory.path("databases/jobs.003-of-008.db") }

    /// Prints the module, and writes jobs that take the mock a tenth of a second each.
    private func prepare(_ count: Int, _ options: String...) async throws {
        _ = try directory.writeJobs(
            (0..<count).map { Answers.countingJob("job-\($0)", to: 5, options: "+pace=20ms") })
        let module = try await BatchProcess(["plan", "spark", "--shards", "8", "jobs.jsonl"] + options).ended()
        #expect(module.status == 0, "\(module.error)")
        _ = try directory.write(module.output, to: "parts.py")
        _ = try directory.write(Self.task, to: "task.py")
    }

    private func ids(_ text: String) throws -> [String] {
        try text.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])["id"] as? String ?? ""
        }.sorted()
    }

    @Test func aPartGivesEveryResultOnceAndAgainWithoutACall() async throws {
        let server = try await MockServer.start(MockConfiguration())
        try await prepare(30)
        for _ in 0..<2 {
            let ended = try await start("whole", server.baseURL).ended()
            #expect(ended.status == 0, "\(ended.error)")
            #expect(try ids(ended.output) == (0..<30).map { "job-\($0)" }.sorted())
        }
        #expect(server.statistics.requests == 30)
        await server.stop()
    }

    /// The end of its input would have the program pay for all that it has read.
    @Test(arguments: [("lost", "EOFError"), ("mixed", "lines of another part")])
    func anInputThatBreaksStopsTheProgram(way: String, words: String) async throws {
        let server = try await MockServer.start(MockConfiguration())
        try await prepare(30, "--concurrency", "2", "--drain-timeout", "0s")
        server.hold(afterBodyBytes: 10)
        let ended = try await start(way, server.baseURL).ended()
        #expect(ended.status == 1 && ended.error.contains(words), "\(ended.error)")
        #expect(server.statistics.requests <= 2)
        server.hold(afterBodyBytes: nil)
        await server.stop()
    }

    /// What it was fed is fed again, and what it gave is not given again.
    @Test func aProgramThatIsKilledIsBegunAgain() async throws {
        let server = try await MockServer.start(MockConfiguration())
        try await prepare(60, "--concurrency", "2")
        let worker = try start("whole", server.baseURL)
        for stored in [4, 20] {
            try await worker.wait { SQLite.currentNumber(database, "SELECT count(*) FROM completions") > stored }
            let programs = worker.children
            #expect(programs.count == 1)
            for program in programs { kill(program, SIGKILL) }
        }
        let ended = await worker.ended()
        #expect(ended.status == 0, "\(ended.error)")
        #expect(try ids(ended.output) == (0..<60).map { "job-\($0)" }.sorted())
        // Twice two streams, and what ended since the last commit.
        #expect(server.statistics.requests <= 60 + 8)
        await server.stop()
    }

    @Test func aProgramThatIsKilledEachTimeFailsThePart() async throws {
        try await prepare(30)
        let program = try directory.write("#!/bin/sh\necho run >>runs\nkill -9 $$\n", to: "program")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
        let ended = try await start("whole", "http://127.0.0.1:1", program: program).ended()
        #expect(ended.status == 1 && ended.error.contains("ended with status -9"), "\(ended.error)")
        let runs = try String(contentsOfFile: directory.path("runs"), encoding: .utf8).split(separator: "\n").count
        #expect(runs == 4)
    }

    @Test func theProgramEndsWithItsWorker() async throws {
        let server = try await MockServer.start(MockConfiguration())
        try await prepare(60, "--concurrency", "2")
        let worker = try start("whole", server.baseURL)
        try await worker.wait { SQLite.currentNumber(database, "SELECT count(*) FROM completions") > 4 }
        let programs = worker.children
        #expect(programs.count == 1)
        worker.send(SIGKILL)
        #expect(await worker.ended().status == -SIGKILL)
        let deadline = ContinuousClock.now + .seconds(20)
        while programs.contains(where: { kill($0, 0) == 0 }), .now < deadline {
            try await Task.sleep(for: .milliseconds(10))
        }
        let paid = server.statistics.requests
        #expect(.now < deadline && paid < 60, "\(paid)")
        let again = try await start("whole", server.baseURL).ended()
        #expect(again.status == 0, "\(again.error)")
        #expect(try ids(again.output).count == 60)
        #expect(server.statistics.requests <= 62, "only the open streams were asked again")
        await server.stop()
    }
}
