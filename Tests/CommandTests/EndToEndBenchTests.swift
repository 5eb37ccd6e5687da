import Foundation
import Testing

/// `bench` as its user runs it: counts, keys and orderings; speed is no matter of tests.
@Suite(.serialized)
struct EndToEndBenchTests {
    @Test func theSourceOfLoadSendsWhatTheModelsNameAsksFor() async throws {
        let mock = try await MockProcess(arguments: ["--load"])
        let directory = try TemporaryDirectory()
        let jobs = [("one", "bulk=50+packet=7+chunk=2"), ("two", "bulk=3+pace=1ms+ttft=2ms"), ("three", "bulk=1")]
        let file = try directory.writeJobs(
            jobs.map { #"{"id":"\#($0.0)","model":"vllm/\#($0.1)","prompt":"x"}"# })
        let ended = try await BatchProcess.run("run", file, "--base-url", mock.baseURL, "--concurrency", "1")
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
        let mock = try await MockProcess(arguments: ["--load"])
        let directory = try TemporaryDirectory()
        let models = ["bulk=0", "bulk=x", "bulk=5+packet=0", "count-5", "bulk=5+pace=", "bulk=5+unknown"]
        let file = try directory.writeJobs(models.map { #"{"model":"vllm/\#($0)","prompt":"x"}"# })
        let ended = try await BatchProcess.run("run", file, "--base-url", mock.baseURL)
        #expect(ended.status == 1, "\(ended.error)")
        let kinds = try SQLite.rows(directory.path("jobs.db"), "SELECT error_kind, count(*) FROM jobs GROUP BY 1")
        #expect(kinds == ["invalid_request|6"])
    }

    @Test func theProgramMeasuresItself() async throws {
        let directory = try TemporaryDirectory()
        let ended = try await BatchProcess(
            [
                "bench", "--self", "--streams", "8", "--pace", "5ms", "--packet", "2", "--duration", "200ms", "--json",
                "self.json",
            ], directory: directory.url
        ).ended()
        #expect(ended.status == 0, "\(ended.error)")
        for words in [
            "events/s", "CPU per event", "memory per stream", "stamp to row", "commit", "WAL", "source idle",
        ] {
            #expect(ended.output.contains(words), "\(ended.output)")
        }
        let data = try Data(contentsOf: directory.url.appending(path: "self.json"))
        let figures = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        for (database, isStored) in [("off", false), ("normal", true), ("full", true)] {
            let column = try #require(figures["database_\(database)"] as? [String: [String: Any]])
            let plain = try #require(column["plain"])
            let stamped = try #require(column["stamped"])
            #expect(try #require(plain["events"] as? Int) > 0)
            #expect(try #require(plain["cpu_us"] as? Int) > 0)
            #expect(try #require(plain["source_cpu_us"] as? Int) > 0)
            #expect(plain["latency_p50_us"] == nil)
            #expect(try #require(stamped["latency_p50_us"] as? Int) <= #require(stamped["latency_p99_us"] as? Int))
            #expect(try #require(stamped["least_events_of_a_stream"] as? Int) > 0)
            #expect((plain["commits"] != nil) == isStored)
            // A row is stored after its chunk was decoded.
            guard isStored else { continue }
            #expect(try #require(stamped["stored_p50_us"] as? Int) >= #require(stamped["latency_p50_us"] as? Int))
            #expect(try #require(plain["wal_bytes"] as? Int) > 0)
        }
    }

    @Test func whatShallBeMeasuredMustBeSaid() async throws {
        let ended = try await BatchProcess.run("bench")
        #expect(ended.status == 2)
        #expect(ended.error.contains("--self"))
    }
}
