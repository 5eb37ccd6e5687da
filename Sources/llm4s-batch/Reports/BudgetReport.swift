import BatchEngine
import LLM4SBatch

/// What a run of a shard says of its budgets: those that are typed are the whole run's.
struct BudgetReport {
    private let budgets: ShardBudgets

    init(_ budgets: ShardBudgets) { self.budgets = budgets }

    /// One line; nil where nothing is divided.
    var text: String? {
        guard let shard = budgets.shard else { return nil }
        let amounts = [
            budgets.maximumCost.map { "\(FigureText.dollars($0)) of --max-cost" },
            budgets.maximumTokens.map { "\(Int($0).grouped) tokens of --max-tokens-total" },
        ].compactMap(\.self)
        guard !amounts.isEmpty else { return nil }
        let reason =
            budgets.jobs.map { "\($0.own.grouped) of \($0.all.counted("job"))" }
            ?? "one of \(shard.count.grouped) shards"
        return "shard \(shard.text) may use up \(amounts.joined(separator: " and ")): it has \(reason)"
    }
}
