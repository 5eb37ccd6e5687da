import Foundation
import SystemCalls
import Testing

@testable import BatchStore

@Suite struct OpeningTests {
    /// A way in which a file is not to be worked on.
    struct Refused: CustomTestStringConvertible {
        var testDescription: String
        var expected: StoreError.Kind
        var make: @Sendable (_ path: String) async throws -> Void
    }

    static let refused: [Refused] = [
        Refused(testDescription: "a text", expected: .notOurs) { path in
            try Data("not a database, but long enough to hold a header of one hundred bytes: \(path) \(path)".utf8)
                .write(to: URL(filePath: path))
        },
        Refused(testDescription: "a short text", expected: .notOurs) { path in
            try Data("hi".utf8).write(to: URL(filePath: path))
        },
        Refused(testDescription: "another program's database", expected: .notOurs) { path in
            try Data().write(to: URL(filePath: path))
            let connection = try Connection(path: path, access: .writing)
            try connection.run("PRAGMA journal_mode = WAL; CREATE TABLE jobs (id); INSERT INTO jobs VALUES (1)")
        },
        Refused(testDescription: "a newer schema", expected: .newerSchema(found: 99, known: BatchSchema.version)) {
            path in
            try await made(path)
            try Connection(path: path, access: .writing).execute("PRAGMA user_version = 99")
        },
        Refused(testDescription: "a truncated database", expected: .corrupt) { path in
            try await made(path)
            let file = try #require(FileHandle(forUpdatingAtPath: path))
            try file.truncate(atOffset: file.seekToEnd() / 2)
        },
        Refused(testDescription: "a database with a page of rubbish", expected: .corrupt) { path in
            try await made(path)
            try overwrite(path, at: 4096 * 2)
        },
        Refused(testDescription: "a database with a rubbish schema", expected: .corrupt) { path in
            try await made(path)
            try overwrite(path, at: 100)
        },
        Refused(testDescription: "a database of ours without its tables", expected: .corrupt) { path in
            try Data().write(to: URL(filePath: path))
            let connection = try Connection(path: path, access: .writing)
            try connection.run("CREATE TABLE x (y); PRAGMA application_id = 0x4C344253; PRAGMA user_version = 1")
        },
    ]

    /// The name of a folder is not that of a file in it.
    @Test(arguments: ["", "/", "/folder", "/folder/", "/folder//", "/folder/.", "/folder/.."])
    func aFolderIsNoDatabase(path: String) async throws {
        let folder = try TemporaryFolder()
        let made = folder.file("folder")
        try FileManager.default.createDirectory(atPath: made, withIntermediateDirectories: true)
        let root = URL(filePath: made).deletingLastPathComponent().path
        for path in [root + path, path == "" ? "" : "."] {
            let error = await #expect(throws: StoreError.self) { _ = try await BatchDatabase.open(path) }
            #expect(error?.kind == .notOurs, "\(path)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: made).isEmpty)
        #expect(try folder.names == ["folder"])
    }

    private static func made(_ path: String) async throws {
        let database = try await BatchDatabase.open(path)
        _ = try await database.ingest(newJobs(100), onChanged: .error)
        try await database.close()
    }

    private static func overwrite(_ path: String, at offset: UInt64) throws {
        let file = try #require(FileHandle(forUpdatingAtPath: path))
        try file.seek(toOffset: offset)
        try file.write(contentsOf: Data(repeating: 0xA5, count: 1000))
    }

    @Test(arguments: refused)
    func aFileThatIsNotToBeWorkedOnIsLeftAsItIs(_ refused: Refused) async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("jobs.db")
        try await refused.make(path)
        let (state, names) = (try FileState(path), try folder.names)
        let error = await #expect(throws: StoreError.self) { try await BatchDatabase.open(path) }
        #expect(error?.kind == refused.expected)
        #expect(try FileState(path) == state)
        // Of a damaged one of ours the lock file may stay: it was ours to lock.
        #expect(try Set(folder.names).subtracting(names).isSubset(of: ["jobs.db.lock"]))
        // A reader may read what is sound of it, and changes nothing either.
        _ = try? await BatchReader.open(path).counts()
        #expect(try FileState(path) == state)
    }

