import Foundation
import MockProvider
import Testing

@testable import BatchEngine

/// Shared folders that are not there, are full, or go away, and parts that are not whole (Contract, "Shared folders").
@Suite(.serialized)
struct EndToEndSharedFaultTests {
    private static func jobs(_ count: Int) -> [String] {
        (1...count).map { Answers.countingJob("job-\($0)", to: 100, options: "+pace=5ms") }
    }

    /// The bytes of one answer's body, nearly.
    private static let answerBytes = 29_000

    @Test func aFolderThatCannotBeUsedEndsTheRunBeforeItBegins() async throws {
        let runs = try await SharedRuns(Self.jobs(2))
        let file = try runs.directory.write("text", to: "notes.txt")
        for (folder, status, words) in [
            (runs.directory.path("none"), Int32(3), "there is no such folder; make it, or mount"),
            (file, 2, "it is no folder; name a folder"),
        ] {
            for command in [["run", runs.file], ["resume", "--db", runs.database("a")]] {
                let ended = try await BatchProcess(
                    command + ["--base-url", runs.server.baseURL, "--shared", folder], directory: runs.directory.url
                ).ended()
                #expect(ended.status == status && ended.error.contains(words), "\(folder): \(ended.error)")
                #expect(!FileManager.default.fileExists(atPath: runs.directory.path("jobs.db")))
            }
        }
        // Nobody may make a file there, whatever it says of itself.
        let ended = try await BatchProcess(
            ["run", runs.file, "--base-url", runs.server.baseURL, "--shared", "/proc"], directory: runs.directory.url
        ).ended()
        #expect(ended.status == 3 && ended.error.contains("--shared /proc: "), "\(ended.error)")
        #expect(runs.server.statistics.requests == 0)
        await runs.server.stop()
    }

    @Test func aTornPartIsPassedOverAndSaid() async throws {
        let runs = try await SharedRuns(Self.jobs(16))
        runs.server.hold(afterBodyBytes: 160_000)
        let dead = try runs.start("a", "--concurrency", "4")
        try await runs.waitUntilPublished("a", streams: 4, by: dead)
        let answered = try await runs.kill(dead, on: "a")
        runs.server.hold(afterBodyBytes: nil)
        // What one part has is lost with it, unless others have it too; one that was cut by the kill has nothing.
        let answers = { (part: PartName) in
            Set((try? SQLite.rows(runs.path(part), "SELECT custom_id FROM jobs WHERE status = 'completed'")) ?? [])
        }
        let torn = try #require(try PartCover(runs.parts).needed.last { !answers($0).isEmpty })
        let known = try runs.parts.filter { $0 != torn }.reduce(into: Set<String>()) { $0.formUnion(answers($1)) }
        try FileHandle(forWritingTo: URL(filePath: runs.path(torn))).truncate(atOffset: UInt64(torn.bytes / 2))
        #expect(known.isSubset(of: answered))
        let asked = runs.server.statistics.requests
        let heir = try await runs.start("b", "--concurrency", "4").ended()
        #expect(heir.status == 0, "\(heir.error)")
        #expect(heir.error.contains("\(torn.text): passed over: "), "\(heir.error)")
        try Answers.expectWhole(runs.database("b"), jobs: 16)
        #expect(runs.server.statistics.requests == asked + 16 - known.count)
        let merged = try await runs.merge(runs.folder)
        #expect(merged.status == 0 && merged.error.contains("\(torn.text): passed over: "), "\(merged.error)")
        #expect(merged.output.contains("16 jobs, 16 completed, 0 failed\n"), "\(merged.output)")
        await runs.server.stop()
    }

