import ArgumentParser
import BatchStore
import BatchWatch

/// `report`: the page's figures as one file that stands alone.
struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Writes the figures of a batch as one HTML file that stands alone.",
        discussion: """
            The plots of the page, of all runs; the table of figures, the slowest and the failed jobs. No conversation is in \
            it, and it loads nothing. It reads only, also while a worker runs.
            """)

    @OptionGroup var database: DatabaseOption

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("File to write, - for standard output; must be given (default: none).", valueName: "FILE"),
        completion: .file(extensions: ["html"]))
    var output: String

    func run() async throws {
        let reader = try await BatchReader.open(database.path)
        let report = try await BatchReport(database.path, reader)
        let sink = try ResultSink(path: output, databases: [reader.path])
        await reader.close()
        do {
            try sink.write(WatchPage.report(report.json))
            try sink.finish()
        } catch {
            sink.abandon()
            throw error
        }
    }
}
