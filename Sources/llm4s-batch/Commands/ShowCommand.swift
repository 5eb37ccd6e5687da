import ArgumentParser
import BatchEngine
import BatchStore
import LLM4SBatch
import LLMStreaming

/// `show`: one job with all that is known of it.
struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows one job: request, attempts with their times and errors, seams, text.")

    @OptionGroup var database: DatabaseOption

    @Argument(help: ArgumentHelp("The job's id.", valueName: "ID"))
    var id: String

    @Flag(help: "Show each chunk with its time.")
    var chunks = false

    @Flag(help: "Print one JSON object: times in microseconds from an attempt's start, its start in Unix milliseconds.")
    var json = false

    func run() async throws {
        let reader = try await BatchReader.open(database.path)
        guard let job = try await reader.job(customID: id) else {
            throw Exit(.input, "\(database.path) has no job '\(id)'")
        }
        var report = JobReport(
            job: job, request: try await reader.request(ofJob: job.id) ?? [],
            attempts: try await reader.attempts(ofJob: job.id),
            completions: try await reader.completions(ofJob: job.id),
            now: TimeOfDay.unixMilliseconds, width: Console.outputWidth)
        if chunks {
            for attempt in report.attempts { report.chunks[attempt.id] = try await Self.chunks(of: attempt, reader) }
        }
        await reader.close()
        if json { Console.output(report.json) } else { Console.output(report.text) }
    }

    /// The chunks of an attempt; nil where they were deleted.
    private static func chunks(of attempt: AttemptRecord, _ reader: BatchReader) async throws -> [StoredChunk]? {
        if try await reader.areChunksDeleted(of: attempt) { return nil }
        var chunks: [StoredChunk] = []
        var next: Int64?
        repeat {
            let page = try await reader.chunks(of: attempt, after: next)
            chunks += page.chunks
            next = page.next
        } while next != nil
        return chunks
    }
}
