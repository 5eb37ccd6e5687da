import Foundation
import Testing

/// The measuring of the program itself: `Benchmarks self` with its source of load; counts, keys and orderings, not speed.
@Suite(.serialized)
struct BenchmarksTests {
    private static let program = BatchProcess.example("Benchmarks")

    @Test func theSourceOfLoadSendsWhatTheModelsNameAsksFor() async throws {
        let source = try await MockProcess(["source"], program: Self.program)
        let directory = try TemporaryDirectory()
        let jobs = [("one", "bulk=50+packet=7+chunk=2"), ("two", "bulk=3+pace=1ms+ttft=2ms"), ("three", "bulk=1")]
        let file = try directory.writeJobs(
            jobs.map { #"{"id":"\#($0.0)","model":"vllm/\#($0.1)","prompt":"x"}"# })
        let ended = try await BatchProcess.run("run", file, "--base-url", source.baseURL, "--concurrency", "1")
        #expect(ended.status == 0, "\(ended.error)")
        let rows = try SQLite.rows(
            directory.path("jobs.db"),
            "SELECT custom_id, content, completion_tokens FROM completions JOIN jobs USING (job_id) ORDER BY line")
        #expect(
            rows == [
                "one|\(String(repeating: " tick tick", count: 50))|50", "two|\(String(repeating: " tick", count: 3))|3",
                "three| tick|1",
            ])
    }

    @Test func theSourceOfLoadRefusesWhatItDoesNotKnow() async throws {
        let source = try await MockProcess(["source"], program: Self.program)
        let directory = try TemporaryDirectory()
        let models = ["bulk=0", "bulk=x", "bulk=5+packet=0", "count-5", "bulk=5+pace=", "bulk=5+unknown"]
        let file = try directory.writeJobs(models.map { #"{"model":"vllm/\#($0)","prompt":"x"}"# })
        let ended = try await BatchProcess.run("run", file, "--base-url", source.baseURL)
        #expect(ended.status == 1, "\(ended.error)")
        let kinds = try SQLite.rows(directory.path("jobs.db"), "SELECT error_kind, count(*) FROM jobs GROUP BY 1")
        #expect(kinds == ["invalid_request|6"])
    }

    @Test func theProgramMeasuresItself() async throws {
        let directory = try TemporaryDirectory()
        let ended = try await BatchProcess(
            [
                "self", "--streams", "8", "--pace", "5ms", "--packet", "2", "--duration", "200ms", "--json",
                "self.json",
            ], directory: directory.url, program: Self.program
        ).ended()
        #expect(ended.status == 0, "\(ended.error)")
        for words in [
            "events/s", "CPU per event", "memory per stream", "stamp to row", "commit", "WAL", "source idle",
        ] {
            #expect(ended.output.contains(words), "\(ended.output)")
        }
        let data = try Data(contentsOf: directory.url.appending(path: "self.json"))
        let figures = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        var sourceTime = 0
        for (database, isStored) in [("off", false), ("normal", true), ("full", true)] {
            let column = try #require(figures["database_\(database)"] as? [String: [String: Any]])
            let plain = try #require(column["plain"])
            let stamped = try #require(column["stamped"])
            #expect(try #require(plain["events"] as? Int) >= 8)
            #expect(try #require(plain["cpu_us"] as? Int) > 0)
            sourceTime += try #require(plain["source_cpu_us"] as? Int)
            #expect(plain["latency_p50_us"] == nil)
            #expect(try #require(stamped["latency_p50_us"] as? Int) <= #require(stamped["latency_p99_us"] as? Int))
            // On a busy machine a stream may bring nothing in so short a window; none brings more than its share.
            #expect(
                try #require(stamped["least_events_of_a_stream"] as? Int) * 8
                    <= #require(stamped["counted_events"] as? Int))
            #expect((plain["commits"] != nil) == isStored)
            // A row is stored after its chunk was decoded.
            guard isStored else { continue }
            #expect(try #require(stamped["stored_p50_us"] as? Int) >= #require(stamped["latency_p50_us"] as? Int))
            #expect(try #require(plain["wal_bytes"] as? Int) > 0)
        }
        // What is read in one short window may have been sent before it.
        #expect(sourceTime > 0)
    }

    @Test func theSourceOfLoadTakesNoOptionThatItCannotFollow() async throws {
        for options in [
            ["--rpm", "5"], ["--behavior", "slow"], ["--log", "x"], ["--threads", "2"], ["--port", "65536"],
        ] {
            let ended = try await BatchProcess(["source"] + options, program: Self.program).ended()
            #expect(ended.status == 64 && ended.output.isEmpty, "\(options)")
        }
    }

    @Test(arguments: [
        ["--streams", "0"], ["--packet", "1001"], ["--words", "0"], ["--prompt-bytes", "-1"], ["--duration", "0"],
        ["--pace", "soon"], ["--duration", "99999999999999999999h"], ["--requests", "5"],
    ])
    func whatCannotBeMeasuredIsRefused(options: [String]) async throws {
        let ended = try await BatchProcess(["self"] + options, program: Self.program).ended()
        #expect(ended.status == 64 && ended.output.isEmpty, "\(ended.error)")
    }

    @Test func aSignalLeavesNoServerAndNoFolderBehind() async throws {
        let directory = try TemporaryDirectory()
        let process = try BatchProcess(
            ["self", "--streams", "4", "--duration", "60s"], environment: ["TMPDIR": directory.url.path],
            program: Self.program)
        // The source and the first client.
        try await process.wait { process.children.count >= 2 }
        let started = process.children
        #expect(started.count >= 2, "\(process.errorSoFar)")
        process.send(SIGTERM)
        #expect(await process.ended().status == 143)
        // They end by the signal that they were sent.
        while started.contains(where: { kill($0, 0) == 0 }) { await Task.yield() }
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.url.path).isEmpty)
    }
}
