import ArgumentParser
import BatchEngine
import BatchStore
import LLMStreaming

/// Which jobs `results` prints; the values of an option that is repeated are alternatives.
struct ResultFilterOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Only jobs in this state; may be repeated (default: completed and failed, with --format jobs failed; with --job all).",
            valueName: "S"))
    var status: [JobStatus] = []

    @Option(
        name: .customLong("job"),
        help: ArgumentHelp("Only the job of this id; may be repeated (default: all).", valueName: "ID"))
    var jobs: [String] = []

    @Option(
        name: .customLong("model"),
        help: ArgumentHelp(
            "Only jobs of this model, with or without its provider; may be repeated (default: all).",
            valueName: "P/M"))
    var models: [String] = []

    @Option(
        name: .customLong("error-kind"),
        help: ArgumentHelp(
            "Only jobs whose last error is of this kind; may be repeated (default: all).", valueName: "KIND"))
    var errorKinds: [ErrorKind] = []

    @Option(
        name: .customLong("finish-reason"),
        help: ArgumentHelp("Only answers that ended so; may be repeated (default: all).", valueName: "R"))
    var finishReasons: [FinishReason] = []

    @Flag(
        name: .customLong("include-gone"),
        help: "Also jobs that are gone from their file; a job that --job names always is one of them.")
    var includesGone = false

    /// The filter that these options ask for.
    ///
    /// - Parameters:
    ///   - reader: of the database, whose jobs `--job` names.
    ///   - path: the database as the user named it.
    ///   - states: those of the jobs where none are named.
    func filter(_ reader: BatchReader, path: String, usual states: [JobStatus]) async throws -> ResultFilter {
        for id in jobs where try await reader.job(customID: id) == nil {
            throw Exit(.input, "\(path) has no job '\(id)'")
        }
        let usual = jobs.isEmpty ? states : JobStatus.allCases
        var filter = ResultFilter(statuses: Set(status.isEmpty ? usual : status))
        if !jobs.isEmpty { filter.customIDs = Set(jobs) }
        if !models.isEmpty { filter.models = Set(models) }
        if !errorKinds.isEmpty { filter.errorKinds = Set(errorKinds) }
        if !finishReasons.isEmpty { filter.finishReasons = Set(finishReasons) }
        filter.includesGone = includesGone || !jobs.isEmpty
        return filter
    }
}

extension JobStatus: ExpressibleByArgument {}
