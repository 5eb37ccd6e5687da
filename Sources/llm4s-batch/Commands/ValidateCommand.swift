import ArgumentParser
import BatchEngine
import LLM4SBatch
import LLMStreaming
import SystemCalls

/// `validate`: every fault of every line, and nothing sent.
struct ValidateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Reads every line and reports every fault; sends nothing.",
        discussion: """
            Faults go to standard error; job lines that --show prints, and an estimate, to standard output. --concurrency, \
            --concurrency-max, --concurrency-per-provider, --rpm, --tpm and --prices are for the estimate.
            """)

    @Argument(
        help: "JSONL files, or batches as one document; with --template files of rows. - is standard input.",
        completion: .file(extensions: ["jsonl", "json", "csv", "tsv"]))
    var files: [String]

    @Flag(help: "Tell requests, input tokens, the bound of the output, cost and time, by model.")
    var estimate = false

    @Option(
        help: ArgumentHelp(
            "Print the first N job lines that --template makes, as they are (default: none).", valueName: "N"))
    var show: Int?

    @OptionGroup var input: InputOptions
    @OptionGroup var check: CheckOption
    @OptionGroup var rates: RateOptions

    mutating func validate() throws {
        try FlagBounds.check("show", show, FlagBounds.counts)
        if show != nil, input.rows.template == nil { throw ValidationError("--show needs --template") }
    }

    func run() async throws {
        let environment = ProcessEnvironment.variables
        let file = try ConfigFile.load(path: input.providers.config, environment: environment)
        var batch = BatchOptions()
        input.add(to: &batch)
        check.add(to: &batch)
        rates.add(to: &batch)
        try batch.check(file.catalog)
        let prices = try estimate ? rates.priceTable(file.prices) : PriceTable()
        var reading = try batch.reading(file.catalog, environment)
        reading.isEstimating = estimate
        let summary: InputSummary
        var left = show ?? 0
        do {
            summary = try InputValidator(files.map(InputSource.init(argument:)), reading).validate { line in
                guard left > 0 else { return }
                left -= 1
                Console.output(bytes: TerminalText.bytes(ofJSON: String(decoding: line, as: UTF8.self)) + [0x0A])
            }
        } catch {
            throw Exit(.input, error.description)
        }
        Console.error(InputReport(summary: summary, files: files, shard: input.shard).text)
        if estimate {
            let catalog = rates.limiting(file.catalog)
            Console.output(EstimateReport(summary.work, options: batch, prices: prices, catalog: catalog).text)
        }
        guard summary.report.isEmpty else { throw Exit(input.skipInvalid ? .jobFailed : .input) }
    }
}

/// What the check of an input found, in words.
struct InputReport {
    var summary: InputSummary
    var files: [String]
    /// The part that was checked; nil for all.
    var shard: BatchOptions.Shard?

    var text: String {
        var lines = summary.report.isEmpty ? [] : [summary.report.description]
        let faults = summary.report.count
        let name = files.joined(separator: ", ")
        let part = shard.map { " of shard \($0.index)/\($0.count)" } ?? ""
        lines.append(
            "\(name): \(summary.jobs.counted("job"))\(part), "
                + (faults == 0 ? "no fault" : faults.counted("fault")))
        for (provider, jobs) in summary.jobsByProvider.sorted(by: { $0.key < $1.key }) {
            lines.append("  \(provider): \(jobs.grouped)")
        }
        return lines.joined(separator: "\n")
    }
}
