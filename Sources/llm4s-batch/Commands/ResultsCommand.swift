import ArgumentParser
import BatchEngine
import BatchStore
import Foundation
import LLMStreaming

/// `results`: ended jobs as JSONL, in the order of their input.
struct ResultsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "results",
        abstract: "Prints ended jobs as JSON lines in the order of their input; failed ones with their error.")

    @Option(help: "The database.")
    var db: String

    @Option(
        help: ArgumentHelp(
            "Only jobs in this state: pending, running, interrupted, completed, failed, cancelled; may be repeated "
                + "(default: completed and failed).", valueName: "S"))
    var status: [JobStatus] = []

    @Option(name: .shortAndLong, help: "A file to write in place of standard output; it appears when it is whole.")
    var output: String?

    func run() async throws {
        let reader = try await BatchReader.open(db)
        let sink = try ResultSink(path: output)
        let statuses: Set<JobStatus> = status.isEmpty ? [.completed, .failed] : Set(status)
        var cursor: ResultPage.Cursor?
        repeat {
            let page = try await reader.results(after: cursor, statuses: statuses)
            var bytes: [UInt8] = []
            for result in page.results {
                let partial = try await Self.partial(of: result.job, reader)
                ResultLine.json(result, partial: partial).write(to: &bytes)
                bytes.append(UInt8(ascii: "\n"))
            }
            try sink.write(bytes)
            cursor = page.next
        } while cursor != nil
        await reader.close()
        try sink.finish()
    }

    /// What was kept of a job's answer, where it is not complete.
    private static func partial(of job: JobRecord, _ reader: BatchReader) async throws -> StoredPartial? {
        guard job.status != .completed, job.status != .pending else { return nil }
        return try await reader.attempts(ofJob: job.id)
            .last { $0.partial != nil && $0.requestSHA256 == job.requestSHA256 }?.partial
    }
}

extension JobStatus: ExpressibleByArgument {}

/// Standard output, or a file that takes its name when it is whole.
private struct ResultSink {
    private let path: String?
    private let temporary: String
    private let handle: FileHandle?

    init(path: String?) throws {
        self.path = path
        temporary = "\(path ?? "").\(ProcessInfo.processInfo.processIdentifier).tmp"
        guard path != nil else {
            handle = nil
            return
        }
        guard FileManager.default.createFile(atPath: temporary, contents: nil),
            let handle = FileHandle(forWritingAtPath: temporary)
        else { throw Exit(.input, "\(temporary) cannot be written") }
        self.handle = handle
    }

    func write(_ bytes: [UInt8]) throws {
        guard let handle else { return Console.output(bytes: bytes) }
        do { try handle.write(contentsOf: Data(bytes)) } catch {
            try? FileManager.default.removeItem(atPath: temporary)
            throw Exit(.input, "\(temporary) cannot be written: \(error.localizedDescription)")
        }
    }

    func finish() throws {
        guard let handle, let path else { return }
        try handle.close()
        guard unsafe rename(temporary, path) == 0 else {
            throw Exit(.input, "\(path) cannot be replaced: \(unsafe String(cString: strerror(errno)))")
        }
    }
}
