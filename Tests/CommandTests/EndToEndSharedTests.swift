import Foundation
import MockProvider
import Testing

@testable import BatchEngine

/// Parts that outlive the machine (Contract, "Shared folders").
@Suite(.serialized)
struct EndToEndSharedTests {
    /// A job whose answer takes a second, of some hundred words.
    private static func job(_ number: Int, to length: Int = 100) -> String {
        Answers.countingJob("job-\(number)", to: length, options: "+pace=5ms")
    }

    private static func jobs(_ count: Int) -> [String] { (1...count).map { job($0) } }

    // MARK: A new attempt

    @Test(arguments: [nil, "0/1"])
    func whatADeadMachineHadIsNotAskedAgain(shard: String?) async throws {
        let runs = try await SharedRuns(Self.jobs(40))
        let options = ["--concurrency", "4", "--resume", "prefill"] + (shard.map { ["--shard", $0] } ?? [])
        let start = { (machine: String) in
            try runs.start(machine, command: ["run", runs.file, "--db", runs.database(machine)] + options)
        }
        runs.server.hold(afterBodyBytes: 280_000)
        let dead = try start("a")
        try await runs.waitUntilPublished("a", streams: 4, by: dead)
        let answered = try await runs.kill(dead, on: "a")
        let asked = runs.server.statistics.requests
        let texts = try runs.openTexts("a")
        runs.server.hold(afterBodyBytes: nil)
        let heir = try await start("b").ended()
        #expect(heir.status == 0, "\(heir.error)")
        let partial = texts.count { $0 > 0 }
        #expect(texts.count == 4 && partial > 0)
        #expect(heir.error.contains("took \(answered.count) completed, \(partial) partial from "), "\(heir.error)")
        try Answers.expectWhole(runs.database("b"), jobs: 40)
        #expect(asked == answered.count + 4)
        #expect(runs.server.statistics.requests == 44, "asked again are the streams that were open")
        // They went on from their text, unless there was hardly any.
        let resumed = try SQLite.number(
            runs.database("b"),
            "SELECT count(*) FROM attempts WHERE resume_strategy = 'prefill' AND status = 'completed'")
        #expect((texts.count { $0 >= 8 }...partial).contains(resumed))
        try await expectTheSame(runs, sources: [runs.folder], [runs.database("b")])
        // All is done, and known.
        let again = try await start("b").ended()
        #expect(again.status == 0 && !again.error.contains("took"), "\(again.error)")
        let names = try runs.parts
        #expect(try await start("b").ended().status == 0)
        #expect(try runs.parts == names, "nothing new is published")
        let third = try await start("c").ended()
        #expect(third.status == 0 && third.error.contains("took 40 completed from "), "\(third.error)")
        #expect(runs.server.statistics.requests == 44)
        await runs.server.stop()
    }

    /// What is merged of either comes to the same answers, none of them made twice.
    private func expectTheSame(_ runs: SharedRuns, sources: [String]...) async throws {
        let query = "SELECT custom_id, content, response_id FROM results ORDER BY 1"
        var results: [[String]] = []
        for (number, named) in sources.enumerated() {
            let out = runs.directory.path("out\(number).db")
            let merged = try await BatchProcess(["merge", out] + named).ended()
            #expect(merged.output.contains("40 jobs, 40 completed, 0 failed\n"), "\(merged)")
            #expect(try Answers.faults(out, isFinal: true) == [])
            results.append(try SQLite.rows(out, query))
        }
        #expect(results.allSatisfy { $0 == results[0] && $0.count == 40 })
    }

