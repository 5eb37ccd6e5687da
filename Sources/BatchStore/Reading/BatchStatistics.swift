package import LLMStreaming

/// What the answers of a batch took: `stats` (SPEC 2).
package struct BatchStatistics: Sendable {
    /// Percentiles of a kind of value.
    package struct Quantiles: Sendable, Equatable {
        /// How many values there are.
        package var count = 0
        package var p50 = 0.0
        package var p90 = 0.0
        package var p99 = 0.0

        /// The quantiles of values, each with how often it occurs.
        init(_ values: [(value: Double, count: Int)]) {
            let sorted = values.sorted { $0.value < $1.value }
            count = sorted.reduce(0) { $0.addingClamped($1.count) }
            let total = count
            func percentile(_ percent: Int) -> Double { Percentile(percent).value(of: sorted, total: total) ?? 0 }
            (p50, p90, p99) = (percentile(50), percentile(90), percentile(99))
        }
    }

    /// The answers of a model.
    package struct Model: Sendable {
        package var provider: String
        package var model: String
        /// Jobs that have an answer.
        package var completed: Int
        /// From the attempt's start to its first content, in microseconds; of the job's first attempt with content.
        package var firstToken: Quantiles
        /// Between two reads that brought content, in microseconds; a bucket of the histogram is 19 % wide.
        package var gaps: Quantiles
        /// The sum of the job's attempts, in microseconds.
        package var duration: Quantiles
        /// Output tokens a second of streaming.
        package var tokensPerSecond: Quantiles
        /// How the answers ended, each choice for itself.
        package var finishReasons: [FinishReason: Int]
    }

    /// What a model's answers hold and what was likely billed for them.
    package struct Usage: Sendable {
        package var provider: String
        package var model: String
        package var completed: Int
        package var tries: Int
        package var promptTokens: Int
        package var completionTokens: Int
        package var cachedTokens: Int
        package var reasoningTokens: Int
        package var billedPromptTokens: Int
        package var billedCompletionTokens: Int
        /// Nil where no price is known.
        package var costUSD: Double?
        /// How many tries have no price by another table; nil where nobody looked.
        package var unpricedTries: Int?
        /// Answers whose cost is not known: no sum of costs holds them.
        package var unpriced = 0
    }

    /// What a service tier of a model served: tokens and cost over all responses, of which some have no price.
    package struct Tier: Sendable {
        package var provider: String
        package var model: String
        /// In the provider's word; nil where it did not say.
        package var serviceTier: String?
        package var responses: Int
        package var promptTokens: Int
        package var completionTokens: Int
        package var costUSD: Double?
        package var unpriced: Int
    }

    /// Tries that went wrong, by kind.
    package struct Fault: Sendable {
        package var kind: String
        package var httpStatus: Int?
        package var tries: Int
        package var jobs: Int
        package var example: String?
    }

    /// What going on from partial output came to.
    package struct Resuming: Sendable {
        /// Attempts that went on, by strategy.
        package var attempts: [(strategy: String, count: Int)] = []
        /// Whole answers by the number of pieces that they are joined from.
        package var answers: [(segments: Int, count: Int)] = []
        /// Output tokens that interrupted answers had when they were gone on with, and that were not paid again.
        package var savedTokens = 0
        /// Output tokens that were likely billed and are in no answer.
        package var wastedTokens = 0
    }

    package var models: [Model] = []
    package var usage: [Usage] = []
    package var tiers: [Tier] = []
    package var faults: [Fault] = []
    package var resuming = Resuming()
}
