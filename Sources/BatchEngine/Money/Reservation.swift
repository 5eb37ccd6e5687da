import LLMStreaming

/// What is set aside for a request: the most that it is likely to use up.
struct Reservation: Sendable, Equatable {
    var tokens = 0.0
    var cost = 0.0
    private var inputTokens = 0.0

    /// Nothing: no budget bounds the run.
    static let none = Reservation()

    private init() {}

    /// Sets aside for a job.
    ///
    /// - Parameters:
    ///   - request: as stored.
    ///   - bytes: that it has to say. Half of them is more than the tokens of nearly any text, and an estimate that
    ///     is too low would let the run pass its cap.
    ///   - largestOutput: the tokens of an answer where the request bounds none.
    init(request: [UInt8], bytes: Int, largestOutput: Double, price: ModelPrice?) {
        let content = try? JobRequest(stored: request).content
        inputTokens = Double(bytes) / 2
        let output =
            Double(content?.choices ?? 1) * (content?.maximumTokens.map { Double(max(0, $0)) } ?? largestOutput)
        tokens = inputTokens + output
        if let price { cost = inputTokens * max(price.input, price.cacheWrite) + output * price.output }
    }

    /// What an attempt used up, by report; what it did not report is estimated, where the provider took the request.
    func used(_ result: StreamResult, cost known: Double?, price: ModelPrice?) -> (tokens: Double, cost: Double) {
        let pieces = result.partial.contentDeltaCount
        let isTaken = result.usage != nil || !result.partial.isEmpty || result.chunkCount > 0
        guard isTaken else { return (0, known ?? 0) }
        let input = result.usage?.promptTokens.map(Double.init) ?? inputTokens
        let told = (result.usage?.completionTokens ?? 0) + (result.usage?.tokensApart ?? 0)
        let output = Double(max(pieces, told))
        return (input + output, known ?? price.map { input * $0.input + output * $0.output } ?? 0)
    }
}
