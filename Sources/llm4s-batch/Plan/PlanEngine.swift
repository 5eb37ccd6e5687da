import LLMStreaming

/// An engine that hands out the parts of an input.
enum PlanEngine: String, CaseIterable {
    case slurm, kubernetes, spark

    /// What is printed for it, with `%%NAME%%` where something of the plan goes.
    var template: [UInt8] {
        switch self {
        case .slurm: PackageResources.plan_slurm_sh
        case .kubernetes: PackageResources.plan_kubernetes_yaml
        case .spark: PackageResources.plan_spark_py
        }
    }

    /// The options of `run` that the script sets itself, with the reason.
    var ownOptions: [String: String] {
        var options = [
            "shard": "each part has its own", "dry-run": "that is for run itself",
            "output": self == .spark ? "the module reads it" : "parts of a file print nothing",
        ]
        switch self {
        case .slurm: options["db"] = "LLM4S_DATABASES says where databases lie while parts run, LLM4S_PARTS where after"
        case .kubernetes: break
        case .spark: options["db"] = "LLM4S_DATABASES says where databases lie"
        }
        return options
    }

    /// The options that the script adds where they are not given.
    var addedOptions: [String] {
        switch self {
        case .slurm, .kubernetes: ["--wait-lock=5m"]
        // Of two attempts with one database the second has nothing to do while the first one lives, and four that gave up
        // would end Spark's whole job.
        case .spark: ["--wait-lock=24h", "--allow-failures"]
        }
    }
}
