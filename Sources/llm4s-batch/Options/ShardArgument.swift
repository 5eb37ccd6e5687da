import ArgumentParser
import BatchEngine
import LLM4SBatch
import LLMStreaming

/// Which shard `--shard` names: `I/N`, or `auto/N` with the number that an engine has given to this process.
///
/// N is never taken from an engine: an array that was started anew with fewer tasks would cut the input in another way.
enum ShardArgument {
    /// A variable that holds the number of this process among its like.
    private struct Variable {
        var name: String
        /// What it is for the first of them.
        var first = 0
    }

    /// Slurm, Kubernetes, AWS Batch, Cloud Run, Google's Batch, SkyPilot, PBS, and Grid Engine, which counts from 1.
    private static let variables =
        [
            "LLM4S_SHARD", "SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX", "AWS_BATCH_JOB_ARRAY_INDEX",
            "CLOUD_RUN_TASK_INDEX", "BATCH_TASK_INDEX", "SKYPILOT_JOB_RANK", "PBS_ARRAY_INDEX",
        ].map { Variable(name: $0) } + [Variable(name: "SGE_TASK_ID", first: 1)]

    /// Reads the option's value.
    ///
    /// - Throws: `ValidationError` with what is wrong, and the variables that it came of.
    static func shard(_ text: String, _ environment: [String: String]) throws -> BatchOptions.Shard {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let count = JobShard.number(parts[1]), JobShard.counts.contains(count) else {
            throw ValidationError("it is I/N or auto/N, with N from 1 to \(JobShard.counts.upperBound.grouped)")
        }
        if parts[0] == "auto" { return BatchOptions.Shard(try Self.index(in: environment, of: count), of: count) }
        guard let index = JobShard.number(parts[0]), JobShard(index, of: count) != nil else {
            throw ValidationError(
                "shards are counted from 0, and the last of \(count.grouped) is \((count - 1).grouped)")
        }
        return BatchOptions.Shard(index, of: count)
    }

    private static func index(in environment: [String: String], of count: Int) throws -> Int {
        // Grid Engine's word where a job is no array.
        let set = variables.filter { !["", "undefined"].contains(environment[$0.name] ?? "") }
        guard !set.isEmpty else {
            throw ValidationError(
                "none of these variables is set: \(variables.map(\.name).joined(separator: ", "))")
        }
        let indices = try set.map { try index(of: $0, environment[$0.name] ?? "", of: count) }
        guard let only = indices.first, indices.allSatisfy({ $0 == only }) else {
            let values = set.map { "\($0.name)=\(environment[$0.name] ?? "")" }.joined(separator: ", ")
            throw ValidationError("\(values): these are different shards; give the number itself, as in 0/\(count)")
        }
        return only
    }

    private static func index(of variable: Variable, _ value: String, of count: Int) throws -> Int {
        guard let number = JobShard.number(value[...]) else {
            throw ValidationError("\(variable.name)=\(value.quotedName) is no number")
        }
        let index = number - variable.first
        guard JobShard(index, of: count) != nil else {
            let start = variable.first == 0 ? "arrays start at 0" : "its arrays start at \(variable.first)"
            throw ValidationError(
                "\(variable.name)=\(value): the last shard of \(count.grouped) is \((count - 1).grouped); \(start)")
        }
        return index
    }
}
