import Foundation
import MockProvider
import Testing

/// A store that cannot take what comes: locked by somebody, full, or not ours.
@Suite(.serialized)
struct EndToEndStoreTests {
    /// How long the writer is frozen: 21 s, over the idle clock, by hand with LLM4S_TRIALS=7.
    private static let freeze = Duration.seconds(3 * Project.trials)
    /// The idle clock, which 3 s do not reach; nor is it to ring for a mock that gets no time on a busy machine.
    private static let idleTimeout = Project.trials > 1 ? "10s" : "5m"

    @Test(.enabled(if: BatchProcess.isRelease, "a debug build is too slow to fill queue and sockets"))
    func aFrozenWriterStopsTheSocketsAndNothingElse() async throws {
        let mock = try await MockProcess(arguments: ["--send-buffer-bytes", "16384"])
        let directory = try TemporaryDirectory()
        let streams = 200
        // Every stream is longer than its share of the queue and the sockets' buffers together.
        let file = try directory.writeJobs(
            (1...streams).map { Answers.countingJob("job-\($0)", to: 20_000, options: "+chunk=4") })
        let database = directory.path("jobs.db")
        // Nothing is answered before the lock is held: on a busy machine the whole run could be through by then.
        mock.suspend()
        let process = try BatchProcess([
            "run", file, "--base-url", mock.baseURL, "--concurrency", "\(streams)", "--idle-timeout",
            Self.idleTimeout,
        ])
        try await process.wait { SQLite.currentNumber(database, "SELECT count(*) FROM attempts") > 0 }
        try await SQLite.holdingWriteLock(database) {
            mock.goOn()
            try await Self.untilNothingMoves(mock, process, blocked: streams / 2)
            let full = try await mock.statistics()
            #expect(full["blocked_streams", default: 0] > streams / 2, "the mock's sends block: \(full)")
            let before = try Self.residentKilobytes(process)
            try await Task.sleep(for: Self.freeze)
            let after = try Self.residentKilobytes(process)
            print(
                "frozen for \(Self.freeze): resident \(before) KB, then \(after) KB; "
                    + "\(full["blocked_streams", default: 0]) of \(streams) sends blocked")
            #expect(after < before + 4_096, "memory grew while nothing could be written")
            #expect(try await mock.statistics()["clients_closed_early"] == 0, "a clock fired")
        }
        let ended = await process.ended()
        #expect(ended.status == 0, "\(ended.error)")
        try Answers.expectWhole(database, jobs: streams)
        #expect(try SQLite.number(database, "SELECT count(*) FROM attempts") == streams, "a clock fired")
    }

    @Test(.enabled(if: RamDisk.canMount, "mounting a small tmpfs needs root"))
    func aFullDiskEndsTheRunAndItGoesOnWhenThereIsSpace() async throws {
        let disk = try RamDisk(kilobytes: 3_000)
        let server = try await MockServer.start()
        let directory = try TemporaryDirectory()
        let file = try directory.writeJobs(
            (1...300).map { Answers.countingJob("job-\($0)", to: 600, options: "+chunk=2") })
        let database = disk.path + "/jobs.db"
        let arguments = ["run", file, "--db", database, "--base-url", server.baseURL, "--concurrency", "32"]
        let full = try await BatchProcess(arguments).ended()
        #expect(full.status == 3, "\(full.error)")
        #expect(full.error.contains("no space is left on the disk"), "\(full.error)")
        #expect(full.error.contains("needed and"), "\(full.error)")
        #expect(full.error.contains("free"), "\(full.error)")
        #expect(full.error.contains("make room and run the same command again"), "\(full.error)")
        #expect(try SQLite.rows(database, "PRAGMA integrity_check") == ["ok"])
        try disk.grow(kilobytes: 200_000)
        let ended = try await BatchProcess(arguments).ended()
        #expect(ended.status == 0, "\(ended.error)")
        try Answers.expectWhole(database, jobs: 300)
        await server.stop()
    }

