import Foundation
import MockProvider
import Testing

/// Many jobs: connections are reused, and memory does not grow with their number.
@Suite(.serialized)
struct EndToEndScaleTests {
    @Test func manyJobsShareFewConnections() async throws {
        let jobs = 1_000 * Project.trials
        let concurrency = min(1_000, jobs / 10)
        let server = try await MockServer.start()
        let directory = try TemporaryDirectory()
        let file = try directory.writeJobs((1...jobs).map { Answers.countingJob("job-\($0)", to: 20) })
        let timed = TimedProcess()
        let ended = try await timed.run(
            "run", file, "--base-url", server.baseURL, "--concurrency", "\(concurrency)")
        #expect(ended.status == 0, "\(ended.error)")
        print(
            "\(jobs) jobs at --concurrency \(concurrency): peak memory \(timed.peakKilobytes) KB, "
                + "\(server.statistics.connectionsAccepted) connections")
        #expect(server.statistics.connectionsAccepted <= concurrency)
        try Answers.expectWhole(directory.path("jobs.db"), jobs: jobs)
        await server.stop()
    }

    /// 24 bytes a line; by hand with LLM4S_TRIALS=10 for a million lines.
    @Test(
        .disabled(
            if: ProcessInfo.processInfo.environment["LLM4S_SANITIZER"] != nil, "a sanitizer takes memory of its own"),
        arguments: ["validate", "dry-run"])
    func memoryOfCheckingGrowsByTheSetOfIdsOnly(command: String) async throws {
        let few = 10_000
        let many = 100_000 * Project.trials
        let directory = try TemporaryDirectory()
        func peak(_ lines: Int) async throws -> Int {
            let file = try Self.writeLines(lines, to: directory.path("lines-\(lines).jsonl"))
            let timed = TimedProcess()
            let arguments = command == "validate" ? ["validate", file] : ["run", file, "--dry-run"]
            let ended = try await timed.run(arguments)
            #expect(ended.status == 0, "\(ended.error)")
            try FileManager.default.removeItem(atPath: file)
            return timed.peakKilobytes
        }
        // Peaks of two processes differ by some hundred kilobytes by themselves, which tells at few lines only; on a busy
        // machine some are higher, so the lowest of a few counts.
        let bound = 24 + 1_048_576 / Double(many - few)
        var (small, large, bytesPerLine) = (Int.max, Int.max, Double.infinity)
        for _ in 1...3 where bytesPerLine > bound {
            small = min(small, try await peak(few))
            large = min(large, try await peak(many))
            bytesPerLine = Double(large - small) * 1024 / Double(many - few)
        }
        print("\(command): \(small) KB at \(few) lines, \(large) KB at \(many): \(bytesPerLine) bytes a line")
        #expect(bytesPerLine <= bound)
    }

    /// Lines of 1 KB with ids of their own.
    private static func writeLines(_ count: Int, to path: String) throws -> String {
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        let text = String(repeating: "lorem ipsum ", count: 75)
        var block = ""
        for number in 1...count {
            block +=
                #"{"id":"line-\#(number)","model":"mock/echo","messages":[{"role":"user","content":"\#(text)\#(number)"}]}"#
            block += "\n"
            if number % 1_000 == 0 || number == count {
                try file.write(contentsOf: Data(block.utf8))
                block = ""
            }
        }
        try file.close()
        return path
    }
}
