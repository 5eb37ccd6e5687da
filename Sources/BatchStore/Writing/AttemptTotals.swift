import LLMStreaming

/// What the tries of a job's request come to: the summed columns of its completion (SPEC 6).
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
    }

    /// Of the first attempt that has it.
    private(set) var promptTokens: Int?
    /// Over distinct responses: a replayed one is billed once.
    private(set) var billedPromptTokens: Int?
    private(set) var billedCompletionTokens: Int?
    /// Of the first attempt with content.
    private(set) var firstChunkMicroseconds: Int64?
    private(set) var durationMicroseconds: Int64?
    private(set) var chunkCount: Int?
    /// Over distinct responses, those whose cost is known.
    private(set) var costUSD: Double?

    /// - Parameter attempts: those of the job with the request of its completion, in their order.
    init(_ attempts: [Attempt]) {
        var responses: [String: (prompt: Int?, completion: Int?, cost: Double?)] = [:]
        for attempt in attempts {
            promptTokens = promptTokens ?? attempt.promptTokens
            firstChunkMicroseconds = firstChunkMicroseconds ?? attempt.firstChunkMicroseconds
            durationMicroseconds = Self.sum(durationMicroseconds, attempt.durationMicroseconds)
            chunkCount = Self.sum(chunkCount, attempt.chunkCount)
            let response = attempt.responseID.map { "response \($0)" } ?? "attempt \(attempt.id)"
            let known = responses[response]
            responses[response] = (
                Self.larger(known?.prompt, attempt.promptTokens),
                Self.larger(known?.completion, attempt.completionTokens),
                Self.larger(known?.cost, attempt.costUSD)
            )
        }
        for response in responses.values {
            billedPromptTokens = Self.sum(billedPromptTokens, response.prompt)
            billedCompletionTokens = Self.sum(billedCompletionTokens, response.completion)
            costUSD = Self.sum(costUSD, response.cost)
        }
    }

    private static func sum<Number: FixedWidthInteger>(_ left: Number?, _ right: Number?) -> Number? {
        guard let left, let right else { return left ?? right }
        return left.addingClamped(right)
    }

    private static func sum(_ left: Double?, _ right: Double?) -> Double? {
        guard let left, let right else { return left ?? right }
        return left + right
    }

    private static func larger<Number: Comparable>(_ left: Number?, _ right: Number?) -> Number? {
        guard let left, let right else { return left ?? right }
        return max(left, right)
    }
}