    @Test(.enabled(if: RamDisk.canMount, "mounting a small tmpfs needs root"), arguments: [0, 40_000])
    func aDiskThatIsFullFromTheStartSaysWhatADatabaseNeeds(free: Int) async throws {
        let disk = try RamDisk(kilobytes: 3_000)
        let server = try await MockServer.start()
        let directory = try TemporaryDirectory()
        let file = try directory.writeJobs([Answers.countingJob("a", to: 3)])
        let filler = disk.path + "/filler"
        #expect(FileManager.default.createFile(atPath: filler, contents: Data(count: 3_000 * 1024 - free - 8_192)))
        let arguments = ["run", file, "--db", disk.path + "/jobs.db", "--base-url", server.baseURL]
        let full = try await BatchProcess(arguments).ended()
        #expect(full.status == 3, "\(full.error)")
        #expect(full.error.contains("no space is left on the disk"), "\(full.error)")
        #expect(full.error.contains("at least 600 kB are needed"), "\(full.error)")
        #expect(full.error.contains("free"), "\(full.error)")
        try FileManager.default.removeItem(atPath: filler)
        let ended = try await BatchProcess(arguments).ended()
        #expect(ended.status == 0, "\(ended.error)")
        try Answers.expectWhole(disk.path + "/jobs.db", jobs: 1)
        await server.stop()
    }

    /// What a run finds in the place of its database.
    enum Place: String, CaseIterable { case nothing, anotherFile, movedAway }

    @Test(arguments: Place.allCases)
    func aDatabaseThatIsTakenAwayEndsTheRunWithWords(place: Place) async throws {
        let server = try await MockServer.start()
        let directory = try TemporaryDirectory()
        let file = try directory.writeJobs([Answers.countingJob("a", to: 50_000, options: "+pace=20ms")])
        let database = directory.path("jobs.db")
        let process = try BatchProcess(["run", file, "--base-url", server.baseURL])
        try await process.wait { SQLite.currentNumber(database, "SELECT count(*) FROM chunks") > 5 }
        switch place {
        case .nothing:
            for suffix in ["", "-wal", "-shm"] { try FileManager.default.removeItem(atPath: database + suffix) }
        case .anotherFile:
            let other = try directory.write("somebody else's", to: "other")
            try FileManager.default.removeItem(atPath: database)
            try FileManager.default.moveItem(atPath: other, toPath: database)
        case .movedAway: try FileManager.default.moveItem(atPath: database, toPath: directory.path("moved.db"))
        }
        let ended = await process.ended()
        #expect(ended.status == 3, "\(ended.error)")
        #expect(ended.error.contains("deleted, moved or replaced"), "\(ended.error)")
        #expect(!ended.error.contains("completed"), "\(ended.error)")
        if place == .anotherFile {
            #expect(try String(contentsOfFile: database, encoding: .utf8) == "somebody else's")
        }
        if place == .movedAway {
            let moved = directory.path("moved.db")
            #expect(try SQLite.rows(moved, "PRAGMA integrity_check") == ["ok"])
            let again = try await BatchProcess.run("status", moved)
            #expect(again.status == 0, "\(again.error)")
            #expect(try SQLite.number(moved, "SELECT count(*) FROM chunks") > 5)
        }
        await server.stop()
    }

    @Test func aReaderThatKeepsTheWALOverTheEndIsWarnedOf() async throws {
        let server = try await MockServer.start()
        let directory = try TemporaryDirectory()
        let file = try directory.writeJobs((1...4).map { Answers.countingJob("job-\($0)", to: 50) })
        let database = directory.path("jobs.db")
        #expect(try await BatchProcess.run("run", file, "--base-url", server.baseURL, "--max-jobs", "1").status == 4)
        try await SQLite.holdingReadTransaction(database) {
            let ended = try await BatchProcess.run("run", file, "--base-url", server.baseURL)
            #expect(ended.status == 0, "\(ended.error)")
            #expect(ended.error.contains("jobs.db-wal holds what was stored last"), "\(ended.error)")
            #expect(ended.error.contains("alone is not whole"), "\(ended.error)")
        }
        let again = try await BatchProcess.run("run", file, "--base-url", server.baseURL)
        #expect(again.status == 0 && !again.error.contains("-wal"), "\(again.error)")
        #expect(!FileManager.default.fileExists(atPath: database + "-wal"))
        try Answers.expectWhole(database, jobs: 4)
        await server.stop()
    }

