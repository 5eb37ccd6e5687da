import Foundation

/// The goals that are measured with job files: reading them, and starting with what is done.
struct JobGoals {
    private let workplace: Workplace
    private let scale: GoalScale

    init(_ workplace: Workplace, _ scale: GoalScale) {
        self.workplace = workplace
        self.scale = scale
    }

    /// Time until a file's jobs are all stored, and the most memory that took.
    func ingest() throws -> [GoalLine] {
        let source = try Source(workplace)
        defer { source.stop() }
        let few = try writeJobs(scale.fewJobs)
        let many = try writeJobs(scale.manyJobs)
        defer {
            for file in [few, many] { try? FileManager.default.removeItem(atPath: file) }
        }
        var seconds: [Double?] = []
        var bytes: [Double?] = []
        for _ in 0..<scale.rounds {
            let small = try ingest(few, jobs: scale.fewJobs, source)
            let large = try ingest(many, jobs: scale.manyJobs, source)
            seconds.append(large?.seconds)
            if let small, let large {
                bytes.append(
                    Double(large.kilobytes - small.kilobytes) * 1024 / Double(scale.manyJobs - scale.fewJobs))
            }
        }
        return [
            GoalLine("\(scale.manyJobs) lines of 1 KB checked and stored", .atMost(20), seconds, unit: " s", digits: 1),
            GoalLine("more memory than with \(scale.fewJobs), a job", .atMost(24), bytes, unit: " bytes", digits: 1),
        ]
    }

    /// A run whose few streams do not end, until all jobs are stored.
    private func ingest(_ file: String, jobs: Int, _ source: Source) throws -> (seconds: Double, kilobytes: Int)? {
        let database = workplace.scratch.appending(path: "\(UUID().uuidString).db").path
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
            return (start.duration(to: .now) / .seconds(1), child.peakKilobytes ?? 0)
        }
        return nil
    }

    /// Lines of 1 KB with ids of their own, whose streams last.
    private func writeJobs(_ count: Int, model: String = "bulk=1000000+pace=1s", bytes: Int = 1024) throws -> String {
        let path = workplace.scratch.appending(path: "jobs-\(count)-\(bytes).jsonl").path
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
        let source = try Source(workplace)
        defer { source.stop() }
        let file = try writeJobs(scale.finishedJobs, model: "bulk=1", bytes: 200)
        let database = workplace.scratch.appending(path: "finished.db").path
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
