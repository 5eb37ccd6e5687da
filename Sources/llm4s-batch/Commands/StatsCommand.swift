import ArgumentParser
import BatchEngine
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

    @Option(
        help: ArgumentHelp(
            "Prices that the stored attempts are to be told by, in the form of LiteLLM's "
                + "model_prices_and_context_window.json (default: the costs that were stored).", valueName: "FILE"),
        completion: .file(extensions: ["json"]))
    var prices: String?

    func run() async throws {
        let reader = try await BatchReader.open(database.path)
        var statistics = try await reader.statistics()
        if let prices { statistics.tell(try await reader.costs(by: PriceTable(file: prices))) }
        let report = StatsReport(statistics: statistics, width: Console.outputWidth)
        await reader.close()
        if json { Console.output(report.json) } else { Console.output(report.text) }
    }
}
