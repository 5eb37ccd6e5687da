/// What jobs have used up in earlier runs.
package struct Spending: Sendable, Equatable {
    /// Tokens of a model's tries whose cost is not stored: they failed before they were reported, or had no price.
    package struct Unpriced: Sendable, Equatable {
        package var model: ModelName
        package var inputTokens: Double
        package var outputTokens: Double

        package init(model: ModelName, inputTokens: Double, outputTokens: Double) {
            self.model = model
            self.inputTokens = inputTokens
            self.outputTokens = outputTokens
        }
    }

    /// In US dollars, as far as it is stored.
    package var costUSD = 0.0
    /// Input and output, by report or estimate.
    package var tokens = 0.0
    package var unpriced: [Unpriced] = []

    package init() {}

    /// The cost, with an estimate of what is not stored.
    package func cost(by prices: PriceTable) -> Double {
        unpriced.reduce(costUSD) { sum, part in
            guard let price = prices.price(of: part.model) else { return sum }
            return sum + part.inputTokens * price.input + part.outputTokens * price.output
        }
    }
}
