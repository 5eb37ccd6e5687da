import BatchEngine
import Foundation
import Testing

@testable import BatchStore

/// The load of a new file, whose ids are indexed behind it.
@Suite struct LoadTests {
    private static let index: SQL = "SELECT count(*) FROM sqlite_schema WHERE name = 'jobs_id'"

    /// Jobs whose ids are in no order.
    private static func jobs(_ count: Int) -> [NewJob] {
        (1...count).map { newJob("\($0 &* 7_919 % 100_003)-\($0)", line: $0) }
    }

    @Test func jobsAreLoadedWithoutTheIndexWhichIsMadeBehindThem() async throws {
        let store = try await TestStore()
        let jobs = Self.jobs(3_000)
        try await store.database.beginLoad()
        #expect(try await store.database.ingest(Array(jobs.prefix(2_000)), onChanged: .error).allSatisfy { $0 == .new })
        #expect(try await store.database.ingest(Array(jobs.dropFirst(2_000)), onChanged: .error).count == 1_000)
        #expect(try store.rows(Self.index) == ["0"])
        // Who works on the first of them does not need it.
        try await store.complete(jobs[0].customID)
        try await store.database.endLoad()
        #expect(try store.rows(Self.index) == ["1"])
        #expect(try store.rows("SELECT count(*) FROM jobs AS j JOIN requests USING (job_id)") == ["3000"])
        let again = try await store.database.ingest(jobs, onChanged: .error)
        #expect(again == [.unchanged(.completed)] + Array(repeating: .unchanged(.pending), count: 2_999))
        #expect(try await store.database.reader.integrityFaults().isEmpty)
        // A second end does nothing, and with a job there the next load keeps the index.
        try await store.database.endLoad()
        try await store.database.beginLoad()
        #expect(try store.rows(Self.index) == ["1"])
        #expect(try await store.database.ingest([jobs[5]], onChanged: .error) == [.unchanged(.pending)])
        try await store.database.close()
    }

    @Test func readersReadWhatIsLoadedByThen() async throws {
        let store = try await TestStore()
        let jobs = Self.jobs(1_000)
        try await store.database.beginLoad()
        _ = try await store.database.ingest(jobs, onChanged: .error)
        try await store.complete(jobs[4].customID, text: "found")
        let reader = try await BatchReader.open(store.database.path)
        #expect(try await reader.counts().total == 1_000)
        #expect(try await reader.status().counts.completed == 1)
        #expect(try await reader.results().results.flatMap(\.completions).map(\.content) == ["found"])
        #expect(try await reader.job(customID: jobs[7].customID)?.line == 8)
        let existing = try await reader.existing(customIDs: [jobs[8].customID, "none", jobs[4].customID])
        #expect(existing.map { $0?.status } == [.pending, nil, .completed])
        #expect(try await reader.numbers(ofJobs: [jobs[2].customID]) == [3])
        await reader.close()
        try await store.database.close()
    }

    /// What a process that is killed leaves is what stands in its files at that moment.
    @Test func aLoadThatWasKilledIsGoneOnWith() async throws {
        let store = try await TestStore()
        let jobs = Self.jobs(2_000)
        try await store.database.beginLoad()
        _ = try await store.database.ingest(Array(jobs.prefix(1_500)), onChanged: .error)
        try store.folder.copyAsAfterCrash("jobs.db", to: "killed.db")
        try await store.database.close()
        let path = store.folder.file("killed.db")
        let reader = try await BatchReader.open(path)
        #expect(try await reader.counts().pending == 1_500)
        await reader.close()
        #expect(try sqlRows(path, Self.index) == ["0"])
        let killed = try await TestStore(name: "killed.db", folder: store.folder)
        #expect(try killed.rows(Self.index) == ["1"])
        try await killed.database.beginLoad()
        let outcomes = try await killed.database.ingest(jobs, onChanged: .error)
        #expect(outcomes.filter { $0 == .new }.count == 500)
        #expect(outcomes.prefix(1_500).allSatisfy { $0 == .unchanged(.pending) })
        #expect(try await killed.database.reader.integrityFaults().isEmpty)
        try await killed.database.close()
    }

    /// A load that ends without its index, such as by a full disk, is one that the next worker ends.
    @Test func aDatabaseThatIsClosedWithoutTheIndexGetsItAtTheNextOpening() async throws {
        let store = try await TestStore()
        try await store.database.beginLoad()
        _ = try await store.database.ingest(Self.jobs(10), onChanged: .error)
        try await store.database.close()
        #expect(try sqlRows(store.database.path, Self.index) == ["0"])
        try await BatchDatabase.open(store.database.path).close()
        #expect(try sqlRows(store.database.path, Self.index) == ["1"])
        #expect(try sqlRows(store.database.path, uniqueIDs) == ["1"])
    }

    @Test func twoJobsWithOneIDThatAnotherProgramHasStoredAreToldAsDamage() async throws {
        let store = try await TestStore(jobs: newJobs(2))
        try await store.database.close()
        let path = store.database.path
        try Connection(path: path, access: .writing).run("DROP INDEX jobs_id; UPDATE jobs SET custom_id = 'same'")
        let error = await #expect(throws: StoreError.self) { try await BatchDatabase.open(path) }
        #expect(error?.kind == .corrupt && error?.reason.contains("two jobs with one id") == true, "\(error as Any)")
    }

    @Test func anOlderFileKeepsTheConstraintOfItsTable() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("jobs.db")
        try DatabaseFile.create(DatabasePath(path))
        try Connection(path: path, access: .writing).run(SchemaTwo.sql)
        let store = try await TestStore(folder: folder)
        try await store.database.beginLoad()
        #expect(try await store.database.ingest(newJobs(2), onChanged: .error) == [.new, .new])
        #expect(try await store.database.ingest(newJobs(2), onChanged: .error).contains(.new) == false)
        try await store.database.endLoad()
        #expect(try store.rows(uniqueIDs) == ["1"])
        #expect(try store.rows(Self.index) == ["0"])
        try await store.database.close()
    }
}
