import Foundation
import MockProvider
import Testing

/// `merge` as its user runs it.
@Suite(.serialized)
struct EndToEndMergeTests {
    private let directory: TemporaryDirectory
    private var out: String { directory.path("out.db") }

    init() throws { directory = try TemporaryDirectory() }

    private func merge(_ arguments: String...) async throws -> BatchProcess.Ended {
        try await BatchProcess(["merge"] + arguments, directory: directory.url).ended()
    }

    /// Runs jobs of this project's embedded mock into a database of their own.
    @discardableResult
    private func part(_ name: String, _ lines: [String], _ options: String..., status: Int32 = 0) async throws -> String
    {
        let file = try directory.writeJobs(lines, to: "\(name).jsonl")
        let ended = try await BatchProcess(
            ["run", file, "--durability", "normal", "--max-attempts", "1"] + options
        ).ended()
        #expect(ended.status == status, "\(ended.error)")
        return directory.path("\(name).db")
    }

    private func counting(_ ids: ClosedRange<Int>, to number: Int = 20) -> [String] {
        ids.map { Answers.countingJob("j\($0)", to: number) }
    }

    @Test func partsBecomeOneDatabaseAndItSaysWhatWasMadeTwice() async throws {
        let one = try await part("one", counting(1...8))
        let two = try await part("two", counting(7...15))
        let failed = #"{"id":"f","model":"mock/count-50+cutchunk=middle","prompt":"f"}"#
        let three = try await part("three", [failed], status: 1)
        let ended = try await merge(out, three, one, two)
        #expect(ended.status == 0, "\(ended.error)")
        let tokens = try SQLite.number(one, "SELECT completion_tokens FROM completions LIMIT 1")
        #expect(
            ended.output
                == "3 databases: 16 jobs, 15 completed, 1 failed · 2 answers made twice (\(2 * tokens) tokens), the earlier kept\n"
        )
        #expect(ended.error.contains("3 of 3: "), "\(ended.error)")
        #expect(try Answers.faults(out, isFinal: false).filter { !$0.contains("completed twice") } == [])
        // Another way it is told, in another order, once more.
        let again = try await merge("out.db", "two.db", "three.db", "one.db", "--json")
        #expect(again.status == 0, "\(again.error)")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(again.output.utf8)) as? [String: Int])
        #expect(
            object == [
                "databases": 3, "jobs": 16, "completed": 15, "failed": 1, "cancelled": 0, "left": 0,
                "answers_made_twice": 2, "tokens_made_twice": 2 * tokens,
            ])
        // What is read of it, and what goes on with it, are as of any other.
        let results = try await BatchProcess.run("results", "--db", out, "--format", "csv", "--columns", "id,content")
        let ids = try CSV.rows(results.output).dropFirst().map(\.[0])
        #expect(ids == (1...8).map { "j\($0)" } + ["f"] + (9...15).map { "j\($0)" }, "by file and line: \(ids)")
        let retried = try await BatchProcess.run("retry", "--db", out, "--max-attempts", "1")
        #expect(retried.error.contains("1 job revived"), "\(retried.error)")
    }

    /// What `results` prints in three forms once parts are merged in their order.
    private func printed(from parts: [String], in name: String) async throws -> [String] {
        let path = directory.path(name)
        // One by one, so that the program cannot choose the order; copies, since a merge locks its sources.
        for (number, part) in parts.enumerated() {
            let copy = "\(path)-\(number)"
            try FileManager.default.copyItem(atPath: part, toPath: copy)
            let merged = try await merge(path, copy)
            #expect(merged.status == 0, "\(merged.error)")
        }
        var outputs: [String] = []
        for format in ["jsonl", "csv", "text"] {
            let results = try await BatchProcess.run("results", "--db", path, "--format", format)
            #expect(results.status == 0)
            outputs.append(results.output)
        }
        #expect(try SQLite.rows(path, Answers.rebuilt).count == 12)
        return outputs
    }

    /// All that a user reads is the same in each order.
    @Test func resultsAreTheSameByteForByteInEveryOrder() async throws {
        let lines = counting(1...12, to: 30)
        let parts = try await [
            part("p0", lines.enumerated().filter { $0.offset % 3 == 0 }.map(\.element)),
            part("p1", lines.enumerated().filter { $0.offset % 3 == 1 }.map(\.element)),
            part("p2", lines.enumerated().filter { $0.offset % 3 != 0 }.map(\.element)),
        ]
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
        let outputs = try await withThrowingTaskGroup(of: [String].self) { group in
            for (number, order) in orders.enumerated() {
                group.addTask { try await printed(from: order.map { parts[$0] }, in: "order\(number).db") }
            }
            return try await group.reduce(into: Set<String>()) { $0.formUnion($1) }
        }
        #expect(outputs.count == 3)
    }

    @Test func whatCannotBeMergedIsToldAndNothingIsMade() async throws {
        let one = try await part("one", counting(1...2))
        let other = try await part("other", [Answers.countingJob("j3", to: 3), Answers.countingJob("j2", to: 3)])
        let notes = try directory.write("no database, but a text of some length", to: "notes.txt")
        for (arguments, status, words) in [
            ([out], Int32(2), "Missing expected argument"), ([out, one, one], 2, "is named twice"),
            ([one, one], 2, "is the database that is merged into"),
            ([out, directory.path("none.db")], 3, "no such database"),
            ([out, one, notes], 3, "no database of llm4s-batch"),
            ([out, one, directory.url.path], 3, "it is a folder"),
            ([out, one, "--shard", "1/2"], 2, "--shard"),
        ] {
            let ended = try await BatchProcess(["merge"] + arguments, directory: directory.url).ended()
            #expect(ended.status == status && ended.error.contains(words), "\(arguments): \(ended.error)")
            #expect(!FileManager.default.fileExists(atPath: out), "\(arguments)")
        }
        let intoNotes = try await merge(notes, one)
        #expect(intoNotes.status == 3 && intoNotes.error.contains("no database of llm4s-batch"), "\(intoNotes.error)")
        let conflict = try await merge(out, one, other)
        #expect(conflict.status == 2, "\(conflict.error)")
        for words in ["job 'j2'", "other.db", "other.jsonl:2", "out.db", "one.jsonl:2", "1 of 2 databases is merged"] {
            #expect(conflict.error.contains(words), "\(words) is not in: \(conflict.error)")
        }
        #expect(try SQLite.rows(out, "SELECT custom_id FROM jobs ORDER BY 1") == ["j1", "j2"])
    }

    @Test func aRunKeepsItsDatabaseAway() async throws {
        let server = try await MockServer.start()
        let one = try await part("one", counting(1...2))
        let file = try directory.writeJobs(
            [Answers.countingJob("a", to: 50_000, options: "+pace=20ms")], to: "live.jsonl")
        let run = try BatchProcess(["run", file, "--base-url", server.baseURL, "--drain-timeout", "0s"])
        try await run.wait { server.statistics.activeStreams == 1 }
        for arguments in [[out, one, directory.path("live.db")], [directory.path("live.db"), one]] {
            let ended = try await BatchProcess(["merge"] + arguments).ended()
            #expect(ended.status == 3 && ended.error.contains("process \(run.processIdentifier)"), "\(ended.error)")
        }
        #expect(!FileManager.default.fileExists(atPath: out))
        run.send(SIGKILL)
        _ = await run.ended()
        // What it left goes on in the merged database.
        let ended = try await merge(out, one, directory.path("live.db"))
        #expect(ended.status == 0 && ended.output.contains("3 jobs, 2 completed, 0 failed, 1 left"), "\(ended)")
        await server.stop()
    }

    @Test(arguments: ["show", "compact", "resume"])
    func aCommandThatTakesOneDatabaseNamesMerge(command: String) async throws {
        let ended = try await BatchProcess.run(command, "--db", "a.db", "--db", "b.db")
        #expect(ended.status == 2, "\(ended.error)")
        #expect(ended.error.contains("takes one database, and 2 are named: llm4s-batch merge"), "\(ended.error)")
    }

    /// Killed at any time it leaves whole sources only, and the next call does the rest.
    @Test func aKillLeavesWholeSources() async throws {
        var chance = Chance(seed: Project.seed)
        var parts: [String] = []
        for number in 0..<4 {
            parts.append(try await part("p\(number)", counting(number * 30 + 1...number * 30 + 30, to: 60)))
        }
        var kills = 0
        for _ in 0..<Project.size("LLM4S_MERGE_KILLS", 5) {
            let process = try BatchProcess(["merge", "out.db"] + parts, directory: directory.url)
            try await Task.sleep(for: .microseconds(Int.random(in: 10_000...150_000, using: &chance)))
            if process.isRunning { kills += 1 }
            process.send(SIGKILL)
            _ = await process.ended()
            if SQLite.currentNumber(out, "SELECT count(*) FROM sqlite_schema WHERE name = 'jobs'") == 1 {
                #expect(
                    try SQLite.number(out, "SELECT count(*) FROM jobs") % 30 == 0, "run with LLM4S_SEED=\(Project.seed)"
                )
                #expect(try Answers.faults(out, isFinal: true) == [])
            }
            // From the beginning now and then.
            if Bool.random(using: &chance) {
                for ending in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: out + ending) }
            }
        }
        #expect(kills > 0, "none was killed")
        let ended = try await BatchProcess(["merge", "out.db"] + parts, directory: directory.url).ended()
        #expect(ended.status == 0, "\(ended.error)")
        try Answers.expectWhole(out, jobs: 120)
    }

    @Test(.enabled(if: RamDisk.canMount, "mounting a small tmpfs needs root"))
    func aFullDiskLeavesWholeSourcesAndItGoesOnWhenThereIsSpace() async throws {
        var parts: [String] = []
        for number in 0..<4 {
            parts.append(try await part("p\(number)", counting(number * 60 + 1...number * 60 + 60, to: 150)))
        }
        let disk = try RamDisk(kilobytes: 3_000)
        let target = disk.path + "/out.db"
        let full = try await BatchProcess(["merge", target] + parts).ended()
        #expect(full.status == 3 && full.error.contains("no space is left on the disk"), "\(full.error)")
        #expect(try SQLite.number(target, "SELECT count(*) FROM jobs") % 60 == 0)
        #expect(try Answers.faults(target, isFinal: true) == [])
        try disk.grow(kilobytes: 100_000)
        let ended = try await BatchProcess(["merge", target] + parts).ended()
        #expect(ended.status == 0, "\(ended.error)")
        try Answers.expectWhole(target, jobs: 240)
    }
}
