import ArgumentParser
import LLM4SBatch
import SystemCalls

/// What says how job lines are read: for `run` and `validate` alike.
struct InputOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Model for lines without one, as provider/model (default: LLM_MODEL, else such lines are faults).",
            valueName: "P/M"))
    var model: String?

    @OptionGroup var providers: ProviderOptions

    @OptionGroup var rows: RowOptions

    @Option(
        help: ArgumentHelp(
            "Times that each job is run; more than once under ids ID#1, ID#2 and so on, with a seed that is one more each "
                + "time where the job sets one.", valueName: "K"))
    var samples = 1

    @Option(help: ArgumentHelp("Most bytes of a line, or of a row.", valueName: "BYTES"))
    var maxLineBytes = 16 << 20

    @Option(
        help: ArgumentHelp(
            "Only the jobs of shard I of N, counted from 0; auto/N takes I from LLM4S_SHARD or from the variable of an "
                + "engine's array, such as SLURM_ARRAY_TASK_ID (default: all jobs).", valueName: "I/N"),
        transform: { try ShardArgument.shard($0, ProcessEnvironment.variables) })
    var shard: BatchOptions.Shard?

    @Flag(
        help:
            "Leave bad lines out, keep them in the table rejected_lines, and end with status 1 (see --allow-failures).")
    var skipInvalid = false

    mutating func validate() throws {
        try FlagBounds.check("max-line-bytes", maxLineBytes, FlagBounds.bytes)
        try FlagBounds.check("samples", samples, BatchOptions.samplesOfAJob)
    }

    /// Enters them into the options of a run.
    func add(to batch: inout BatchOptions) {
        batch.model = model
        batch.provider = providers.provider
        batch.maximumLineBytes = maxLineBytes
        batch.skipsInvalid = skipInvalid
        batch.shard = shard
        batch.samples = samples
        rows.add(to: &batch)
    }
}

/// What says which providers there are.
struct ProviderOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Provider of models without a known prefix, and of batch lines (default: openai, or openrouter where "
                + "OPENAI_BASE_URL is its; of batch lines the one whose form they have).", valueName: "NAME"))
    var provider: String?

    @Option(
        help: ArgumentHelp(
            "Configuration file (default: llm4s-batch.json, else $XDG_CONFIG_HOME/llm4s-batch/config.json, else none).",
            valueName: "FILE"), completion: .file(extensions: ["json"]))
    var config: String?
}

/// The database of the commands that read or go on with one.
struct DatabaseOption: ParsableArguments {
    @Option(
        name: .customLong("db"),
        help: ArgumentHelp("The database of a run; must be given once (default: none).", valueName: "PATH"),
        completion: .file(extensions: ["db"]))
    var paths: [String] = []

    /// The database that was named.
    var path: String { paths[0] }

    func validate() throws { try Self.check(paths) }

    /// A second one would be left out in silence.
    private static func check(_ paths: [String]) throws {
        if paths.isEmpty { throw ValidationError(missing) }
        guard paths.count == 1 else {
            throw ValidationError(
                "this command takes one database, and \(paths.count) are named: llm4s-batch merge OUT IN... makes one of "
                    + "several")
        }
    }

    static let missing = "Missing expected argument '--db <PATH>'"
}
