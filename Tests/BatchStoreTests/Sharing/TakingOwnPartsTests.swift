import BatchEngine
import Foundation
import LLMStreaming
import Testing

@testable import BatchStore

/// What a database takes of parts of its own runs, and what stays its own (Contract, "Shared folders").
@Suite struct TakingOwnPartsTests {
    private let fixture: SharedFixture

    init() throws { fixture = try SharedFixture() }

    private func note(_ options: String, in store: TestStore) throws {
        let change = try Connection(path: store.database.path, access: .writing)
        change.setCheckpointsOnClose(false)
        let update = try change.prepare("UPDATE runs SET options = ?1 WHERE run_id = (SELECT max(run_id) FROM runs)")
        update.bind(options, at: 1)
        try update.run()
    }

    /// Until its end is noted, a run may have published what the database has lost since.
    @Test func onlyRunsThatCameToTheirEndAreKnown() async throws {
        let worker = WorkerName(number: 1)
        let store = try await fixture.merging.open(1, on: newJobs(2), in: "one.db")
        try note(#"{"sharing":{"worker":"\#(worker.text)"}}"#, in: store)
        let publisher = fixture.publisher(1, of: store)
        try await store.complete("j1", text: "answer", at: 2_000)
        try await publisher.publish(isLast: true)
        #expect(try await store.database.reader.knownParts().own == [])
        try await store.database.notePublished(publisher.notes, by: worker)
        #expect(try await store.database.reader.knownParts().own == [worker])
        try await store.database.close()
    }

    /// The next run of another input notes the end for both; what the first one lost is still to be taken.
    @Test func whoseEndAnotherRunNotedIsNotKnown() async throws {
        let store = try await fixture.merging.open(1, on: newJobs(2), in: "one.db")
        try note(#"{"sharing":{"worker":"\#(WorkerName(number: 1).text)"}}"#, in: store)
        let publisher = fixture.publisher(2, of: store)
        try await store.database.notePublished(publisher.notes, by: WorkerName(number: 2))
        #expect(try await store.database.reader.knownParts().own == [])
        try await store.database.close()
    }

    /// After a kill only the parts are read that were not noted: a whole database is not read back from itself.
    @Test func whatWasMadeOfStoredRowsIsKnown() async throws {
        let worker = WorkerName(number: 1)
        let store = try await fixture.merging.open(1, on: newJobs(2), in: "one.db")
        try note(#"{"sharing":{"worker":"\#(worker.text)"}}"#, in: store)
        try await store.database.noteMade(upTo: 7, by: worker)
        #expect(try await store.database.reader.knownParts().taken == [worker: 7])
        try await store.database.noteMade(upTo: 9, by: worker)
        try await store.database.noteMade(upTo: 12, by: WorkerName(number: 2))
        #expect(try await store.database.reader.knownParts() == KnownParts(own: [], taken: [worker: 9]))
        try await store.database.close()
    }

    /// Its parts were published when the jobs had failed; since then they were revived, and wait.
    @Test func whatWasRevivedSinceStaysRevived() async throws {
        let store = try await fixture.merging.open(1, on: newJobs(2), in: "one.db")
        try await store.fail("j2")
        try await fixture.publisher(1, of: store).publish(isLast: false)
        #expect(try await store.database.revive(Revival()) == 1)
        try await store.database.close()
        #expect(try await fixture.takeIn(store.database.path).parts == 1)
        let job: SQL = "SELECT status, attempts FROM jobs WHERE custom_id = 'j2'"
        #expect(try sqlRows(store.database.path, job) == ["pending|0"])
        // A database that does not know of the failure learns it.
        let path = try await fixture.fresh("other.db", newJobs(2))
        try await fixture.takeIn(path)
        #expect(try sqlRows(path, job) == ["failed|1"])
    }

    /// A run that was killed takes its own parts: where nothing was lost, nothing changes.
    @Test func whatIsStoredAlreadyStaysAsItIs() async throws {
        let path = try await fixture.merging.work(1, on: newJobs(5), in: "one.db") { store in
            try await store.complete("j1", text: "first answer", at: 1_500)
            try await store.fail("j2")
            try await store.cut("j3", after: "a text of thirty-two and more scalars, ")
            // It waits by its own clock.
            let job = try await store.job("j4")
            let chunks = textChunks("some text")
            var end = cutEnd(store.attempt(job, chunks), of: job, chunks, until: MergeFixture.start + 20_000)
            end.endedMilliseconds = MergeFixture.start + 4_000
            try await store.queue.endAttempt(end)
            try await fixture.publisher(1, of: store).publish(isLast: false)
        }
        let content = try MergeFixture.content(path)
        #expect(try sqlRows(path, "SELECT not_before_ms FROM jobs WHERE custom_id = 'j4'") != [""])
        let database = try await BatchDatabase.open(path) { $0.unixMilliseconds = { MergeFixture.start + 5_000 } }
        let taken = try await database.takeIn(
            PartCover(try fixture.parts), in: fixture.folder, shard: nil, since: [:])
        #expect(taken.parts == 1)
        try await database.close()
        #expect(try MergeFixture.content(path) == content)
    }

    /// `jobs` beside `jobs-part`: a part is read under another name than any that somebody would give.
    @Test func aDatabaseWithThatNameBesideItIsLeftAlone() async throws {
        let store = try await fixture.merging.open(1, on: newJobs(2), in: "dead.db")
        try await store.complete("j1", text: "answer", at: 2_000)
        try await fixture.publisher(1, of: store).publish(isLast: true)
        try await store.database.close()
        let other = try await fixture.fresh("jobs-part", newJobs(7))
        let path = try await fixture.fresh("jobs", newJobs(2))
        #expect(try await fixture.takeIn(path).parts == 1)
        #expect(try sqlRows(other, "SELECT count(*) FROM jobs") == ["7"])
        // As a source it is taken, not deleted.
        let merged = try await BatchDatabase.open(path)
        #expect(try await merged.merge(other) == .merged)
        try await merged.close()
        #expect(try sqlRows(path, "SELECT count(*) FROM jobs") == ["7"])
        #expect(try fixture.files.names.filter { $0.hasPrefix("jobs-part") } == ["jobs-part", "jobs-part.lock"])
    }

    /// A run that ended between taking and beginning leaves those of other machines as the newest.
    @Test func theLimitsOfARunThatWasTakenAreNotTheOnesBefore() async throws {
        let dead = try await fixture.merging.open(9, on: newJobs(2), in: "dead.db")
        try note(#"{"rpm":9}"#, in: dead)
        try await dead.database.record(
            RunChange(command: "rpm", value: "mock=9", isKept: true), ofRun: dead.runID)
        try await dead.complete("j1", text: "answer", at: 2_000)
        try await fixture.publisher(9, of: dead).publish(isLast: true)
        try await dead.database.close()
        let own = try await fixture.merging.open(1, on: newJobs(2), in: "own.db")
        try note(#"{"rpm":5}"#, in: own)
        try await own.database.record(
            RunChange(command: "rpm", value: "mock=5", isKept: true), ofRun: own.runID)
        try await own.database.close()
        try await fixture.takeIn(own.database.path)
        let fresh = try await fixture.fresh("fresh.db", newJobs(2))
        try await fixture.takeIn(fresh)
        for (path, count) in [(own.database.path, 5), (fresh, 9)] {
            let reader = try await BatchReader.open(path)
            let options = try #require(try await reader.newestOptions())
            #expect(try JSONParser.parse(Array(options.utf8)).object?["rpm"] == .int(count))
            #expect(try await reader.keptChanges().map(\.value) == ["mock=\(count)"])
            await reader.close()
        }
    }
}

extension BatchDatabase {
    fileprivate static func open(
        _ path: String, _ change: (inout StoreOptions) -> Void
    ) async throws(StoreError) -> BatchDatabase {
        var options = StoreOptions()
        change(&options)
        return try await open(path, options: options)
    }
}
