package import BatchEngine

/// What the stored responses cost by a table of prices: per model, and per service tier that served.
package struct BatchCosts: Sendable {
    /// A sum of costs, and how much it leaves out.
    package struct Sum: Sendable, Equatable {
        /// Nil where no price is known.
        package var costUSD: Double?
        /// What has no price: of a model its answers, of a tier its responses, as `stats` tells them of stored costs.
        package var unpriced = 0
        /// What it saved that input was read from a cache; nil where no price is known.
        package var cacheSavingUSD: Double?

        fileprivate mutating func add(_ response: Response) {
            if let cost = response.costUSD { costUSD = (costUSD ?? 0) + cost }
            if let saving = response.cacheSavingUSD { cacheSavingUSD = (cacheSavingUSD ?? 0) + saving }
        }
    }

    private struct Tier: Hashable {
        var model: ModelName
        var name: String?
    }

    /// What a provider bills once.
    struct Response: Sendable {
        var jobID: Int64
        var model: ModelName
        /// In the provider's word; nil where it did not say.
        var serviceTier: String?
        var costUSD: Double?
        var cacheSavingUSD: Double?
        /// Whether it ended the job's answer.
        var isAnswer: Bool

        /// Adds another attempt's reading of the same response.
        mutating func add(_ other: Response) {
            costUSD = [costUSD, other.costUSD].compactMap(\.self).max()
            cacheSavingUSD = [cacheSavingUSD, other.cacheSavingUSD].compactMap(\.self).max()
            serviceTier = [serviceTier, other.serviceTier].compactMap(\.self).max()
            isAnswer = isAnswer || other.isAnswer
        }
    }

    private var models: [ModelName: Sum] = [:]
    private var tiers: [Tier: Sum] = [:]

    /// Adds responses, all of a job's together.
    mutating func add(_ responses: [Response]) {
        let priced = Set(responses.filter { $0.costUSD != nil }.map(\.jobID))
        for response in responses {
            models[response.model, default: Sum()].add(response)
            // An answer's cost is known where that of any of its responses is, as in the table completions.
            if response.isAnswer, !priced.contains(response.jobID) { models[response.model]?.unpriced += 1 }
            let tier = Tier(model: response.model, name: response.serviceTier)
            tiers[tier, default: Sum()].add(response)
            if response.costUSD == nil { tiers[tier]?.unpriced += 1 }
        }
    }

    /// The sum of a model's responses.
    package subscript(model: ModelName) -> Sum { models[model] ?? Sum() }

    /// The sum of what a service tier of a model served.
    package subscript(model: ModelName, tier tier: String?) -> Sum { tiers[Tier(model: model, name: tier)] ?? Sum() }
}

extension BatchStatistics {
    /// Takes these costs in place of the stored ones.
    package mutating func tell(_ costs: BatchCosts) {
        for index in usage.indices {
            let sum = costs[ModelName(provider: usage[index].provider, model: usage[index].model)]
            (usage[index].costUSD, usage[index].unpriced) = (sum.costUSD, sum.unpriced)
            usage[index].cacheSavingUSD = sum.cacheSavingUSD
        }
        for index in tiers.indices {
            let tier = tiers[index]
            let sum = costs[ModelName(provider: tier.provider, model: tier.model), tier: tier.serviceTier]
            (tiers[index].costUSD, tiers[index].unpriced) = (sum.costUSD, sum.unpriced)
        }
    }
}
