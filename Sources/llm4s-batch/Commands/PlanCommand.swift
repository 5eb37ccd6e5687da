import ArgumentParser
import BatchEngine
import LLMStreaming

/// `plan`: a script with which an engine that people have runs the parts of a file (Contract, "Plan").
struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Prints a script that has Slurm, Kubernetes or Spark run the parts of a file.",
        discussion: """
            For slurm it is an array job for sbatch, for kubernetes an Indexed Job, for spark a Python module. Each part \
            may be killed and begun again; its beginning says what it needs, where the databases lie and how they \
            become one. Nothing is read, sent or stored.

              llm4s-batch plan slurm --shards 64 jobs.jsonl --model vllm/NAME > jobs.sbatch
            """)

    @Argument(help: ArgumentHelp("slurm, kubernetes or spark.", valueName: "ENGINE"))
    var engine: String

    @Option(help: ArgumentHelp("Parts that the jobs are cut into (default: none, it must be given).", valueName: "N"))
    var shards: Int

    @Argument(
        parsing: .allUnrecognized,
        help: ArgumentHelp(
            "The job file as tasks find it, and options of run, which are passed on.", valueName: "FILE"),
        completion: .file(extensions: ["jsonl", "json"]))
    var passed: [String]

    mutating func validate() throws { try FlagBounds.check("shards", shards, JobShard.counts) }

    func run() throws {
        guard let engine = PlanEngine(rawValue: engine) else {
            throw Exit(
                .input,
                "there is no engine \(engine.quotedName)"
                    + NearestName.hint(for: engine, among: PlanEngine.allCases.map(\.rawValue)))
        }
        let script = RunScript(engine: engine, shards: shards, passed: try PassedOptions(passed, for: engine))
        Console.output(bytes: Array(script.text.utf8))
    }
}
