import Foundation
import MockProvider
import Testing

/// The array job that `plan slurm` prints, in plain processes; `.ci/engines/slurm` has a real Slurm run it.
@Suite(.serialized)
struct SlurmScriptTests {
    private let directory: TemporaryDirectory
    /// The bytes of ten answers: however late a test looks, the others are still to come.
    private static let someAnswers = 20_000

    init() throws { directory = try TemporaryDirectory() }

    private func task(_ shards: Int, program: String? = nil, _ options: String...) async throws -> SlurmTask {
        let script = try await BatchProcess(
            ["plan", "slurm", "--shards", "\(shards)", "jobs.jsonl"] + options
        ).ended()
        #expect(script.status == 0, "\(script.error)")
        let file = try directory.write(script.output, to: "jobs.sbatch")
        return program.map { SlurmTask(file, directory, program: $0) } ?? SlurmTask(file, directory)
    }

    private func writeJobs(_ count: Int, options: String = "") throws {
        _ = try directory.writeJobs((0..<count).map { Answers.countingJob("job-\($0)", to: 3, options: options) })
    }

    /// Runs `merge` as the script says, and gives what it prints.
    private func merged() async throws -> String {
        let parts = try FileManager.default.contentsOfDirectory(atPath: directory.path("jobs.parts")).sorted()
        let ended = try await BatchProcess(
            ["merge", "whole.db"] + parts.map { "jobs.parts/\($0)" }, directory: directory.url
        ).ended()
        #expect(ended.status == 0, "\(ended.error)")
        return ended.output
    }

    @Test func allTasksMakePartsThatBecomeOne() async throws {
        try writeJobs(12)
        let task = try await task(3)
        for index in 0..<3 {
            let ended = try await task.attempt(index, on: "node\(index % 2)")
            #expect(ended.status == 0, "\(ended.error)")
        }
        #expect(task.requeues().isEmpty)
        #expect(try await merged() == "3 databases: 12 jobs, 12 completed, 0 failed\n")
        try Answers.expectWhole(directory.path("whole.db"), jobs: 12)
    }

