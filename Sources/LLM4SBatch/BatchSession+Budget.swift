import BatchEngine
import BatchStore

// What a session's jobs may use up, with what they have used up already.
extension BatchSession {
    /// What the engine keeps to, with what earlier runs have spent.
    func runConfiguration(_ database: BatchDatabase) async throws -> RunConfiguration {
        var configuration = try options.runConfiguration(providers.providers, prices)
        configuration.share = share
        if configuration.dedupes { try await database.indexAnswers() }
        kept.apply(to: &configuration.limits)
        guard isBounded else { return configuration }
        let spent = try await database.reader.spending(in: scope)
        let part = budgets
        configuration.cost = Budget(cap: part.maximumCost, spent: spent.cost(by: prices))
        configuration.tokens = Budget(cap: part.maximumTokens, spent: spent.tokens)
        return configuration
    }

    /// The user's program that judges answers, which is started here; nil where there is none.
    func checkProgram() throws -> CheckProgram? {
        try options.checkCommand.map { try CheckProgram($0, timeout: options.checkTimeout) }
    }

    /// Whether the user bounds what is spent.
    var isBounded: Bool { options.maximumCost != nil || options.maximumTokens != nil }

    /// What of the user's budgets is for these jobs.
    var budgets: ShardBudgets { ShardBudgets(options, shard: shard, jobs: shardJobs) }

    /// What jobs that come into scope have used up; nil where nobody asks.
    func spent(on jobs: [Int64], _ database: BatchDatabase) async throws -> Spending? {
        guard control.countsSpending, !jobs.isEmpty else { return nil }
        return try await database.reader.spending(in: .jobs(jobs))
    }
}
