import ArgumentParser
import BatchStore
import LLMStreaming

/// `stats`: what the answers took; reads only, also while a worker runs.
struct StatsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Shows what the answers took: times by model, errors by kind, usage, cost, what resuming saved.")

    @Option(help: "The database.")
    var db: String

    @Flag(help: "Print one JSON object: times in microseconds.")
    var json = false

    func run() async throws {
        let reader = try await BatchReader.open(db)
        let report = StatsReport(statistics: try await reader.statistics())
        await reader.close()
        Console.output(json ? report.json.text : report.text)
    }
}
