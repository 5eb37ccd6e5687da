import Foundation
import MockProvider
import Testing

/// `status`, `results` and `stats` of several databases as their user runs them.
@Suite(.serialized)
struct EndToEndUnionTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func run(_ arguments: String...) async throws -> BatchProcess.Ended {
        try await BatchProcess(arguments, directory: directory.url).ended()
    }

    /// Runs jobs of this project's embedded mock into a database of their own.
    private func part(_ name: String, _ lines: [String], _ options: String..., status: Int32 = 0) async throws {
        let file = try directory.writeJobs(lines, to: "\(name).jsonl")
        let ended = try await BatchProcess(
            ["run", file, "--db", directory.path("\(name).db"), "--durability", "normal", "--max-attempts", "1"]
                + options
        ).ended()
        #expect(ended.status == status, "\(ended.error)")
    }

    private func counting(_ ids: ClosedRange<Int>) -> [String] { ids.map { Answers.countingJob("j\($0)", to: 20) } }

    private func object(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    /// The ids of jobs that several have may be the numbers of others.
    @Test func idsThatAreNumbersDoNotMeet() async throws {
        try await part("one", (16...35).map { Answers.countingJob("\($0)", to: 5) })
        try await part("two", (25...45).map { Answers.countingJob("\($0)", to: 5) })
        let ended = try await run("stats", "one.db", "two.db", "--json")
        #expect(ended.status == 0, "\(ended.error)")
        #expect(try await run("merge", "out.db", "one.db", "two.db").status == 0)
        let whole = try await run("stats", "out.db", "--json")
        #expect(try canonical(object(whole.output)) == canonical(object(ended.output)))
    }

    /// A value of JSON as text that is the same for the same value.
    private func canonical(_ value: Any?) throws -> String {
        let value = try #require(value)
        return String(
            decoding: try JSONSerialization.data(withJSONObject: value, options: [.sortedKeys, .fragmentsAllowed]),
            as: UTF8.self)
    }

    @Test func severalDatabasesAreReadAsTheMergedOne() async throws {
        try await part("one", counting(1...6))
        try await part("two", counting(5...10))
        try await part(
            "three", counting(4...4) + [#"{"id":"f","model":"mock/count-50+cutchunk=middle","prompt":"f"}"#], status: 1)
        #expect(try await run("merge", "out.db", "one.db", "two.db", "three.db").status == 0)
        for format in ["jsonl", "csv", "text", "jobs", "openai-batch", "anthropic-batch"] {
            let whole = try await run(
                "results", "out.db", "--format", format, "--status", "failed", "--status", "completed")
            let parts = try await run(
                "results", "one.db", "--db", "two.db", "three.db", "--format", format, "--status", "failed", "--status",
                "completed")
            #expect(parts.status == 0, "\(parts.error)")
            // Row numbers are each database's own.
            let lines = [whole, parts].map { ended in
                ended.output.replacing(#/batch_req_\d+/#, with: "").split(whereSeparator: \.isNewline).sorted()
            }
            #expect(lines[0] == lines[1] && !lines[0].isEmpty, "\(format)")
        }
        let whole = try object(try await run("status", "out.db", "--json").output)
        let ended = try await run("status", "one.db", "two.db", "three.db", "--json")
        let parts = try object(ended.output)
        for member in ["jobs", "tokens", "resuming", "finish_reasons", "failures"] {
            #expect(try canonical(whole[member]) == canonical(parts[member]), "\(member): \(ended.output)")
        }
        #expect(parts["answers_made_twice"] as? Int == 3 && parts["tokens_made_twice"] as? Int == 60)
        let databases = try #require(parts["databases"] as? [[String: Any]])
        #expect(databases.map { $0["path"] as? String } == ["one.db", "two.db", "three.db"])
        #expect(databases.map { ($0["jobs"] as? [String: Int])?["total"] } == [6, 6, 2])
        #expect(databases.map { ($0["run"] as? [String: Any])?["worker"] as? String } == ["none", "none", "none"])
        let text = try await run("status", "one.db", "two.db", "three.db").output
        #expect(
            text.hasPrefix(
                "3 databases: 11 jobs, 10 completed, 1 failed · 3 answers made twice (60 tokens), the earlier kept\n"),
            "\(text)")
        #expect(text.contains("  finished  6 of 6  one.db\n"), "\(text)")
        let statistics = try await [["out.db"], ["one.db", "two.db", "three.db"]].asyncMap { names in
            try await BatchProcess(["stats", "--json"] + names, directory: directory.url).ended().output
        }
        #expect(try canonical(object(statistics[0])) == canonical(object(statistics[1])))
    }

    @Test func whatCannotBeReadIsNamedBeforeAnythingIsPrinted() async throws {
        try await part("one", counting(1...2))
        try await part("other", [Answers.countingJob("j3", to: 3), Answers.countingJob("j2", to: 3)])
        _ = try directory.write("no database, but a text of some length", to: "notes.db")
        try FileManager.default.copyItem(atPath: directory.path("one.db"), toPath: directory.path("newer.db"))
        try SQLite.write(directory.path("newer.db"), "PRAGMA user_version = 99")
        for command in ["status", "results", "stats"] {
            for (names, status, words) in [
                (["one.db", "none.db"], Int32(3), ["none.db", "no such database"]),
                (["one.db", "notes.db"], 3, ["notes.db", "no database of llm4s-batch"]),
                (["newer.db", "one.db"], 3, ["newer.db", "schema 99"]),
                (["one.db", "./one.db"], 2, ["./one.db is named twice, also as one.db"]),
                (["one.db", "other.db"], 2, ["job 'j2'", "other.db", "other.jsonl:2", "one.db", "one.jsonl:2"]),
                ([], 2, ["--db"]),
            ] {
                let ended = try await BatchProcess([command] + names, directory: directory.url).ended()
                #expect(ended.status == status && ended.output.isEmpty, "\(command) \(names): \(ended)")
                for word in words { #expect(ended.error.contains(word), "\(word) is not in: \(ended.error)") }
            }
        }
        let unknown = try await run("results", "one.db", "newer.db", "--job", "j1")
        #expect(unknown.status == 3, "\(unknown.error)")
        let over = try await run("results", "one.db", "-o", "one.db")
        #expect(over.status == 2 && over.error.contains("is the database"), "\(over.error)")
    }

    @Test func shardsAreListedAndWhatIsMissingIsTold() async throws {
        for shard in [0, 2] { try await part("s\(shard)", counting(1...9), "--shard", "\(shard)/3") }
        let one = try await run("status", "s2.db")
        #expect(one.output.contains("\n  shard       2/3\n"), "\(one.output)")
        #expect(try object(try await run("status", "s2.db", "--json").output)["shard"] as? String == "2/3")
        let both = try await run("status", "s0.db", "s2.db")
        #expect(both.output.contains("\n  missing     shard 1\n") && both.error.isEmpty, "\(both)")
        #expect(both.output.contains("  2/3    finished  "), "\(both.output)")
        try await part("t1", counting(1...9), "--shard", "1/2")
        let mixed = try await run("results", "s0.db", "s2.db", "t1.db")
        #expect(mixed.status == 0 && mixed.error.contains("shards of 2 and of 3 parts"), "\(mixed.error)")
        let ids = mixed.output.split(separator: "\n").map { $0.prefix { $0 != "," } }
        #expect(Set(ids).count == ids.count, "each once: \(ids)")
        if PseudoTerminal.isAvailable {
            for columns in [60, 80] {
                let shown = try await PseudoTerminal.run(
                    ["status", "s0.db", "s2.db", "t1.db"], directory: directory.url, columns: columns
                ).output.replacing("\r", with: "")
                for line in shown.split(separator: "\n") where !line.contains("shards of") {
                    #expect(line.count <= columns, "\(line)")
                }
                #expect(shown.contains("  1/2    finished  "), "\(shown)")
            }
        }
    }

    @Test func watchingGoesOnUntilNoWorkerRuns() async throws {
        let server = try await MockServer.start()
        try await part("done", counting(1...2))
        let file = try directory.writeJobs(
            [Answers.countingJob("a", to: 50_000, options: "+pace=20ms")], to: "live.jsonl")
        let run = try BatchProcess(["run", file, "--base-url", server.baseURL])
        try await run.wait { server.statistics.activeStreams == 1 }
        let watch = try BatchProcess(["status", "done.db", "live.db", "--watch"], directory: directory.url)
        try await watch.wait { watch.outputSoFar.contains("  running   0 of 1  live.db") }
        #expect(watch.isRunning, "\(watch.outputSoFar)\(watch.errorSoFar)")
        run.send(SIGKILL)
        _ = await run.ended()
        let ended = await watch.ended()
        #expect(ended.status == 0 && ended.output.contains("  dead      0 of 1  live.db"), "\(ended)")
        #expect(ended.output.contains("llm4s-batch resume --db live.db"), "\(ended.output)")
        await server.stop()
    }
}

extension [[String]] {
    fileprivate func asyncMap<Value>(_ transform: ([String]) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
