import Foundation

/// The goals that are measured with job files: reading them, and starting when all jobs are done.
struct JobGoals {
    private let workplace: Workplace
    private let scale: GoalScale

    init(_ workplace: Workplace, _ scale: GoalScale) {
        self.workplace = workplace
        self.scale = scale
    }

    /// Time until a file's jobs are all stored, and the most memory that took.
    func ingest() throws -> [GoalLine] {
        let source = try Source(scratch: workplace.scratch)
        defer { source.stop() }
        // Buffers of a bounded size are full with the second file: the further memory of the third is by job.
        let counts = [scale.fewJobs, scale.manyJobs / 10, scale.manyJobs]
        let files = try counts.map { try writeJobs($0) }
        defer { for file in files { try? FileManager.default.removeItem(atPath: file) } }
        var seconds: [Double?] = []
        var kilobytes: [[Int?]] = []
        for _ in 0..<scale.rounds {
            let runs = try zip(files, counts).map { try ingest($0, jobs: $1, source) }
            seconds.append(runs[2]?.seconds)
            kilobytes.append(runs.map { $0?.kilobytes ?? nil })
        }
        func bytes(from first: Int, to last: Int) -> [Double?] {
            kilobytes.map { values in
                guard let less = values[first], let more = values[last] else { return nil }
                return Double(more - less) * 1024 / Double(counts[last] - counts[first])
            }
        }
        return [
            GoalLine("\(counts[2]) lines of 1 KB checked and stored", .atMost(20), seconds, unit: " s", digits: 1),
            GoalLine(
                "more memory than with \(counts[0]), a job", .atMost(24), bytes(from: 0, to: 2), unit: " bytes",
                digits: 1),
            GoalLine(
                "more memory than with \(counts[1]), a job", .none, bytes(from: 1, to: 2), unit: " bytes", digits: 1),
            GoalLine(
                "peak memory with \(counts[0])", .none, kilobytes.map { $0[0].map { Double($0) / 1024 } }, unit: " MB"),
            GoalLine(
                "peak memory with \(counts[2])", .none, kilobytes.map { $0[2].map { Double($0) / 1024 } }, unit: " MB"),
        ]
    }

    /// A run whose few streams do not end, until all jobs are stored.
    private func ingest(_ file: String, jobs: Int, _ source: Source) throws -> (seconds: Double, kilobytes: Int?)? {
        let database = workplace.scratch.path("\(UUID().uuidString).db")
        defer { remove(database) }
        let start = ContinuousClock.now
        let child = try Child(
            [
                workplace.binary, "run", file, "--db", database, "--provider", "vllm", "--base-url", source.url,
                "--concurrency", "2", "--progress", "none", "--drain-timeout", "1ms",
            ], core: 0, errors: nil)
        defer { child.stop() }
        while let line = child.errorLine() {
            // Told once all of the file is stored: `1,000 jobs: 1,000 new`.
            guard line.hasSuffix(" new") else { continue }
            return (start.duration(to: .now) / .seconds(1), child.peakKilobytes)
        }
        return nil
    }

    /// Lines of 1 KB with ids of their own, whose streams last.
    private func writeJobs(_ count: Int, model: String = "bulk=1000000+pace=1s", bytes: Int = 1024) throws -> String {
        let path = workplace.scratch.path("jobs-\(count)-\(bytes).jsonl")
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        guard let file = FileHandle(forWritingAtPath: path) else { throw CocoaError(.fileWriteUnknown) }
        var block = ""
        for number in 0..<count {
            let opening = #"{"id":"job-\#(number)","model":"\#(model)","prompt":""#
            block += opening
            block += String(repeating: "x", count: max(1, bytes - opening.utf8.count - 3))
            block += "\"}\n"
            if block.utf8.count > 1 << 20 || number == count - 1 {
                try file.write(contentsOf: Data(block.utf8))
                block = ""
            }
        }
        try file.close()
        return path
    }

    /// Time of commands that find everything done.
    func startUp() throws -> [GoalLine] {
        let source = try Source(scratch: workplace.scratch)
        defer { source.stop() }
        let file = try writeJobs(scale.finishedJobs, model: "bulk=1", bytes: 200)
        let database = workplace.scratch.path("finished.db")
        defer { remove(database) }
        let options = ["--db", database, "--provider", "vllm", "--base-url", source.url, "--progress", "none"]
        let run = [workplace.binary, "run", file] + options
        let start = ContinuousClock.now
        guard Child.output(run + ["--concurrency", "256"]) != nil else {
            return [GoalLine("start-up", skipped: "the jobs could not be run")]
        }
        let first = start.duration(to: .now) / .seconds(1)
        var resume: [Double?] = []
        var again: [Double?] = []
        for _ in 0..<scale.rounds {
            resume.append(time([workplace.binary, "resume"] + options))
            again.append(time(run))
        }
        return [
            GoalLine("the first run of \(scale.finishedJobs) short jobs", .none, [first], unit: " s", digits: 1),
            GoalLine("resume", .atMost(0.3), resume, unit: " s"),
            GoalLine("run of the same file", .atMost(2), again, unit: " s"),
        ]
    }

    private func time(_ command: [String]) -> Double? {
        let start = ContinuousClock.now
        guard Child.output(command, core: 0) != nil else { return nil }
        return start.duration(to: .now) / .seconds(1)
    }

    private func remove(_ database: String) {
        for ending in ["", "-wal", "-shm", ".lock"] { try? FileManager.default.removeItem(atPath: database + ending) }
    }
}
