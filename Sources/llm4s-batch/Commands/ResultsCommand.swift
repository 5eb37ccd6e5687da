import ArgumentParser
import BatchEngine
import BatchStore
import LLMStreaming

/// `results`: ended jobs in the order of their input, in one of several forms.
struct ResultsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "results",
        abstract: "Prints ended jobs in the order of their input; failed ones with their error.",
        discussion: """
            openai-batch and anthropic-batch are the lines that the providers' own batch interfaces give, whatever \
            provider answered; csv has a row for each answer, text the contents alone. Jobs that have not ended, asked \
            for with --status, come with the partial text that is kept of them. A job is printed where every filter \
            that is given lets it pass.
            """)

    @OptionGroup var database: NamedDatabase

    @Option(help: ArgumentHelp("The form of the output.", valueName: "FORM"))
    var format: ResultFormat = .jsonl

    @OptionGroup var filters: ResultFilterOptions

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "A file to write; it appears, in place of an older one, when it is whole (default: standard output).",
            valueName: "FILE"), completion: .file())
    var output: String?

    func run() async throws {
        let reader = try await BatchReader.open(database.path)
        let filter = try await filters.filter(reader, path: database.path)
        let sink = try ResultSink(path: output, database: reader.path)
        do { try await write(filter, to: sink, from: reader) } catch {
            sink.abandon()
            throw error
        }
        await reader.close()
    }

    private func write(_ filter: ResultFilter, to sink: ResultSink, from reader: BatchReader) async throws {
        // Without a file there is nothing to clear away.
        let signals = sink.isReplacing ? Signals { _ in } : nil
        try sink.write(format.head)
        var cursor: ResultPage.Cursor?
        repeat {
            let page = try await reader.results(after: cursor, filter: filter)
            var text = ""
            for result in page.results {
                let partial = try await Self.partial(of: result.job, reader)
                do throws(LLMError) {
                    text += try format.text(result, partial: partial, isForTerminal: sink.isTerminal)
                } catch {
                    throw Exit(.input, error.message)
                }
            }
            try sink.write(text)
            cursor = page.next
            if let status = signals?.exitStatus { throw Exit(status) }
        } while cursor != nil
        try sink.finish()
    }

    /// What was kept of a job's answer, where it is not complete.
    private static func partial(of job: JobRecord, _ reader: BatchReader) async throws -> StoredPartial? {
        guard job.status != .completed, job.status != .pending else { return nil }
        return try await reader.attempts(ofJob: job.id)
            .last { $0.partial != nil && $0.requestSHA256 == job.requestSHA256 }?.partial
    }
}
