package import BatchEngine

/// What of the budgets of a whole run is for the jobs of one shard: in proportion to their number (Contract, "Shares").
package struct ShardBudgets: Sendable, Equatable {
    /// In US dollars; nil for no bound.
    package let maximumCost: Double?
    /// Input and output together; nil for no bound.
    package let maximumTokens: Double?
    /// The shard; nil where the budgets are not divided.
    package let shard: JobShard?
    /// By what they are divided; nil for the number of shards.
    package let jobs: ShardJobs?

    /// The budgets of a run.
    ///
    /// - Parameters:
    ///   - options: with the budgets of the whole.
    ///   - shard: nil for the whole input.
    ///   - jobs: nil where they are not known.
    package init(_ options: BatchOptions, shard: JobShard?, jobs: ShardJobs?) {
        let part = ShardJobs.part(jobs, of: shard)
        maximumCost = options.maximumCost.map { $0 * part }
        maximumTokens = options.maximumTokens.map { Double($0) * part }
        self.shard = shard.flatMap { $0.count > 1 ? $0 : nil }
        self.jobs = jobs.flatMap { $0.all > 0 ? $0 : nil }
    }
}
