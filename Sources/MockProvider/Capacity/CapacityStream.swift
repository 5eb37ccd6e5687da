import NIOCore

/// One request at a server of limited capacity.
struct CapacityStream: Sendable {
    enum Phase: Sendable {
        /// In the queue.
        case waiting
        /// In a slot; the prompt is computed when the prefill clock has reached `end`.
        case prefilling(end: Double, tokens: Int)
        /// In a slot; token number `first` came when the decode clock was at `start`, and one more with each token since.
        case decoding(start: Double, first: Int)
        /// All tokens are there.
        case finished
    }

    let prompt: PromptBlocks
    /// The tokens of the answer, at least 1.
    let outputTokens: Int
    let arrived: NIODeadline
    var phase = Phase.waiting
    /// Tokens of the answer that came before the last preemption.
    var kept = 0
    /// Blocks at the prompt's beginning that are held by their hashes.
    var sharedBlocks = 0
    /// Blocks that the request has for itself.
    var ownBlocks = 0
    /// Prompt tokens that were found in the cache when the request got its first slot; nil before.
    var cachedTokens: Int?

    init(prompt: PromptBlocks, outputTokens: Int, arrived: NIODeadline) {
        self.prompt = prompt
        self.outputTokens = max(1, outputTokens)
        self.arrived = arrived
    }

    /// Tokens after which rounding counts as no difference.
    static let tolerance = 1e-6

    /// Tokens of the answer that are there when the decode clock is at `clock`.
    func generated(at clock: Double) -> Int {
        switch phase {
        case .waiting, .prefilling: kept
        case .decoding(let start, let first): min(outputTokens, first + Int(clock - start + Self.tolerance))
        case .finished: outputTokens
        }
    }

    /// Blocks for the tokens that are there and the next one.
    var blocksToStart: Int { CapacityLimits.blocks(holding: prompt.tokens + min(kept + 1, outputTokens)) }

    /// Blocks that it has not yet for the tokens that are there when the decode clock is at `clock`.
    ///
    /// An answer's last token needs none, since nothing is computed after it.
    func missingBlocks(at clock: Double) -> Int {
        guard case .decoding = phase else { return 0 }
        let tokens = prompt.tokens + min(generated(at: clock), outputTokens - 1)
        return max(0, CapacityLimits.blocks(holding: tokens) - sharedBlocks - ownBlocks)
    }

    /// The hashes that may be found in the cache: at least one token is computed, as vLLM does.
    var sharableHashes: ArraySlice<UInt64> {
        prompt.hashes.prefix((prompt.tokens + kept - 1) / CapacityLimits.blockTokens)
    }

    /// Where the decode clock is when the last token comes; nil where it does not decode.
    var endOfDecoding: Double? {
        if case .decoding(let start, let first) = phase { start + Double(outputTokens - first) } else { nil }
    }

    /// Where the decode clock is when another block is needed; nil where it does not decode.
    var endOfBlocks: Double? {
        guard case .decoding(let start, let first) = phase else { return nil }
        let room = (sharedBlocks + ownBlocks) * CapacityLimits.blockTokens - prompt.tokens
        return start + Double(room + 1 - first)
    }
}
