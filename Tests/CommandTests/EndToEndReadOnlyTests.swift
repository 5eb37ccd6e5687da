import Foundation
import MockProvider
import Testing

/// A finished database where nothing can be written, and others that cannot be opened.
@Suite(.serialized)
struct EndToEndReadOnlyTests {
    /// The commands that only read.
    private static let readers = [["status"], ["stats"], ["results"], ["show", "job-1"]]
    private static let isRoot = getuid() == 0

    /// Runs three jobs into a database of this name.
    private func makeDatabase(_ path: String) async throws {
        let server = try await MockServer.start()
        let directory = try TemporaryDirectory()
        let file = try directory.writeJobs((1...3).map { Answers.countingJob("job-\($0)", to: 5) })
        let ended = try await BatchProcess.run("run", file, "--db", path, "--base-url", server.baseURL)
        #expect(ended.status == 0, "\(ended.error)")
        await server.stop()
    }

    private func expectReadable(_ path: String, user: [String] = []) async throws {
        for reader in Self.readers {
            let ended = try await BatchProcess(reader + ["--db", path], launcher: user).ended()
            #expect(ended.status == 0, "\(reader): \(ended.error)")
            #expect(ended.output.contains("3") || ended.output.contains("job-1"), "\(reader): \(ended.output)")
        }
    }

    @Test(.enabled(if: RamDisk.canMount, "mounting a small tmpfs needs root"))
    func aFinishedDatabaseIsReadOnAReadOnlyDisk() async throws {
        let disk = try RamDisk(kilobytes: 4_000)
        let database = disk.path + "/jobs.db"
        try await makeDatabase(database)
        try await disk.setReadOnly()
        try await expectReadable(database)
        let names = try FileManager.default.contentsOfDirectory(atPath: disk.path).sorted()
        #expect(names == ["jobs.db", "jobs.db.lock"])
        // What writes says why it cannot.
        let ended = try await BatchProcess.run("resume", "--db", database)
        #expect(ended.status == 3)
        #expect(ended.error.contains("ead-only"), "\(ended.error)")
        #expect(!ended.error.contains("unable to open"), "\(ended.error)")
    }

    @Test(.enabled(if: RamDisk.canMount, "mounting a small tmpfs needs root"))
    func aPartInTheWALIsNotLeftOutOnAReadOnlyDisk() async throws {
        let disk = try RamDisk(kilobytes: 8_000)
        let database = disk.path + "/jobs.db"
        try await makeDatabase(database)
        // As a kill leaves it.
        let kept = disk.path + "/kept"
        try FileManager.default.createDirectory(atPath: kept, withIntermediateDirectories: true)
        try await SQLite.holdingReadTransaction(database) {
            #expect(SQLite.isWritten(database, "UPDATE jobs SET updated_ms = updated_ms + 1"))
            for name in ["jobs.db", "jobs.db-wal"] {
                let status = try await ChildProcess.run("/bin/cp", disk.path + "/" + name, kept + "/" + name).status
                #expect(status == 0)
            }
        }
        try await disk.setReadOnly()
        for reader in Self.readers {
            let ended = try await BatchProcess(reader + ["--db", kept + "/jobs.db"]).ended()
            #expect(ended.status == 3, "\(reader): \(ended.output)")
            #expect(ended.error.contains("jobs.db-wal holds a part of it"), "\(ended.error)")
        }
    }

    /// Root may write everywhere: another user reads.
    @Test(.enabled(if: isRoot && FileManager.default.fileExists(atPath: "/usr/bin/setpriv"), "needs root and setpriv"))
    func aFinishedDatabaseIsReadInAFolderOfSomebodyElses() async throws {
        let folder = "/tmp/llm4s-batch-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let database = folder + "/jobs.db"
        try await makeDatabase(database)
        func set(_ permissions: Int, of path: String) throws {
            try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: path)
        }
        try set(0o644, of: database)
        try set(0o755, of: folder)
        let user = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        guard try await ChildProcess.run(arguments: user + [BatchProcess.binary.path, "--version"]).status == 0 else {
            // The program itself lies where nobody else may read.
            return
        }
        try await expectReadable(database, user: user)
        try set(0o600, of: database)
        let refused = try await BatchProcess(["status", "--db", database], launcher: user).ended()
        #expect(refused.status == 3)
        #expect(refused.error.contains("ermission"), "\(refused.error)")
        #expect(!refused.error.contains("unable to open"), "\(refused.error)")
    }

    @Test func aDatabaseThatCannotBeOpenedSaysWhy() async throws {
        let server = try await MockServer.start()
        let directory = try TemporaryDirectory()
        let file = try directory.writeJobs([Answers.countingJob("a", to: 3)])
        for (path, words) in [(directory.path("no/jobs.db"), "No such file"), (directory.url.path, "folder")] {
            for arguments in [["run", file, "--base-url", server.baseURL], ["status"], ["resume"]] {
                let ended = try await BatchProcess(arguments + ["--db", path]).ended()
                #expect(ended.status == 3, "\(arguments)")
                #expect(ended.error.contains(words), "\(ended.error)")
                #expect(!ended.error.contains("unable to open"), "\(ended.error)")
            }
        }
        await server.stop()
    }

    /// However few files it may open, it reads or says what it lacks; it never ends by a trap of Dispatch's.
    @Test(arguments: [4, 6, 8, 9, 10, 12, 20, 34, 36, 40]) func tooManyOpenFilesAreNamed(limit: Int) async throws {
        let directory = try TemporaryDirectory()
        let database = directory.path("jobs.db")
        try await makeDatabase(database)
        let shell = ["/bin/sh", "-c", "ulimit -n \(limit); exec \"$@\"", "sh"]
        for arguments in [["status"], ["results"], ["resume"]] {
            let ended = try await BatchProcess(arguments + ["--db", database], launcher: shell).ended()
            guard ended.status != 0 else { continue }
            #expect(ended.status == 3 || ended.status == 2, "\(arguments): \(ended.error)")
            let words = ended.status == 3 ? "too many files are open" : "needs more open files"
            #expect(ended.error.contains(words), "\(arguments): \(ended.error)")
        }
    }
}