    /// `resume` and `retry` know their jobs: those are looked for.
    @Test func whatGoesOnWithAStaleDatabaseTakesWhatItLacks() async throws {
        let failing = #"{"id":"bad","model":"mock/count-50+cutchunk=middle","prompt":"f"}"#
        let runs = try await SharedRuns(Self.jobs(12) + [failing])
        let stale = try await runs.start("a", "--max-jobs", "3", "--max-attempts", "1").ended()
        #expect(stale.status == 4, "\(stale.error)")
        try FileManager.default.copyItem(
            atPath: runs.directory.path("a"), toPath: runs.directory.path("b"))
        #expect(try await runs.start("a", "--max-attempts", "1").ended().status == 1)
        let asked = runs.server.statistics.requests
        let resumed = try await runs.start(
            "b", command: ["resume", "--db", runs.database("b")]
        ).ended()
        #expect(resumed.status == 1, "failed stays failed: \(resumed.error)")
        #expect(resumed.error.contains(" completed"), "\(resumed.error)")
        #expect(
            try SQLite.rows(runs.database("b"), "SELECT status, count(*) FROM jobs GROUP BY 1")
                == ["completed|12", "failed|1"])
        #expect(runs.server.statistics.requests == asked)
        let retried = try await runs.start(
            "b", "--max-attempts", "1", command: ["retry", "--db", runs.database("b")]
        ).ended()
        #expect(retried.status == 1 && retried.error.contains("1 job revived"), "\(retried.error)")
        #expect(runs.server.statistics.requests == asked + 1)
        await runs.server.stop()
    }

    @Test func anInputThatIsReadOnceIsReadToItsEndFirst() async throws {
        let runs = try await SharedRuns(Self.jobs(12))
        let input = try String(contentsOfFile: runs.file, encoding: .utf8)
        let start = { (machine: String, more: [String]) in
            try runs.start(
                machine,
                command: ["run", "-", "--output", "-", "--provider", "mock", "--db", runs.database(machine)] + more,
                input: input)
        }
        #expect(try await start("a", ["--max-jobs", "5"]).ended().status == 4)
        let asked = runs.server.statistics.requests
        let ended = try await start("b", []).ended()
        #expect(ended.status == 0, "\(ended.error)")
        #expect(ended.output.split(separator: "\n").count == 12, "each job has its line: \(ended.output)")
        #expect(runs.server.statistics.requests == asked + 7)
        await runs.server.stop()
    }

    // MARK: Others in the folder

    @Test func aZombieThatPublishesLaterDoesNoHarm() async throws {
        let runs = try await SharedRuns(Self.jobs(16))
        let options = ["--concurrency", "4", "--resume", "prefill"]
        runs.server.hold(afterBodyBytes: 160_000)
        let zombie = try runs.start("a", command: ["run", runs.file, "--db", runs.database("a")] + options)
        try await runs.waitUntilPublished("a", streams: 4, by: zombie)
        zombie.send(SIGSTOP)
        runs.server.hold(afterBodyBytes: nil)
        let heir = try await runs.start("b", command: ["run", runs.file, "--db", runs.database("b")] + options).ended()
        #expect(heir.status == 0, "\(heir.error)")
        try Answers.expectWhole(runs.database("b"), jobs: 16)
        zombie.send(SIGCONT)
        let late = await zombie.ended()
        #expect(late.status == 0, "\(late.error)")
        // In whatever order: the folder alone, and with either database before it or behind it.
        var outputs: Set<String> = []
        for (number, sources) in [
            [runs.folder], [runs.database("a"), runs.database("b")], [runs.folder, runs.database("a")],
            [runs.database("b"), runs.folder],
        ].enumerated() {
            let name = runs.directory.path("out\(number).db")
            let merged = try await BatchProcess(["merge", name] + sources).ended()
            #expect(merged.status == 0, "\(merged.error)")
            outputs.insert(String(merged.output.drop { $0 != ":" }))
            let results = try await BatchProcess(["results", name]).ended()
            outputs.insert(results.output)
            #expect(try SQLite.rows(name, "PRAGMA foreign_key_check") == [])
        }
        #expect(outputs.count == 2, "one count of answers, one text of results: \(outputs)")
        let count = try #require(outputs.first { $0.hasPrefix(":") })
        #expect(count.hasPrefix(": 16 jobs, 16 completed, 0 failed · ") && count.contains("made twice"), "\(count)")
        await runs.server.stop()
    }

    @Test func anotherInputsPartsAreLeftAlone() async throws {
        let runs = try await SharedRuns(Self.jobs(6))
        #expect(try await runs.start("a").ended().status == 0)
        // The same ids stand for other requests there, but for the last.
        _ = try runs.directory.writeJobs((1...5).map { Self.job($0, to: 20) } + [Self.job(6)], to: "other.jsonl")
        let ended = try await runs.start(
            "b", command: ["run", runs.directory.path("other.jsonl"), "--db", runs.database("b")]
        ).ended()
        #expect(ended.status == 0, "\(ended.error)")
        #expect(ended.error.contains("took 1 completed from "), "\(ended.error)")
        #expect(runs.server.statistics.requests == 11)
        #expect(
            try SQLite.rows(runs.database("b"), "SELECT DISTINCT source FROM jobs")
                == [runs.directory.path("other.jsonl")])
        // As a merge they contradict each other.
        let merged = try await runs.merge(runs.folder)
        #expect(merged.status == 2 && merged.error.contains("is another request in "), "\(merged.error)")
        await runs.server.stop()
    }

    @Test func aRunOfFourShardsGoesOnWithTwo() async throws {
        let runs = try await SharedRuns(Self.jobs(40))
        for index in [0, 1, 3] {
            let ended = try await runs.start("old\(index)", "--shard", "\(index)/4", "--concurrency", "16").ended()
            #expect(ended.status == 0, "\(ended.error)")
        }
        let asked = runs.server.statistics.requests
        for index in 0...1 {
            let ended = try await runs.start("new\(index)", "--shard", "\(index)/2", "--concurrency", "16").ended()
            #expect(ended.status == 0, "\(ended.error)")
            // It is a shard like others.
            let again = try await runs.start("new\(index)", "--shard", "\(index)/2").ended()
            #expect(again.status == 0, "\(again.error)")
        }
        #expect(asked < 40 && runs.server.statistics.requests == 40, "only shard 2 of 4 was left")
        let merged = try await runs.merge(runs.folder)
        #expect(merged.output.contains("40 jobs, 40 completed, 0 failed\n"), "\(merged)")
        let both = try await runs.merge(runs.database("new0"), runs.database("new1"), into: "both.db")
        #expect(both.output.contains("2 databases: 40 jobs, 40 completed, 0 failed\n"), "\(both)")
        let runsOf =
            "SELECT options ->> '$.merged_shard' FROM runs WHERE run_id IN (SELECT run_id FROM attempts) ORDER BY 1"
        #expect(
            try SQLite.rows(runs.directory.path("both.db"), runsOf)
                == SQLite.rows(runs.directory.path("whole.db"), runsOf))
        await runs.server.stop()
    }
}
