import ArgumentParser
import BatchEngine
import Foundation
import LLMStreaming

/// What says how job lines are read: for `run` and `validate` alike.
struct InputOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Model for lines without one, as provider/model (default: LLM_MODEL, else such lines are faults).",
            valueName: "P/M"))
    var model: String?

    @OptionGroup var providers: ProviderOptions

    @Option(help: ArgumentHelp("Most bytes of a line.", valueName: "BYTES"))
    var maxLineBytes = 16 << 20

    @Flag(help: "Leave bad lines out, keep them in the table rejected_lines, and end with status 1.")
    var skipInvalid = false

    mutating func validate() throws {
        try FlagBounds.check("max-line-bytes", maxLineBytes, FlagBounds.bytes)
    }

    /// The reading that these options ask for.
    func reading(
        _ file: ConfigFile, resume: ResumePolicy = .auto, environment: [String: String]
    ) throws(ConfigurationError) -> InputReading {
        let defaults = try InputDefaults(
            catalog: file.catalog, model: model ?? environment["LLM_MODEL"].flatMap { $0.isEmpty ? nil : $0 },
            provider: providers.provider, openAIBaseURL: environment["OPENAI_BASE_URL"],
            resume: resume)
        return InputReading(
            parser: JobLineParser(defaults: defaults), maximumLineBytes: maxLineBytes, skipsInvalid: skipInvalid)
    }
}

extension InputSource {
    /// Whether it can be read only once: standard input, a pipe.
    var isReadOnce: Bool {
        guard case .file(let path) = self else { return true }
        var status = stat()
        // A folder is refused before anything is made.
        return unsafe stat(path, &status) == 0 && ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT)
    }
}