    @Test func aFileThatIsNotOursIsRefusedByteForByte() async throws {
        let directory = try TemporaryDirectory()
        let jobs = try directory.writeJobs([Answers.countingJob("a", to: 3)])
        let contents = "SQLite is what this is not: " + String(repeating: "x", count: 8_192)
        let database = try directory.write(contents, to: "precious.db")
        for arguments in [
            ["run", jobs, "--db", database], ["resume", "--db", database], ["status", "--db", database],
        ] {
            let ended = try await BatchProcess(arguments).ended()
            #expect(ended.status == 3, "\(arguments): \(ended.error)")
            #expect(try String(contentsOfFile: database, encoding: .utf8) == contents)
        }
        #expect(!FileManager.default.fileExists(atPath: database + "-wal"))
    }

    @Test func aSecondWorkerIsToldWhoHoldsTheDatabase() async throws {
        let server = try await MockServer.start()
        let directory = try TemporaryDirectory()
        let file = try directory.writeJobs([Answers.countingJob("a", to: 50_000, options: "+pace=20ms")])
        let first = try BatchProcess(["run", file, "--base-url", server.baseURL, "--drain-timeout", "0s"])
        try await first.wait { server.statistics.activeStreams == 1 }
        let second = try await BatchProcess.run("run", file, "--base-url", server.baseURL)
        #expect(second.status == 3)
        #expect(second.error.contains("\(first.processIdentifier)"), "\(second.error)")
        let status = try await BatchProcess.run("status", "--db", directory.path("jobs.db"))
        #expect(status.status == 0, "status reads beside a worker: \(status.error)")
        first.send(SIGTERM)
        _ = await first.ended()
        await server.stop()
    }

    @Test func aDeletedLockFileLetsNoSecondWorkerIn() async throws {
        let server = try await MockServer.start()
        let directory = try TemporaryDirectory()
        let file = try directory.writeJobs([Answers.countingJob("a", to: 50_000, options: "+pace=20ms")])
        let database = directory.path("jobs.db")
        let first = try BatchProcess(["run", file, "--base-url", server.baseURL, "--drain-timeout", "0s"])
        try await first.wait { SQLite.currentNumber(database, "SELECT count(*) FROM chunks") > 0 }
        try FileManager.default.removeItem(atPath: database + ".lock")
        let second = try await BatchProcess.run("run", file, "--base-url", server.baseURL)
        #expect(second.status == 3)
        #expect(second.error.contains("process \(first.processIdentifier) "), "\(second.error)")
        try? FileManager.default.removeItem(atPath: database + ".lock")
        // It is made anew, and tells the worker again.
        try await first.wait {
            (try? String(contentsOfFile: database + ".lock", encoding: .utf8))?
                .hasPrefix("\(first.processIdentifier) ") ?? false
        }
        let third = try await BatchProcess.run("resume", "--db", database, "--base-url", server.baseURL)
        #expect(third.status == 3, "\(third.error)")
        first.send(SIGTERM)
        #expect(await first.ended().status == 143)
        #expect(try SQLite.number(database, "SELECT count(*) FROM attempts") == 1)
        await server.stop()
    }

    /// Waits until the queue and the sockets' buffers are full.
    private static func untilNothingMoves(_ mock: MockProcess, _ process: BatchProcess, blocked: Int) async throws {
        var last = -1
        var looks = 0
        // Where few sends block and nothing moves for long, they never will.
        while process.isRunning, looks < 60 {
            let statistics = try await mock.statistics()
            let written = statistics["body_bytes_written", default: 0]
            if written == last, statistics["blocked_streams", default: 0] > blocked { return }
            looks = written == last ? looks + 1 : 0
            last = written
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    private static func residentKilobytes(_ process: BatchProcess) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
        return try #require(Int(line.split(separator: " ")[1]))
    }
}
