/// What each kind of token of one request costs, in US dollars: length, tier and hour are in it.
package struct TokenRates: Sendable, Equatable {
    package var input: Double
    package var output: Double
    package var cachedInput: Double
    package var cacheWrite: Double
    package var cacheWriteOneHour: Double
    package var cacheWriteTwelveHours: Double
    package var reasoning: Double
    /// Nil where the table does not say, and then no such request has a price.
    package var audioInput: Double?
    package var audioOutput: Double?
    package var imageInput: Double
    package var videoInput: Double
    package var imageOutput: Double

    /// What so many tokens cost; nil where a rate is missing that they take.
    func cost(of tokens: BilledTokens) -> Double? {
        guard tokens.audioInput == 0 || audioInput != nil, tokens.audioOutput == 0 || audioOutput != nil else {
            return nil
        }
        // In parts: the compiler takes long for one expression.
        var cost = Double(tokens.plainInput) * input + Double(tokens.cached) * cachedInput
        cost += Double(tokens.written) * cacheWrite
        cost += Double(tokens.writtenForOneHour) * cacheWriteOneHour
        cost += Double(tokens.writtenForTwelveHours) * cacheWriteTwelveHours
        cost += Double(tokens.audioInput) * (audioInput ?? 0)
        cost += Double(tokens.imageInput) * imageInput + Double(tokens.videoInput) * videoInput
        cost += Double(tokens.plainOutput) * output + Double(tokens.reasoning) * reasoning
        cost += Double(tokens.audioOutput) * (audioOutput ?? 0) + Double(tokens.imageOutput) * imageOutput
        return cost
    }
}
