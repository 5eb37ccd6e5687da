import BatchEngine
import Foundation
import LLMStreaming
import Testing

@testable import BatchStore

/// What a new attempt takes of the parts of others (Contract, "Shared folders").
@Suite struct TakingTests {
    private let fixture: SharedFixture
    private let text = "a text of thirty-two and more scalars, "

    init() throws { fixture = try SharedFixture() }

    /// A worker of three jobs that dies with an answer, a failure, and an open stream; the fourth has not begun.
    private func dead(_ number: Int = 1, jobs: [NewJob] = newJobs(4), shard: JobShard? = nil) async throws -> TestStore
    {
        let store = try await fixture.merging.open(number, on: jobs, in: "dead\(number).db")
        try await store.complete("j1", text: "first answer", at: 2_000, response: "r-\(number)")
        try await store.fail("j2")
        _ = store.attempt(try await store.job("j3"), textChunks(text))
        try await store.database.flush()
        try await fixture.publisher(UInt64(number), of: store, shard: shard).publish(isLast: false)
        return store
    }

    private func states(_ path: String) throws -> [String] {
        try sqlRows(path, "SELECT custom_id, status FROM jobs ORDER BY job_id")
    }

    @Test func answersAreTakenFailuresStayAndTextGoesOn() async throws {
        let dead = try await dead()
        let path = try await fixture.fresh("new.db", newJobs(4))
        #expect(try await fixture.takeIn(path).parts == 1)
        #expect(try states(path) == ["j1|completed", "j2|failed", "j3|interrupted", "j4|pending"])
        #expect(try sqlRows(path, "SELECT custom_id, text FROM partials") == ["j3|\(text)"])
        // It goes on with numbers of its own.
        let store = try await fixture.merging.open(2, on: newJobs(4), in: "new.db")
        try await store.goOn("j3", prefixScalars: 39, with: "and its end")
        try await store.complete("j4", text: "new answer", at: 3_000)
        #expect(
            try sqlRows(path, "SELECT custom_id, content, segments FROM results ORDER BY line")
                == ["j1|first answer|1", "j3|\(text)and its end|2", "j4|new answer|1"])
        #expect(try MergeFixture.seams(path).contains { $0.contains("\(text)and its end") })
        #expect(
            try sqlRows(path, "PRAGMA foreign_key_check") == [] && sqlRows(path, "PRAGMA integrity_check") == ["ok"])
        #expect(try sqlRows(path, "SELECT max(run_id) FROM runs") == ["\(store.runID)"], "its own run is the newest")
        try await store.database.close()
        try await dead.database.close()
    }

    /// What is taken inside one session, as a run does: nothing in it collides with what is written next.
    @Test func theSessionGoesOnBehindWhatItTook() async throws {
        let dead = try await dead()
        let database = try await BatchDatabase.open(fixture.files.file("new.db"))
        _ = try await database.ingest(newJobs(4), onChanged: .error)
        _ = try await database.takeIn(PartCover(try fixture.parts), in: fixture.folder, shard: nil, since: [:])
        let run = try await database.beginRun(command: "run", options: "{}", version: "test")
        let queue = database.queue(for: .all, runID: run)
        let job = try #require(try await queue.nextJobs(for: testLane, after: 3, limit: 9).first)
        #expect(job.customID == "j4")
        let id = queue.startAttempt(attemptStart(of: job))
        let chunks = textChunks("own") + [StreamedChunk(.finish, "stop")]
        _ = queue.storeChunks(chunks, of: id, from: 0, atMicroseconds: 100)
        try await queue.endAttempt(completedEnd(id, of: job, chunks))
        try await database.close()
        #expect(try MergeFixture.seams(database.path).count == 2)
        #expect(try sqlRows(database.path, "SELECT content FROM results ORDER BY line") == ["first answer", "own"])
        try await dead.database.close()
    }

    /// An id with another request, and one that is not of the input, are other jobs.
    @Test func jobsOfAnotherInputAreLeftAlone() async throws {
        let dead = try await dead()
        let path = try await fixture.fresh(
            "other.db",
            [newJob("j1", line: 1, request: "{\"other\":1}"), newJob("j3", line: 7, source: "/mnt/b.jsonl")])
        #expect(try await fixture.takeIn(path).parts == 1)
        #expect(
            try sqlRows(path, "SELECT custom_id, source, line, status FROM jobs ORDER BY 1")
                == ["j1|jobs.jsonl|1|pending", "j3|/mnt/b.jsonl|7|interrupted"])
        #expect(try sqlRows(path, "SELECT count(*) FROM attempts") == ["1"])
        let nothing = try await fixture.fresh("nothing.db", [newJob("k", line: 1)])
        try await fixture.takeIn(nothing)
        #expect(try sqlRows(nothing, "SELECT count(*) FROM runs") == ["0"], "not even the run is taken")
        try await dead.database.close()
    }

    @Test func takingAgainChangesNothing() async throws {
        let dead = try await dead()
        let path = try await fixture.fresh("new.db", newJobs(4))
        try await fixture.takeIn(path)
        let content = try MergeFixture.content(path)
        try await fixture.takeIn(path)
        try await fixture.takeIn(path)
        #expect(try MergeFixture.content(path) == content)
        try await dead.database.close()
    }

    /// The earlier attempt was not dead.
    @Test func aZombieDoesNoHarm() async throws {
        let zombie = try await dead()
        let heir = try await fixture.merging.open(2, on: newJobs(4), in: "heir.db")
        let path = heir.database.path
        try await heir.database.close()
        try await fixture.takeIn(path)
        let store = try await fixture.merging.open(2, on: newJobs(4), in: "heir.db")
        let publisher = fixture.publisher(2, of: store)
        try await store.goOn("j3", prefixScalars: 39, with: "and its end")
        try await store.complete("j4", text: "the heir's", at: 9_000, response: "r-b")
        try await publisher.publish(isLast: true)
        try await store.database.close()
        // It publishes after its successor, by a clock that is an hour behind.
        try await zombie.complete("j4", text: "the zombie's", at: 4_000, response: "r-a")
        try await fixture.publisher(3, of: zombie).publish(isLast: false)
        try await zombie.database.close()
        let parts = try fixture.parts
        #expect(parts.count == 3)
        let contents = try await [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]].enumerated().asyncMap { number, order in
            try MergeFixture.content(try await fixture.merge(order.map { parts[$0] }, into: "out\(number).db"))
        }
        #expect(Set(contents).count == 1)
        let merged = try await BatchDatabase.open(fixture.files.file("out0.db"))
        #expect(try await merged.repeatedAnswers().count == 1)
        try await merged.close()
        #expect(
            try sqlRows(merged.path, "SELECT custom_id, content FROM results ORDER BY line")
                == ["j1|first answer", "j3|\(text)and its end", "j4|the zombie's"])
    }

    /// A wait is told by the other machine's clock, which may be an hour ahead.
    @Test func nobodyWaitsByAnothersClock() async throws {
        let ahead = try await TestStore(jobs: newJobs(1), name: "ahead.db", folder: fixture.files) { options in
            options.unixMilliseconds = { MergeFixture.start + 3_600_000 }
        }
        let job = try await ahead.job("j1")
        let chunks = textChunks(text)
        try await ahead.queue.endAttempt(
            cutEnd(ahead.attempt(job, chunks), of: job, chunks, until: MergeFixture.start + 3_660_000))
        try await fixture.publisher(1, of: ahead).publish(isLast: false)
        try await ahead.database.close()
        let path = try await fixture.fresh("new.db", newJobs(1))
        try await fixture.takeIn(path)
        #expect(try sqlRows(path, "SELECT status, not_before_ms FROM jobs") == ["interrupted|"])
    }

    // MARK: Shards

    /// 8 parts gone on with 4: an id's row goes where the id belongs, and the database stays that of its own shard.
    @Test func partsOfAnotherNumberOfShardsAreTakenByTheirIDs() async throws {
        let ids = (0..<64).map { "job-\($0)" }
        let old = try [JobShard(1, of: 8), JobShard(5, of: 8), JobShard(2, of: 8)].map { try #require($0) }
        for (number, shard) in old.enumerated() {
            let jobs = ids.filter(shard.contains).enumerated().map { newJob($0.element, line: $0.offset + 1) }
            let store = try await TestStore(jobs: [], name: "old\(number).db", folder: fixture.files)
            _ = try await store.database.ingest(jobs, onChanged: .error)
            for job in jobs { try await store.complete(job.customID, text: "answer of \(job.customID)") }
            try await fixture.publisher(UInt64(number), of: store, shard: shard).publish(isLast: true)
            try await store.database.close()
        }
        let shard = try #require(JobShard(1, of: 4))
        let own = ids.filter(shard.contains)
        let path = try await fixture.fresh(
            "new.db", own.enumerated().map { newJob($0.element, line: $0.offset + 1) })
        #expect(try await fixture.takeIn(path, shard: shard).parts == 2, "that of shard 2/8 is not opened")
        #expect(try sqlRows(path, "SELECT count(*) FROM jobs WHERE status = 'completed'") == ["\(own.count)"])
        #expect(
            try sqlRows(path, "SELECT DISTINCT options ->> '$.shard', options ->> '$.sharing.taken' FROM runs")
                == ["1/4|1"])
        let reader = try await BatchReader.open(path)
        #expect(try await reader.shard() == .shard(shard))
        await reader.close()
        // In the whole they are what they were.
        let merged = try await fixture.merging.merge([path], into: "a.db")
        let beside = try await fixture.merge(try fixture.parts, into: "b.db")
        let content: SQL = "SELECT r.options, count(*) FROM attempts JOIN runs AS r USING (run_id) GROUP BY 1"
        #expect(try sqlRows(merged, "SELECT count(DISTINCT options) FROM runs") == ["1"])
        #expect(try sqlRows(beside, content).count == 1)
    }
}

extension Sequence {
    fileprivate func asyncMap<Value>(_ transform: (Element) async throws -> Value) async throws -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
