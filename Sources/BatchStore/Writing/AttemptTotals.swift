import BatchEngine
import LLMStreaming

/// What the attempts of a job's request come to: the summed columns of its completion.
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
    /// The prompts of attempts that broke before they reported them, by the attempt's number.
    private(set) var estimatedPrompts: [Int64: Int] = [:]
    /// Of the first attempt with content.
    private(set) var firstChunkMicroseconds: Int64?
    private(set) var durationMicroseconds: Int64?
    private(set) var chunkCount: Int?
    /// Over distinct responses, those whose cost is known.
    private(set) var costUSD: Double?

    /// - Parameters:
    ///   - attempts: those of the job with the request of its completion, in their order.
    ///   - ownPrompt: the tokens of the request as the last attempt reports them, less the kept text that it sent along.
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

/// What a provider bills once: one response, which several attempts may have read.
struct BilledResponse {
    /// The number of the attempt that began it.
    let firstAttempt: Int64
    /// As reported.
    private(set) var promptTokens: Int?
    private(set) var completionTokens: Int?
    private(set) var costUSD: Double?
    /// The tokens of the text that went along.
    private let keptTokens: Int
    /// The tokens of the answer so far, with those.
    var writtenTokens: Int { keptTokens.addingClamped(completionTokens ?? 0) }
    /// Whether anything of it came: an attempt that the provider refused is not billed.
    private var isTaken = false
    /// What its prompt is likely to have: the request, and the kept text that went along.
    private let likelyPrompt: Int?

    /// The prompt's tokens where no attempt reported them.
    var estimatedPrompt: Int? { promptTokens == nil && isTaken ? likelyPrompt : nil }

    private init(_ attempt: AttemptTotals.Attempt, kept: Int, prompt: Int?) {
        firstAttempt = attempt.id
        likelyPrompt = prompt.map { $0.addingClamped(kept) }
        keptTokens = kept
    }

    /// The responses that a job's attempts asked for, in their order.
    ///
    /// A replay reads the response of the attempt that it goes on from, whether that has a name or not.
    ///
    /// - Parameter prompt: the tokens of the request as first sent.
    static func all(of attempts: [AttemptTotals.Attempt], prompt: Int?) -> [BilledResponse] {
        var responses: [BilledResponse] = []
        var named: [String: Int] = [:]
        var places: [Int64: Int] = [:]
        for attempt in attempts {
            let base = attempt.resumedFrom.flatMap { places[$0] }
            let known = attempt.responseID.flatMap { named[$0] } ?? (attempt.strategy == .replay ? base : nil)
            let place = known ?? responses.count
            if known == nil {
                let kept = attempt.holdsKeptText ? base.map { responses[$0].writtenTokens } ?? 0 : 0
                responses.append(BilledResponse(attempt, kept: kept, prompt: prompt))
            }
            places[attempt.id] = place
            if let id = attempt.responseID { named[id] = named[id] ?? place }
            responses[place].add(attempt)
        }
        return responses
    }

    private mutating func add(_ attempt: AttemptTotals.Attempt) {
        promptTokens = Self.larger(promptTokens, attempt.promptTokens)
        completionTokens = Self.larger(completionTokens, attempt.completionTokens)
        costUSD = Self.larger(costUSD, attempt.costUSD)
        isTaken = isTaken || (attempt.chunkCount ?? 0) > 0 || (attempt.completionTokens ?? 0) > 0
    }

    private static func larger<Number: Comparable>(_ left: Number?, _ right: Number?) -> Number? {
        guard let left, let right else { return left ?? right }
        return max(left, right)
    }
}
