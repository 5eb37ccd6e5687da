import LLMStreaming

/// What a request is expected to use up, and after its end what it has.
package struct RequestSize: Sendable, Equatable {
    package var inputTokens: Double
    package var outputTokens: Double

    package init(inputTokens: Double, outputTokens: Double) {
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
    }

    /// How much of a resource that is.
    func amount(of resource: RateLimit.Resource) -> Double {
        switch resource {
        case .requests: 1
        case .tokens: inputTokens + outputTokens
        case .inputTokens: inputTokens
        case .outputTokens: outputTokens
        }
    }
}
