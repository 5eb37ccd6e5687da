import BatchRows

/// What the check of an input found.
package struct InputSummary: Sendable {
    /// The most models that are counted apart.
    package static let maximumModels = 1000

    /// The jobs of the shard: of lines without fault as many as they have samples in it.
    package private(set) var jobs = 0
    /// Lines that are not blank, and not of another shard.
    package internal(set) var lines = 0
    /// How many of them make no job.
    package var rejectedLines: Int { lines - jobLines }
    /// Those without fault.
    private var jobLines = 0
    /// Jobs of other shards.
    var foreignJobs = 0
    package internal(set) var bytes = 0
    /// How many jobs each provider gets.
    package private(set) var jobsByProvider: [String: Int] = [:]
    /// How many jobs each model gets, of the first thousand models met.
    package private(set) var jobsByModel: [ModelName: Int] = [:]
    /// What the jobs of those models are expected to use up; empty where no estimate was asked for.
    package private(set) var work: [ModelName: WorkEstimate] = [:]
    /// All that is wrong.
    package internal(set) var report = FaultReport()
    /// How much of the input the jobs are.
    package var shardJobs: ShardJobs { ShardJobs(own: jobs, others: foreignJobs) }

    /// The files as they were when they were checked, in the order of the sources.
    var snapshots: [FileSnapshot?] = []
    /// Lines whose id has the fingerprint of another, but is its own.
    var cleared: Set<InputPosition> = []
    /// The rows that were drawn; nil where no sample was wanted.
    var sample: RowSelection?

    /// Counts a line without fault.
    ///
    /// - Parameter samples: how many of its jobs are of the shard.
    mutating func count(_ line: ParsedLine, times samples: Int, isEstimating: Bool) {
        jobLines += 1
        jobs += samples
        jobsByProvider[line.model.provider, default: 0] += samples
        guard jobsByModel[line.model] != nil || jobsByModel.count < Self.maximumModels else { return }
        jobsByModel[line.model, default: 0] += samples
        if isEstimating { for _ in 0..<samples { work[line.model, default: WorkEstimate()].add(line) } }
    }
}
