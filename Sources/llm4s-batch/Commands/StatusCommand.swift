import ArgumentParser
import BatchStore
import LLMStreaming

/// `status`: where a batch stands; reads only, also while a worker runs.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows where a batch stands: jobs by state, rate, tokens, what waits for what."
    )

    @Option(help: "The database.")
    var db: String

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() async throws {
        let reader = try await BatchReader.open(db)
        let report = StatusReport(status: try await reader.status(), path: db, now: UnixTime.milliseconds)
        await reader.close()
        Console.output(json ? report.json.text : report.text)
    }
}
