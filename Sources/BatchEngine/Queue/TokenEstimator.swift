import LLMStreaming

/// Estimates the tokens of a model's requests from those that ended before.
struct TokenEstimator: Sendable {
    /// Bytes of a stored request per token of input: about four in English; learnt from reports.
    private var bytesPerToken = 4.0
    /// The tokens of an answer, smoothed; the first guess is of a short one.
    private var meanOutput = 256.0
    private var isOutputKnown = false
    /// The longest answer seen; 4,096 before any (Contract, "Cost").
    private(set) var largestOutput = Double(WorkEstimate.assumedOutput)
    private var isLargestKnown = false

    /// The expected size of a request of so many bytes.
    func size(bytes: Int) -> RequestSize {
        RequestSize(inputTokens: max(1, Double(bytes) / bytesPerToken), outputTokens: meanOutput)
    }

    /// Learns from a request that ended.
    mutating func learn(bytes: Int, promptTokens: Int?, completionTokens: Int?) {
        if let promptTokens, promptTokens > 0, bytes > 0 {
            bytesPerToken += (min(64, max(0.25, Double(bytes) / Double(promptTokens))) - bytesPerToken) / 8
        }
        guard let completionTokens else { return }
        let tokens = Double(completionTokens)
        meanOutput = isOutputKnown ? meanOutput + (tokens - meanOutput) / 16 : tokens
        isOutputKnown = true
        largestOutput = isLargestKnown ? max(largestOutput, tokens) : tokens
        isLargestKnown = true
    }
}

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
