/// How many jobs of an input are of a shard, and how many there are in all: by them budgets of the whole run are divided
/// (Contract, "Shares").
///
/// Lines of other shards count as jobs, since nothing of them is read but the id. So the parts of all shards come to the
/// whole at most.
package struct ShardJobs: Sendable, Hashable {
    /// Those of the shard.
    package let own: Int
    /// Those of all shards, not fewer.
    package let all: Int

    package init(own: Int, others: Int) {
        self.own = max(0, own)
        all = self.own.addingReportingOverflow(max(0, others)).partialValue
    }

    /// Reads `1562/100000`; nil for anything else.
    package init?(_ text: String) {
        let numbers = text.split(separator: "/", omittingEmptySubsequences: false).map(JobShard.number)
        guard numbers.count == 2, let own = numbers[0], let all = numbers[1], own <= all else { return nil }
        self.init(own: own, others: all - own)
    }

    /// As it is stored: `1562/100000`.
    package var text: String { "\(own)/\(all)" }

    /// The part of a budget of the whole run that is a shard's.
    ///
    /// - Parameters:
    ///   - jobs: nil where they are not known before the work begins, as of standard input: ids fall to all shards alike.
    ///   - shard: nil for the whole input.
    package static func part(_ jobs: ShardJobs?, of shard: JobShard?) -> Double {
        guard let shard, shard.count > 1 else { return 1 }
        guard let jobs, jobs.all > 0 else { return 1 / Double(shard.count) }
        return Double(jobs.own) / Double(jobs.all)
    }
}
