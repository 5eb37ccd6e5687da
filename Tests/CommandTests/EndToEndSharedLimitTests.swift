import Foundation
import MockProvider
import Testing

@testable import BatchEngine

/// Workers of one folder divide the rates (Contract, "Shared folders").
@Suite(.serialized)
struct EndToEndSharedLimitTests {
    @Test func theRatesAreDividedByThoseThatLive() async throws {
        var configuration = MockConfiguration()
        configuration.rateLimits.requestsPerMinute = 3600
        configuration.rateLimits.burst = .seconds(1)
        let runs = try await SharedRuns([], configuration)
        let start = { (machine: String, jobs: Int) in
            let file = try runs.directory.writeJobs(
                (1...jobs).map { Answers.countingJob("\(machine)-\($0)", to: 3) }, to: "\(machine).jsonl")
            return try runs.start(
                machine, "--rpm", "3600", command: ["run", file, "--db", runs.database(machine)], every: "1s")
        }
        let left = try start("a", 5000)
        try await left.wait { SQLite.currentNumber(runs.database("a"), "SELECT count(*) FROM completions") > 0 }
        let (stopped, killed) = (try start("b", 5000), try start("c", 5000))
        try await left.wait { left.errorSoFar.contains("2 other workers there: this one spends 1/3 of the rates") }
        // One says that it goes, the other is killed.
        stopped.send(SIGINT)
        let ended = await stopped.ended()
        #expect(ended.status == 130 && ended.error.contains("this one spends 1/"), "\(ended.error)")
        try await left.wait { left.errorSoFar.contains("1 other worker there: this one spends 1/2 of the rates") }
        // It is missed after a minute and a half: see SharedRunTests.
        killed.send(SIGKILL)
        #expect(await killed.ended().status == -SIGKILL)
        #expect(left.isRunning)
        left.send(SIGINT)
        let last = await left.ended()
        #expect(last.status == 130, "\(last.error)")
        let refused = try ["a", "b", "c"].reduce(0) {
            try $0 + SQLite.number(runs.database($1), "SELECT count(*) FROM attempts WHERE http_status = 429")
        }
        let asked = runs.server.statistics.requests
        print("\(refused) of \(asked) refused while three workers came and went")
        // Two are not known for a second.
        #expect(refused * 4 <= asked)
        // Signs of life do not pile up.
        #expect(try runs.names.filter { $0.hasPrefix("alive.") }.count == 1, "that of the killed one")
        #expect(try runs.names.filter { $0.hasPrefix("ended.") }.count == 2)
        await runs.server.stop()
    }

    /// A worker that others see is not ended by a signal's default: its share would be missed for a minute and a half.
    @Test func aWorkerGoesInOrderFromTheMomentThatOthersSeeIt() async throws {
        for trial in 1...5 {
            let runs = try await SharedRuns([Answers.countingJob("job-1", to: 3)])
            let begun = try runs.start("a", every: "1s")
            while try !runs.names.contains(where: { $0.hasPrefix("alive.") }), begun.isRunning { usleep(100) }
            begun.send(SIGINT)
            let ended = await begun.ended()
            // It may have run to its end by then.
            #expect([0, 130].contains(ended.status), "trial \(trial): \(ended.status) \(ended.error)")
            let names = try runs.names
            #expect(names.contains { $0.hasPrefix("ended.") } && !names.contains { $0.hasPrefix("alive.") }, "\(names)")
            await runs.server.stop()
        }
    }

    @Test func aShareThatIsTypedContradictsTheFolder() async throws {
        let runs = try await SharedRuns([Answers.countingJob("job-1", to: 100)])
        let ended = try await runs.start("a", "--share", "1/2").ended()
        #expect(ended.status == 2 && ended.error.contains("--share and --shared exclude each other"), "\(ended.error)")
        let alone = try await BatchProcess(["run", runs.file, "--every", "1s"]).ended()
        #expect(alone.status == 2 && alone.error.contains("--every goes with --shared"), "\(alone.error)")
        for every in ["0", "99ms", "25h", "-1s", "soon"] {
            let ended = try await runs.start("a", every: every).ended()
            #expect(ended.status == 2 && ended.error.contains("--every"), "\(ended.error)")
        }
        #expect(try runs.names == [] && !FileManager.default.fileExists(atPath: runs.database("a")))
        // That of the run before is not taken over.
        let shared = try await BatchProcess(
            ["run", runs.file, "--share", "1/2", "--max-jobs", "1", "--base-url", runs.server.baseURL]
        ).ended()
        #expect(shared.status == 0, "\(shared.error)")
        let resumed = try await runs.start(
            "b", command: ["resume", "--db", runs.directory.path("jobs.db")]
        ).ended()
        #expect(resumed.status == 0 && !resumed.error.contains("--share 1/2"), "\(resumed.error)")
        await runs.server.stop()
    }

    /// Undivided they would be three times as fast as one that is alone in a folder.
    @Test func threeTogetherAreAsFastAsOneAlone() async throws {
        let runs = try await SharedRuns([])
        let elsewhere = runs.directory.path("elsewhere")
        try FileManager.default.createDirectory(atPath: elsewhere, withIntermediateDirectories: true)
        let start = { (machine: String, folder: String) in
            let file = try runs.directory.writeJobs(
                (1...5000).map { Answers.countingJob("\(machine)-\($0)", to: 3) }, to: "\(machine).jsonl")
            return try runs.start(
                machine, "--rpm", "120", command: ["run", file, "--db", runs.database(machine)], every: "1s",
                sharing: folder)
        }
        let alone = try start("alone", elsewhere)
        let three = try ["a", "b", "c"].map { try start($0, runs.folder) }
        for process in three {
            try await process.wait { process.errorSoFar.contains("2 other workers there: this one spends 1/3 of") }
        }
        let answered = { (machines: [String]) in
            machines.reduce(0) {
                $0 + SQLite.currentNumber(runs.database($1), "SELECT count(*) FROM completions")
            }
        }
        let before = (alone: answered(["alone"]), three: answered(["a", "b", "c"]))
        try await alone.wait { answered(["alone"]) >= before.alone + 40 }
        let together = answered(["a", "b", "c"]) - before.three
        #expect((20...80).contains(together), "three answered \(together) jobs while one answered 40")
        for process in three + [alone] { process.send(SIGINT) }
        for process in three + [alone] { #expect(await process.ended().status == 130) }
        await runs.server.stop()
    }
}
