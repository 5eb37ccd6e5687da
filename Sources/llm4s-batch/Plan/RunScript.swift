import BatchEngine
import LLMStreaming

/// The script that has an engine run the parts of a file (Contract, "Plan").
struct RunScript {
    let engine: PlanEngine
    /// Into how many parts the file is cut.
    let shards: Int
    let passed: PassedOptions

    /// Tasks that Kubernetes is to run at a time: it has no other bound.
    private static let parallelTasks = 16
    /// Seconds that the end of a task takes beside `--drain-timeout`: the last commit, and the copy of a database.
    private static let endSeconds = (kubernetes: 20, slurm: 80)
    /// Seconds more with `--shared`: the last part.
    private static let publishingSeconds = 60

    var text: String {
        var values = ["SHARDS": String(shards), "LIMITS": limits]
        switch engine {
        case .slurm:
            values["LAST"] = String(shards - 1)
            values["WIDTH"] = String(max(3, String(shards).utf8.count))
            values["NOTICE"] = String(endSeconds(Self.endSeconds.slurm))
            values["FILE"] = ScriptText.shell(passed.file)
            values["PARTS"] = ScriptText.shell(stem + ".parts")
            values["STEM"] = ScriptText.shell(name)
            values["OPTIONS"] = passed.arguments.map(ScriptText.shell).joined(separator: " ")
        case .kubernetes:
            let arguments = ["run", "--shard=auto/\(shards)"] + passed.arguments + ["--", passed.file]
            values["PARALLELISM"] = String(min(shards, Self.parallelTasks))
            values["GRACE"] = String(max(30, endSeconds(Self.endSeconds.kubernetes)))
            values["VERSION"] = Version.number
            values["ARGS"] = arguments.map { "            - \(ScriptText.containerArgument($0))" }
                .joined(separator: "\n")
        case .spark:
            values["FILE"] = ScriptText.quoted(passed.file)
            values["STEM"] = ScriptText.quoted(name)
            values["OPTIONS"] = passed.arguments.map(ScriptText.quoted).joined(separator: ", ")
        }
        return ScriptText.filled(engine.template, values)
    }

    /// The file's path without its ending.
    private var stem: String { String(DatabaseName(nil, files: [passed.file], shard: nil).path.dropLast(3)) }

    private var name: String { stem.split(separator: "/").last.map(String.init) ?? "jobs" }

    /// Engines have no use for more than that.
    private var drainSeconds: Int { Int(min(passed.run.options.drainTimeout.duration.components.seconds, 1_000_000)) }

    private func endSeconds(_ own: Int) -> Int { drainSeconds + own + (isShared ? Self.publishingSeconds : 0) }

    private var isShared: Bool { passed.run.options.sharing.shared != nil }

    /// Comments on limits: what each part has for itself, and what all have together.
    private var limits: String {
        let given = passed.run.options.limits
        // A part that is fed its lines knows of no other.
        let isShard = engine != .spark
        let budgets = [
            ("max-cost", given.maxCost.map { "\($0)" }), ("max-tokens-total", given.maxTokensTotal.map { "\($0)" }),
        ]
        let rates = [("rpm", given.rates.rpm?.value.map { "\($0)" }), ("tpm", given.rates.tpm?.value.map { "\($0)" })]
        var lines = budgets.compactMap { name, value in
            value.map {
                isShard
                    ? "--\(name) \($0) is of all parts together: each has its part by jobs"
                    : "--\(name) \($0) is each part's: \(shards) parts add up"
            }
        }
        if given.share?.value == nil, !isShared {
            lines += rates.compactMap { name, value in
                value.map { "--\(name) \($0) is each part's: with --share 1/M those of M tasks at a time add up to it" }
            }
        }
        if engine == .kubernetes, isShared {
            lines.append("--shared must lie in a volume that all pods mount: in /data, or in one that is added here")
        }
        return lines.map { "# \($0)\n" }.joined()
    }
}