    @Test func besideAForeignFileNothingIsLeft() async throws {
        let folder = try TemporaryFolder()
        try Data("somebody else's".utf8).write(to: URL(filePath: folder.file("notes.txt")))
        await #expect(throws: StoreError.self) { try await BatchDatabase.open(folder.file("notes.txt")) }
        #expect(try folder.names == ["notes.txt"])
    }

    @Test func aNewerSchemaThatIsOnlyInTheWALIsRefused() async throws {
        let store = try await TestStore()
        try Connection(path: store.database.path, access: .writing).execute("PRAGMA user_version = 7")
        try store.folder.copyAsAfterCrash("jobs.db", to: "crashed.db")
        let path = store.folder.file("crashed.db")
        let (file, log) = (try FileState(path), try FileState(path + "-wal"))
        let error = await #expect(throws: StoreError.self) { try await BatchDatabase.open(path) }
        #expect(error?.kind == .newerSchema(found: 7, known: BatchSchema.version))
        #expect(try FileState(path) == file)
        #expect(try FileState(path + "-wal") == log)
    }

    @Test func aFolderIsRefused() async throws {
        let folder = try TemporaryFolder()
        let error = await #expect(throws: StoreError.self) { try await BatchDatabase.open(folder.path) }
        #expect(error?.kind == .notOurs)
        #expect(try folder.names.isEmpty)
    }

    @Test func aMissingFolderIsNamed() async throws {
        let folder = try TemporaryFolder()
        let error = await #expect(throws: StoreError.self) { try await BatchDatabase.open(folder.file("no/jobs.db")) }
        #expect(error?.kind == .io)
        let read = await #expect(throws: StoreError.self) { try await BatchReader.open(folder.file("no/jobs.db")) }
        #expect(read?.description.contains(folder.file("no")) ?? false)
        #expect(error?.description.contains(folder.file("no")) ?? false)
    }

