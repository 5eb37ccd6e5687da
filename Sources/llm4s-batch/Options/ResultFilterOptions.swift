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
    ///   - union: of the databases, whose jobs `--job` names.
    ///   - states: those of the jobs where none are named.
    func filter(_ union: BatchUnion, usual states: [JobStatus]) async throws -> ResultFilter {
        var unknown = jobs
        if !unknown.isEmpty {
            try await union.forEachPart { reader, _ in
                var rest: [String] = []
                for id in unknown where try await reader.job(customID: id) == nil { rest.append(id) }
                unknown = rest
            }
        }
        if let id = unknown.first {
            let names = union.members.map(\.name)
            throw Exit(
                .input,
                names.count == 1
                    ? "\(names[0]) has no job '\(id)'" : "none of the \(names.count) databases has a job '\(id)'")
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
