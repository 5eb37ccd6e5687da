import ArgumentParser
import BatchStore
import LLMStreaming

/// `stats`: what the answers took; reads only, also while a worker runs.
struct StatsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Shows what the answers took: times by model, errors by kind, usage, cost, what resuming saved.")

    @OptionGroup var database: NamedDatabase

    @Flag(help: "Print one JSON object: times in microseconds.")
    var json = false

    func run() async throws {
        let reader = try await BatchReader.open(database.path)
        let report = StatsReport(statistics: try await reader.statistics(), width: Console.outputWidth)
        await reader.close()
        if json { Console.output(report.json) } else { Console.output(report.text) }
    }
}
