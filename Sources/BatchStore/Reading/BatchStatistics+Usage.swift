extension BatchStatistics {
    /// What a model's answers hold and what was likely billed for them.
    package struct Usage: Sendable {
        package var provider: String
        package var model: String
        package var completed: Int
        package var attempts: Int
        package var promptTokens: Int
        package var completionTokens: Int
        package var cachedTokens: Int
        package var reasoningTokens: Int
        package var billedPromptTokens: Int
        package var billedCompletionTokens: Int
        /// Nil where no price is known.
        package var costUSD: Double?
        /// Answers whose cost is not known: no sum of costs holds them.
        package var unpriced = 0
        /// What it saved that input was read from a cache; nil where no price is known.
        package var cacheSavingUSD: Double?

        /// The part of the answers' prompts that was read from a cache, from 0 to 1; nil where there are none.
        package var cachedShare: Double? { cachedTokens.share(of: promptTokens) }
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
        /// Responses whose cost is not known.
        package var unpriced: Int
    }

    /// Attempts that went wrong, by kind.
    package struct Fault: Sendable {
        package var kind: String
        package var httpStatus: Int?
        package var attempts: Int
        package var jobs: Int
        package var example: String?
    }

    /// What going on from partial output came to.
    package struct Resuming: Sendable {
        /// Attempts that went on, by strategy.
        package var attempts: [(strategy: String, count: Int)] = []
        /// Whole answers by the number of pieces that they are joined from.
        package var answers: [(segments: Int, count: Int)] = []
        /// Output tokens that interrupted answers had when an attempt went on from them, and that were not paid again.
        package var savedTokens = 0
        /// Output tokens that were likely billed and are in no answer.
        package var wastedTokens = 0
    }
}
