import BatchEngine
import LLMStreaming

/// What the tries of a job's request come to: the summed columns of its completion.
struct AttemptTotals: Equatable {
    /// What is summed of one attempt.
    struct Attempt: Equatable {
        var id: Int64
        var responseID: String?
        var promptTokens: Int?
        var completionTokens: Int?
        var firstChunkMicroseconds: Int64?
        var durationMicroseconds: Int64?
        var chunkCount: Int?
        var costUSD: Double?
        var strategy: ResumeStrategy?
        var resumedFrom: Int64?

        /// Whether its prompt holds more than the request: what an earlier attempt had written.
        var holdsKeptText: Bool {
            switch strategy {
            case .prefill, .continue, .turn: true
            case .replay, .restart, nil: false
            }
        }
    }

    /// Of the request as first sent.
    private(set) var promptTokens: Int?
    /// Over distinct responses: a replayed one is billed once.
    private(set) var billedPromptTokens: Int?
    private(set) var billedCompletionTokens: Int?
    /// The prompts of attempts that broke before they told them, by the attempt's number.
    private(set) var estimatedPrompts: [Int64: Int] = [:]
    /// Of the first attempt with content.
    private(set) var firstChunkMicroseconds: Int64?
    private(set) var durationMicroseconds: Int64?
    private(set) var chunkCount: Int?
    /// Over distinct responses, those whose cost is known.
    private(set) var costUSD: Double?

    /// - Parameters:
    ///   - attempts: those of the job with the request of its completion, in their order.
    ///   - ownPrompt: the tokens of the request as the last attempt tells them, less the kept text that it sent along.
    init(_ attempts: [Attempt], ownPrompt: Int? = nil) {
        // A replay is of the stream that it goes on from.
        var holding: Set<Int64> = []
        for attempt in attempts {
            let isReplayOfOne = attempt.strategy == .replay && attempt.resumedFrom.map(holding.contains) ?? false
            if attempt.holdsKeptText || isReplayOfOne { holding.insert(attempt.id) }
        }
        let own = attempts.first { !holding.contains($0.id) && $0.promptTokens != nil }
        promptTokens = own?.promptTokens ?? ownPrompt
        for attempt in attempts {
            firstChunkMicroseconds = firstChunkMicroseconds ?? attempt.firstChunkMicroseconds
            durationMicroseconds = Self.sum(durationMicroseconds, attempt.durationMicroseconds)
            chunkCount = Self.sum(chunkCount, attempt.chunkCount)
        }
        for response in BilledResponse.all(of: attempts, prompt: promptTokens) {
            if let estimate = response.estimatedPrompt { estimatedPrompts[response.firstAttempt] = estimate }
            billedPromptTokens = Self.sum(billedPromptTokens, response.promptTokens ?? response.estimatedPrompt)
            billedCompletionTokens = Self.sum(billedCompletionTokens, response.completionTokens)
            costUSD = Self.cost(costUSD, response.costUSD)
        }
    }

    /// The sum of what is an amount: stored rows of earlier versions may hold others.
    private static func cost(_ sum: Double?, _ cost: Double?) -> Double? {
        guard let cost = NumberGate.money(cost) else { return sum }
        return (sum ?? 0) + cost
    }

    private static func sum<Number: FixedWidthInteger>(_ left: Number?, _ right: Number?) -> Number? {
        guard let left, let right else { return left ?? right }
        // A stored row may hold anything.
        return left.addingClamped(right)
    }
}
