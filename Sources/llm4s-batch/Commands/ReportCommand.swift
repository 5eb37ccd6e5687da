import ArgumentParser
import BatchEngine
import BatchStore
import BatchWatch
import Foundation

/// `report`: the page's figures as one file that stands alone.
struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Writes the figures of a batch as one HTML file that stands alone.",
        discussion: """
            The plots of the page for each of the newest 20 runs, the tables of figures, the 50 slowest jobs, and 200 of the \
            failed ones, in turn over the kinds of error; each list says how many there are in all. No conversation is in \
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
            try sink.write(
                WatchPage.report(report.json) { bytes in
                    var hash = ByteHash()
                    hash.append(bytes[...])
                    return Data(hash.digest()).base64EncodedString()
                })
            try sink.finish()
        } catch {
            sink.abandon()
            throw error
        }
    }
}
