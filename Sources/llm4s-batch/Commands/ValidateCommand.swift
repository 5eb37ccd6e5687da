import ArgumentParser
import BatchEngine
import Foundation

/// `validate`: every fault of every line, and nothing sent.
struct ValidateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Reads every line and reports every fault; sends nothing.",
        discussion: """
            Faults go to standard error, an estimate to standard output. --concurrency, --concurrency-per-provider, \
            --rpm, --tpm and --prices are for the estimate.
            """)

    @Argument(
        help: "JSONL files, or batches as one document; - is standard input.",
        completion: .file(extensions: ["jsonl", "json"]))
    var files: [String]

    @Flag(help: "Tell requests, input tokens, the bound of the output, cost and time, by model.")
    var estimate = false

    @OptionGroup var input: InputOptions
    @OptionGroup var rates: RateOptions

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let file = try ConfigFile.load(path: input.providers.config, environment: environment)
        try rates.check(file.catalog)
        let prices = try estimate ? rates.priceTable(file.prices) : PriceTable()
        var reading = try input.reading(file, environment: environment)
        reading.isEstimating = estimate
        let summary: InputSummary
        do { summary = try InputValidator(files.map(InputSource.init(argument:)), reading).validate() } catch {
            throw Exit(.input, error.description)
        }
        Console.error(InputReport(summary: summary, files: files).text)
        if estimate {
            Console.output(EstimateReport(summary.work, rates: rates, prices: prices, catalog: file.catalog).text)
        }
        guard summary.report.isEmpty else { throw Exit(input.skipInvalid ? .jobFailed : .input) }
    }
}
