import Foundation
import Testing

@testable import BatchStore

/// What a power failure leaves while a database is made is begun anew; whatever else is in its place is left as it is.
@Suite struct UnfinishedFileTests {
    private let folder: TemporaryFolder
    private var path: String { folder.file("jobs.db") }

    init() throws { folder = try TemporaryFolder() }

    /// Leaves a file in the middle of the transaction that makes it, with its journal, as on disk after a power failure.
    ///
    /// - Parameters:
    ///   - script: what makes it.
    ///   - keepsFirstPage: whether its first page was written before.
    private func leave(_ script: String, keepsFirstPage: Bool) throws {
        #expect(FileManager.default.createFile(atPath: folder.file("made.db"), contents: nil))
        let connection = try Connection(path: folder.file("made.db"), access: .writing)
        // A small cache spills into the file before the commit, which writes the journal.
        try connection.run("PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN IMMEDIATE")
        try connection.run(script)
        try connection.run(
            """
            CREATE TABLE filler (x);
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
            INSERT INTO filler SELECT hex(randomblob(500)) FROM n
            """)
        try folder.copy("made.db-journal", to: "jobs.db-journal")
        try connection.execute("COMMIT")
        try folder.copy("made.db", to: "jobs.db")
        guard !keepsFirstPage else { return }
        let file = try #require(FileHandle(forUpdatingAtPath: path))
        try file.write(contentsOf: Data(count: 4096))
    }

    private func leaveLock() { #expect(FileManager.default.createFile(atPath: path + ".lock", contents: nil)) }

    private func expectBegunAnew() async throws {
        let missing = await #expect(throws: StoreError.self) { try await BatchReader.open(path) }
        #expect(missing?.kind == .missing)
        let store = try await TestStore(jobs: newJobs(2), folder: folder)
        #expect(try await store.database.reader.integrityFaults().isEmpty)
        #expect(try store.rows("SELECT count(*) FROM sqlite_schema WHERE name = 'filler'") == ["0"])
        try await store.database.close()
        #expect(try sqlRows(path, "SELECT count(*) FROM jobs") == ["2"])
        #expect(!FileManager.default.fileExists(atPath: path + "-journal"))
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    private func expectRefused() async throws {
        let before = try FileState(path)
        let journal = try? FileState(path + "-journal")
        let error = await #expect(throws: StoreError.self) { try await BatchDatabase.open(path) }
        #expect(error?.kind == .notOurs)
        #expect(try FileState(path) == before)
        #expect((try? FileState(path + "-journal")) == journal)
    }

    @Test func aFirstPageThatWasNotWrittenYetIsRolledBack() async throws {
        try leave(BatchSchema.sql, keepsFirstPage: false)
        leaveLock()
        try await expectBegunAnew()
    }

    @Test func aFirstPageThatWasWrittenBeforeItsMarkIsRolledBack() async throws {
        try leave("CREATE TABLE runs (x)", keepsFirstPage: true)
        leaveLock()
        try await expectBegunAnew()
    }

    @Test(arguments: [1, 4096, 300_000])
    func aFileOfZerosThatOurLockIsBesideIsBegunAnew(bytes: Int) async throws {
        try Data(count: bytes).write(to: URL(filePath: path))
        leaveLock()
        try await expectBegunAnew()
    }

    @Test(arguments: [false, true])
    func withoutOurLockItIsSomebodyElses(hasJournal: Bool) async throws {
        if hasJournal {
            try leave("CREATE TABLE theirs (x)", keepsFirstPage: true)
        } else {
            try Data(count: 8192).write(to: URL(filePath: path))
        }
        try await expectRefused()
        #expect(try !folder.names.contains("jobs.db.lock"))
    }

    @Test func anotherProgramsMarkIsLeftAlone() async throws {
        try leave("PRAGMA application_id = 77", keepsFirstPage: true)
        leaveLock()
        try await expectRefused()
    }

    @Test func aFileThatOnlyBeginsWithZerosIsLeftAlone() async throws {
        try (Data(count: 8192) + Data("somebody's".utf8)).write(to: URL(filePath: path))
        leaveLock()
        try await expectRefused()
    }

    @Test func aJournalOfADatabaseThatHadSomethingInItIsLeftAlone() async throws {
        #expect(FileManager.default.createFile(atPath: path, contents: nil))
        let connection = try Connection(path: path, access: .writing)
        try connection.run("CREATE TABLE theirs (x); PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN IMMEDIATE")
        try connection.run(
            """
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
            INSERT INTO theirs SELECT hex(randomblob(500)) FROM n
            """)
        try folder.copy("jobs.db-journal", to: "kept-journal")
        try folder.copy("jobs.db", to: "kept")
        try connection.execute("ROLLBACK")
        try folder.copy("kept", to: "other.db")
        try folder.copy("kept-journal", to: "other.db-journal")
        let other = folder.file("other.db")
        #expect(FileManager.default.createFile(atPath: other + ".lock", contents: nil))
        let before = try FileState(other)
        let error = await #expect(throws: StoreError.self) { try await BatchDatabase.open(other) }
        #expect(error?.kind == .notOurs)
        #expect(try FileState(other) == before)
    }

    /// Another program may make a database in an empty file between the look at it and the lock.
    @Test func tablesThatAreInAnEmptyFileByTheTimeOfTheLockAreLeftAlone() async throws {
        #expect(FileManager.default.createFile(atPath: path, contents: nil))
        let theirs = try Connection(path: path, access: .writing)
        try theirs.run("BEGIN IMMEDIATE; CREATE TABLE theirs (x)")
        let waits = Recorder<String>()
        var options = StoreOptions()
        options.lockPatience = .milliseconds(1)
        options.warn = { waits.record($0) }
        let (path, finished) = (path, options)
        let opening = Task { try await BatchDatabase.open(path, options: finished) }
        await waits.wait()
        try theirs.execute("COMMIT")
        let error = await #expect(throws: StoreError.self) { _ = try await opening.value }
        #expect(error?.kind == .notOurs)
        #expect(try sqlRows(path, "SELECT name FROM sqlite_schema") == ["theirs"])
    }
}
