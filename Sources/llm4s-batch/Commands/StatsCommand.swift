import ArgumentParser
import BatchEngine
import BatchStore
import LLMStreaming

/// `stats`: what the answers took; reads only, also while a worker runs.
struct StatsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Shows what the answers took: times by model, errors by kind, usage, cost, what resuming saved.",
        discussion: """
            Of several databases it shows all together, each job counted once; percentiles are those of all their values.
            """)

    @OptionGroup var databases: NamedDatabases

    @Flag(help: "Print one JSON object: times in microseconds.")
    var json = false

    @Option(
        help: ArgumentHelp(
            "Prices that the stored attempts are to be told by, in the form of LiteLLM's "
                + "model_prices_and_context_window.json (default: the costs that were stored).", valueName: "FILE"),
        completion: .file(extensions: ["json"]))
    var prices: String?

    func run() async throws {
        let table = try prices.map { try PriceTable(file: $0) }
        let union = try await BatchUnion.opened(databases.paths)
        let statistics = try await union.statistics { reader in
            if let table { try await reader.costs(by: table) } else { nil }
        }
        await union.close()
        let report = StatsReport(statistics: statistics, width: Console.outputWidth)
        if json { Console.output(report.json) } else { Console.output(report.text) }
    }
}
