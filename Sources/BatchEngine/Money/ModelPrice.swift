package import LLMStreaming

/// What a model's tokens cost, in US dollars a token.
package struct ModelPrice: Sendable, Equatable {
    package var input: Double
    package var output: Double
    /// Input tokens read from a cache, and written to one; as other input where the table does not say.
    package var cachedInput: Double
    package var cacheWrite: Double

    package init(input: Double, output: Double, cachedInput: Double? = nil, cacheWrite: Double? = nil) {
        self.input = input
        self.output = output
        self.cachedInput = cachedInput ?? input
        self.cacheWrite = cacheWrite ?? input
    }

    /// What so many tokens cost; nil where a report leaves a count out.
    package func cost(of usage: TokenUsage) -> Double? {
        guard let prompt = usage.promptTokens, let completion = usage.completionTokens else { return nil }
        let cached = min(prompt, usage.cachedTokens ?? 0)
        let written = min(prompt - cached, usage.cacheCreationTokens ?? 0)
        return Double(prompt - cached - written) * input + Double(cached) * cachedInput
            + Double(written) * cacheWrite + Double(completion) * output
            // What only the total holds is output: thinking that a server counts beside its answer.
            + Double(usage.tokensApart) * output
    }
}
