import ArgumentParser
import BatchEngine
import Foundation

/// `validate`: every fault of every line, and nothing sent.
struct ValidateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Reads every line and reports every fault; sends nothing.")

    @Argument(help: "JSONL files, or batches as one document; - is standard input.")
    var files: [String]

    @OptionGroup var input: InputOptions

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let file = try ConfigFile.load(path: input.providers.config, environment: environment)
        let reading = try input.reading(file, environment: environment)
        let summary: InputSummary
        do { summary = try InputValidator(files.map(InputSource.init(argument:)), reading).validate() } catch {
            throw Exit(.input, error.description)
        }
        Console.error(InputReport(summary: summary, files: files).text)
        guard summary.report.isEmpty else { throw Exit(input.skipInvalid ? .jobFailed : .input) }
    }
}