    @Test func anAttemptOnAnotherNodeGoesOnFromWhatWasMoved() async throws {
        try writeJobs(9)
        let task = try await task(1, "--max-jobs", "4")
        for (node, left) in [("one", true), ("two", true), ("one", false)] {
            let ended = try await task.attempt(0, on: node)
            #expect(ended.status == (left ? 4 : 0), "\(ended.error)")
            #expect(task.requeues() == (left ? ["requeue 100"] : []))
        }
        #expect(try await merged() == "1 database: 9 jobs, 9 completed, 0 failed\n")
        #expect(
            try SQLite.number(directory.path("whole.db"), "SELECT count(*) FROM attempts") == 9, "none was repeated")
    }

    /// Each exit status of the program, with what the script asks of Slurm.
    @Test(arguments: [
        (0, []), (1, []), (2, []), (3, ["requeue 100", "update JobId=100 ExcNodeList=node"]), (4, ["requeue 100"]),
        (129, ["requeue 100"]), (130, ["requeue 100"]), (143, ["requeue 100"]), (137, ["requeue 100"]), (141, []),
    ])
    func theExitStatusDecides(status: Int, calls: [String]) async throws {
        let program = try directory.write("#!/bin/sh\necho run >>runs\nexit \(status)\n", to: "program")
        let task = try await task(1, program: program)
        #expect(try await task.attempt(0).status == Int32(status))
        #expect(task.requeues() == calls)
        // What was killed alone is begun again where its database is.
        let runs = try String(contentsOfFile: directory.path("runs"), encoding: .utf8).split(separator: "\n").count
        #expect(runs == (status == 137 ? 4 : 1))
        let often = try await task.attempt(0, environment: ["SLURM_RESTART_COUNT": "100"])
        #expect(often.status == Int32(status) && task.requeues().isEmpty, "bounded: \(often.error)")
    }

    /// The notice of a time limit goes to the shell alone; what Slurm ends itself gets SIGTERM, and is not put back by us.
    @Test(arguments: [(SIGUSR1, ["requeue 100"]), (SIGTERM, [])])
    func aSignalOfSlurmsLetsStreamsEnd(signal: Int32, calls: [String]) async throws {
        let server = try await MockServer.start(MockConfiguration())
        server.hold(afterBodyBytes: Self.someAnswers)
        try writeJobs(40, options: "+pace=20ms")
        let task = try await task(1, "--concurrency", "4", "--base-url", server.baseURL)
        let attempt = try task.start(0)
        let database = task.disk("node") + "/jobs.000-of-001.db"
        try await attempt.wait { SQLite.currentNumber(database, "SELECT count(*) FROM completions") > 4 }
        let programs = attempt.children
        attempt.send(signal)
        if signal == SIGTERM { for program in programs { kill(program, signal) } }
        try await attempt.wait { attempt.errorSoFar.contains("stopping: ") }
        server.hold(afterBodyBytes: nil)
        let ended = await attempt.ended()
        #expect(ended.status == 143, "\(ended.error)")
        #expect(task.requeues() == calls)
        #expect(try await task.attempt(0, on: "other").status == 0)
        #expect(try await merged() == "1 database: 40 jobs, 40 completed, 0 failed\n")
        #expect(server.statistics.requests == 40, "no stream was cut")
        await server.stop()
    }

    /// All of a task is killed, another node does the rest, and the killed attempt's answers are found later.
    @Test func whatAKilledTaskPaidForIsKept() async throws {
        let server = try await MockServer.start(MockConfiguration())
        server.hold(afterBodyBytes: Self.someAnswers)
        try writeJobs(40, options: "+pace=20ms")
        let task = try await task(1, "--concurrency", "2", "--base-url", server.baseURL)
        let killed = try task.start(0, on: "one")
        let database = task.disk("one") + "/jobs.000-of-001.db"
        let completed = { SQLite.currentNumber(database, "SELECT count(*) FROM completions") }
        try await killed.wait { completed() > 4 }
        let programs = killed.children
        killed.send(SIGKILL)
        for program in programs { kill(program, SIGKILL) }
        #expect(await killed.ended().status == -SIGKILL)
        server.hold(afterBodyBytes: nil)
        #expect(try await task.attempt(0, on: "two", job: 101).status == 0)
        // The clock of the machine that has the folder may be behind.
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -3600)],
            ofItemAtPath: directory.path("jobs.parts/jobs.000-of-001.db"))
        let again = try await task.attempt(0, on: "one", job: 102)
        #expect(again.status == 0 && again.error.contains("jobs.000-of-001.102.one.0.db"), "\(again.error)")
        let text = try await merged()
        #expect(text.contains("2 databases: 40 jobs, 40 completed, 0 failed · "), "\(text)")
        #expect(text.contains("made twice"))
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: task.disk("one")).allSatisfy { !$0.hasSuffix(".db") })
        await server.stop()
    }

    /// A task that is killed goes on where it was, from what it had taken over from another node.
    @Test func aKilledTaskGoesOnOnItsNode() async throws {
        let server = try await MockServer.start(MockConfiguration())
        try writeJobs(30, options: "+pace=20ms")
        let first = try await task(1, "--max-jobs", "3", "--base-url", server.baseURL)
        #expect(try await first.attempt(0, on: "one").status == 4)
        server.hold(afterBodyBytes: server.statistics.bodyBytesWritten + Self.someAnswers)
        let task = try await task(1, "--concurrency", "2", "--base-url", server.baseURL)
        let killed = try task.start(0, on: "two")
        let database = task.disk("two") + "/jobs.000-of-001.db"
        try await killed.wait { SQLite.currentNumber(database, "SELECT count(*) FROM completions") > 6 }
        let programs = killed.children
        killed.send(SIGKILL)
        for program in programs { kill(program, SIGKILL) }
        #expect(await killed.ended().status == -SIGKILL)
        server.hold(afterBodyBytes: nil)
        let again = try await task.attempt(0, on: "two")
        #expect(again.status == 0 && !again.error.contains("are kept in"), "\(again.error)")
        #expect(try await merged() == "1 database: 30 jobs, 30 completed, 0 failed\n")
        #expect(server.statistics.requests <= 30 + 2 + 4, "what was stored is not asked again")
        await server.stop()
    }

    @Test func aDatabaseThatCannotBeUsedStaysAndIsNotMoved() async throws {
        try writeJobs(4)
        let task = try await task(1)
        try FileManager.default.createDirectory(atPath: task.disk("bad"), withIntermediateDirectories: true)
        let file = task.disk("bad") + "/jobs.000-of-001.db"
        try Data("no database".utf8).write(to: URL(filePath: file))
        #expect(try await task.attempt(0, on: "bad").status == 3)
        #expect(task.requeues() == ["requeue 100", "update JobId=100 ExcNodeList=bad"])
        #expect(FileManager.default.fileExists(atPath: file))
        #expect(try await task.attempt(0, on: "good").status == 0)
        #expect(try await merged() == "1 database: 4 jobs, 4 completed, 0 failed\n")
    }

    @Test func twoAttemptsOnOneNodeDoNotMeet() async throws {
        let server = try await MockServer.start(MockConfiguration())
        try writeJobs(24, options: "+pace=20ms")
        let task = try await task(1, "--concurrency", "4", "--base-url", server.baseURL)
        let first = try task.start(0, job: 100)
        try await first.wait { server.statistics.requests > 2 }
        let second = try task.start(0, job: 101)
        #expect(await first.ended().status == 0)
        #expect(await second.ended().status == 0)
        #expect(server.statistics.requests == 24)
        #expect(try await merged() == "1 database: 24 jobs, 24 completed, 0 failed\n")
        await server.stop()
    }

    @Test func aNetworkFileSystemIsToldBeforeAnythingIsMade() async throws {
        try writeJobs(1)
        let task = try await task(1)
        let tools = directory.url.appending(path: "stat-tools")
        try FileManager.default.createDirectory(at: tools, withIntermediateDirectories: true)
        let stat = tools.appending(path: "stat")
        try Data("#!/bin/sh\necho nfs\n".utf8).write(to: stat)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: stat.path)
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let ended = try await task.attempt(0, environment: ["PATH": "\(tools.path):\(path)"])
        #expect(ended.status == 2 && ended.error.contains("(nfs): name one of this node"), "\(ended.error)")
    }
}