    @Test(arguments: [false, true])
    func aMissingOrEmptyFileBecomesADatabase(isThere: Bool) async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("jobs.db")
        if isThere {
            #expect(FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o644]))
        }
        let database = try await BatchDatabase.open(path)
        #expect(try await database.reader.counts() == JobCounts())
        #expect(try await database.reader.integrityFaults().isEmpty)
        try await database.close()
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(try folder.names == ["jobs.db", "jobs.db.lock"])
    }

    @Test func aReaderFindsNoDatabaseWhereNoneIs() async throws {
        let folder = try TemporaryFolder()
        let error = await #expect(throws: StoreError.self) { try await BatchReader.open(folder.file("jobs.db")) }
        #expect(error?.kind == .missing)
        #expect(try folder.names.isEmpty)
    }

    @Test func namesWithSignsOfAURIWork() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("50% of #1?x=y.db")
        try await BatchDatabase.open(path).close()
        try await BatchDatabase.open(path).close()
        #expect(try folder.names.contains("50% of #1?x=y.db"))
    }

    // MARK: The lock

    @Test func aSecondWorkerIsToldWhoHasTheDatabaseAlsoByAnotherName() async throws {
        let folder = try TemporaryFolder()
        let name = folder.file("link.db")
        try FileManager.default.createSymbolicLink(atPath: name, withDestinationPath: "jobs.db")
        let store = try await TestStore(folder: folder) { $0.process = ProcessIdentity(pid: 4711, host: "lab-3") }
        for path in [store.database.path, name] {
            let error = await #expect(throws: StoreError.self) { try await BatchDatabase.open(path) }
            #expect(error?.kind == .locked(pid: 4711, host: "lab-3"))
            #expect(error?.description.contains("process 4711 on lab-3") ?? false)
        }
        try await store.database.close()
        #expect(FileManager.default.fileExists(atPath: store.database.path + ".lock"))
        try await BatchDatabase.open(name).close()
    }

    @Test func aDeletedLockFileLetsNoSecondWorkerInAndIsMadeAnew() async throws {
        let store = try await TestStore(jobs: newJobs(1)) { $0.process = ProcessIdentity(pid: 4711, host: "lab-3") }
        let lock = store.database.path + ".lock"
        for _ in 0..<3 {
            try FileManager.default.removeItem(atPath: lock)
            let error = await #expect(throws: StoreError.self) { try await BatchDatabase.open(store.database.path) }
            #expect(error?.kind == .locked(pid: 4711, host: "lab-3"))
            // The file that the second one made is in its way for an instant only.
            try FileManager.default.removeItem(atPath: lock)
            try await store.complete("j1")
            #expect(try String(contentsOfFile: lock, encoding: .utf8) == "4711 lab-3\n")
            let other = await #expect(throws: StoreError.self) { try await BatchDatabase.open(store.database.path) }
            #expect(other?.kind == .locked(pid: 4711, host: "lab-3"))
            try Connection(path: store.database.path, access: .writing)
                .run("DELETE FROM completions; UPDATE jobs SET status = 'pending'")
        }
        try await store.database.close()
        try await BatchDatabase.open(store.database.path).close()
    }

    @Test func aDanglingLinkMakesTheFileThatItNames() async throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.file("data"), withIntermediateDirectories: true)
        let name = folder.file("link.db")
        try FileManager.default.createSymbolicLink(atPath: name, withDestinationPath: "data/real.db")
        let database = try await BatchDatabase.open(name)
        #expect(database.path == folder.file("data/real.db"))
        try await database.close()
        #expect(FileManager.default.fileExists(atPath: folder.file("data/real.db.lock")))
    }

    // MARK: Migrations

    private static let next = Migration(
        "ALTER TABLE jobs ADD COLUMN note TEXT; PRAGMA user_version = \(BatchSchema.version + 1)")

    @Test func aMigrationKeepsTheRows() async throws {
        let store = try await TestStore(jobs: newJobs(3))
        try await store.database.close()
        var options = StoreOptions()
        options.migrations = BatchSchema.migrations + [Self.next]
        // The reader of this version reads its own schema only: the writer alone shows the migration.
        let writer = Writer(options: options)
        _ = try await writer.open(store.database.path)
        try await writer.close()
        #expect(try sqlRows(store.database.path, "SELECT custom_id, note FROM jobs") == ["j1|", "j2|", "j3|"])
        #expect(try sqlRows(store.database.path, "PRAGMA user_version") == ["\(BatchSchema.version + 1)"])
    }

    @Test func aMigrationThatFailsLeavesTheOldFile() async throws {
        let store = try await TestStore(jobs: newJobs(3))
        try await store.database.close()
        let state = try FileState(store.database.path)
        var options = StoreOptions()
        options.migrations =
            BatchSchema.migrations + [Self.next, Migration("UPDATE jobs SET note = 'x'; CREATE TABLE jobs (x)")]
        await #expect(throws: StoreError.self) { try await Writer(options: options).open(store.database.path) }
        #expect(try FileState(store.database.path).bytes == state.bytes)
        let database = try await BatchDatabase.open(store.database.path)
        #expect(try await database.reader.counts().pending == 3)
        try await database.close()
    }

    @Test func aReaderRefusesAnOlderSchemaWithWhatToDo() async throws {
        let store = try await TestStore()
        try await store.database.close()
        try Connection(path: store.database.path, access: .writing).execute("PRAGMA user_version = 0")
        let error = await #expect(throws: StoreError.self) { try await BatchReader.open(store.database.path) }
        #expect(error?.kind == .olderSchema(found: 0, known: BatchSchema.version))
    }

    @Test func aDeathWhileTheFileWasMadeIsMadeGood() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("jobs.db")
        #expect(FileManager.default.createFile(atPath: path, contents: nil))
        let connection = try Connection(path: path, access: .writing)
        // A small cache spills into the file before the commit, which writes the journal.
        try connection.run("PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN IMMEDIATE")
        try connection.run(BatchSchema.sql)
        try connection.run(
            """
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
            INSERT INTO rejected_lines SELECT 'x', i, 'y', hex(randomblob(500)) FROM n
            """)
        // Killed after every page was written and before the journal was deleted, which is the commit.
        try folder.copy("jobs.db-journal", to: "crashed.db-journal")
        try connection.execute("COMMIT")
        try folder.copy("jobs.db", to: "crashed.db")
        let database = try await BatchDatabase.open(folder.file("crashed.db"))
        #expect(try sqlRows(database.path, "SELECT count(*) FROM rejected_lines") == ["0"])
        #expect(try await database.reader.integrityFaults().isEmpty)
        try await database.close()
    }
}
