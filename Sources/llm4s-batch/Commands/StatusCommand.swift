import ArgumentParser
import BatchStore
import LLMStreaming

/// `status`: where a batch stands; reads only, also while a worker runs.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows where a batch stands: jobs by state, rate, tokens, what waits for what."
    )

    @OptionGroup var database: NamedDatabase

    @Flag(help: "Print one JSON object: times in Unix milliseconds.")
    var json = false

    @Flag(help: "Print it again every two seconds until no worker runs.")
    var watch = false

    func run() async throws {
        let reader = try await BatchReader.open(database.path)
        var isDrawn = false
        while true {
            let status = try await reader.status()
            let report = StatusReport(
                status: status, failures: status.counts.failed > 0 ? try await reader.failures() : [],
                width: Console.outputWidth, path: database.path,
                now: UnixTime.milliseconds)
            // A frozen worker may go on: it is shown, and watched until it ends or dies.
            let isRunning = report.worker.isAlive
            if json {
                Console.output(report.json)
            } else if watch, isRunning, let (width, height) = Console.outputSize {
                if !isDrawn { Console.output(bytes: Array("\u{1B}[2J".utf8)) }
                isDrawn = true
                Console.output(bytes: Array(StatusScreen(report: report, width: width, height: height).text.utf8))
            } else {
                // What stays at the end is the report alone.
                if isDrawn { Console.output(bytes: Array("\u{1B}[H\u{1B}[J".utf8)) }
                Console.output(report.text)
            }
            guard watch, isRunning else { break }
            try await Task.sleep(for: .seconds(2))
        }
        await reader.close()
    }
}