    @Test func aFolderThatGoesAwayIsSaidOnceAndTriedAgain() async throws {
        let runs = try await SharedRuns(Self.jobs(12))
        let away = runs.directory.path("away")
        runs.server.hold(afterBodyBytes: 60_000)
        let process = try runs.start("a", "--concurrency", "4")
        try await process.wait { runs.published("running").count == 4 }
        try FileManager.default.moveItem(atPath: runs.folder, toPath: away)
        let words = "the run goes on without it, and tries again"
        try await process.wait { process.errorSoFar.contains(words) }
        // Eight of twelve answers: however late this process looks, some end and the run does not.
        runs.server.hold(afterBodyBytes: 8 * Self.answerBytes)
        try await process.wait { SQLite.currentNumber(runs.database("a"), "SELECT count(*) FROM completions") >= 4 }
        try FileManager.default.moveItem(atPath: away, toPath: runs.folder)
        try await process.wait { process.errorSoFar.contains("it can be used again") }
        #expect(process.isRunning, "the folder is back before the end: \(process.errorSoFar)")
        runs.server.hold(afterBodyBytes: nil)
        let ended = await process.ended()
        #expect(ended.status == 0, "\(ended.error)")
        #expect(ended.error.components(separatedBy: words).count == 2, "once: \(ended.error)")
        #expect(runs.published("completed").count == 12, "\(ended.error)")
        await runs.server.stop()
    }

    @Test func whatIsNotPublishedAtTheEndIsSaidAndPublishedByTheSameCommand() async throws {
        let runs = try await SharedRuns(Self.jobs(8))
        let away = runs.directory.path("away")
        runs.server.hold(afterBodyBytes: 40_000)
        let process = try runs.start("a", "--concurrency", "4")
        try await process.wait { runs.published("running").count == 4 }
        try FileManager.default.moveItem(atPath: runs.folder, toPath: away)
        runs.server.hold(afterBodyBytes: nil)
        let ended = await process.ended()
        #expect(ended.status == 0, "the answers are stored: \(ended.error)")
        #expect(ended.error.contains("8 jobs is not there, but in \(runs.database("a")) alone"), "\(ended.error)")
        try FileManager.default.moveItem(atPath: away, toPath: runs.folder)
        let again = try await runs.start("a").ended()
        #expect(again.status == 0, "\(again.error)")
        #expect(runs.published("completed").count == 8 && runs.server.statistics.requests == 8)
        await runs.server.stop()
    }

    @Test(.enabled(if: RamDisk.canMount, "mounting a small tmpfs needs root"))
    func aFullDiskInTheFolderLosesNothing() async throws {
        let disk = try RamDisk(kilobytes: 64)
        let runs = try await SharedRuns(Self.jobs(24))
        let command = ["run", runs.file, "--db", runs.database("a"), "--base-url", runs.server.baseURL]
        try FileManager.default.createDirectory(
            atPath: runs.directory.path("a"), withIntermediateDirectories: true)
        let shared = ["--shared", disk.path, "--every", "100ms"]
        let full = try await BatchProcess(command + shared).ended()
        #expect(full.status == 0, "\(full.error)")
        #expect(full.error.contains("no space is left on its disk; make room there"), "\(full.error)")
        #expect(full.error.contains("is not there, but in "), "\(full.error)")
        try Answers.expectWhole(runs.database("a"), jobs: 24)
        try disk.grow(kilobytes: 10_000)
        #expect(try await BatchProcess(command + shared).ended().status == 0)
        let merged = try await runs.merge(disk.path)
        #expect(merged.status == 0 && merged.output.contains("24 jobs, 24 completed, 0 failed\n"), "\(merged)")
        #expect(runs.server.statistics.requests == 24)
        await runs.server.stop()
    }

    @Test func aFolderWithoutPartsIsNoSourceOfAMerge() async throws {
        let runs = try await SharedRuns(Self.jobs(1))
        let empty = try await runs.merge(runs.folder)
        #expect(empty.status == 3 && empty.error.contains("no run has published parts in it"), "\(empty.error)")
        #expect(!FileManager.default.fileExists(atPath: runs.directory.path("whole.db")))
        await runs.server.stop()
    }
}
