import BatchEngine
import LLMStreaming

/// What a provider bills at once: one response, be it read by several attempts.
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

    /// The prompt's tokens where no attempt told them.
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
