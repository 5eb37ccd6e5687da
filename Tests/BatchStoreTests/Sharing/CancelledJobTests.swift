import BatchEngine
import Foundation
import LLMStreaming
import Testing

@testable import BatchStore

/// Jobs that were cancelled before they were sent, and what a run was told, are published too (Contract, "Shared folders").
@Suite struct CancelledJobTests {
    private let fixture: SharedFixture

    init() throws { fixture = try SharedFixture() }

    private func cancel(_ id: String, in store: TestStore) async throws {
        let job = try await store.job(id).id
        #expect(try await store.database.cancel([job]) == [job])
    }

    private func rows(_ part: PartName, _ sql: SQL) throws -> [String] {
        try sqlRows("\(fixture.folder.path)/\(part.text)", sql)
    }

    @Test func whatWasNeverSentIsInThePartBehindItsEnd() async throws {
        let store = try await fixture.merging.open(1, on: newJobs(4), in: "one.db")
        let publisher = fixture.publisher(1, of: store)
        try await cancel("j1", in: store)
        try await publisher.publish(isLast: false)
        try await store.complete("j2", text: "answer", at: 2_000)
        try await store.database.record(RunChange(command: "pause"), ofRun: store.runID)
        try await publisher.publish(isLast: false)
        try await cancel("j3", in: store)
        #expect(try await publisher.unpublishedJobs() > 0)
        try await publisher.publish(isLast: false)
        // Nothing has changed since.
        #expect(try await publisher.unpublishedJobs() == 0)
        try await publisher.publish(isLast: false)
        let parts = try fixture.parts
        let jobs = try parts.map { try rows($0, "SELECT custom_id FROM jobs ORDER BY 1") }
        #expect(jobs.count == 3 && jobs[0] == ["j1"] && jobs[1] == ["j2"] && jobs[2].contains("j3"), "\(jobs)")
        #expect(try parts.map { try rows($0, "SELECT command FROM run_changes") } == [[], ["pause"], ["pause"]])
        // Who goes on does not send them, and has what the run of an attempt that it takes was told.
        let path = try await fixture.fresh("new.db", newJobs(4))
        try await fixture.takeIn(path)
        #expect(
            try sqlRows(path, "SELECT custom_id, status FROM jobs ORDER BY 1")
                == ["j1|cancelled", "j2|completed", "j3|cancelled", "j4|pending"])
        #expect(try sqlRows(path, "SELECT command FROM run_changes") == ["pause"])
        #expect(try sqlRows(path, "PRAGMA foreign_key_check") == [])
        // A run of which nothing is taken leaves nothing behind.
        let other = try await fixture.fresh("other.db", [newJob("j1"), newJob("k", line: 2)])
        try await fixture.takeIn(other)
        #expect(
            try sqlRows(other, "SELECT custom_id, status FROM jobs ORDER BY 1") == ["j1|cancelled", "k|pending"])
        #expect(
            try sqlRows(other, "SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM run_changes)") == ["0|0"])
        try await store.database.close()
    }
}
