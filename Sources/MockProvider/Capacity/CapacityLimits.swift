/// What a self-hosted server can do: its slots, queue, cache and speeds.
///
/// Contract, "Mock provider".
package struct CapacityLimits: Sendable, Hashable {
    /// Tokens in a block of the cache, as vLLM has them by default.
    package static let blockTokens = 16
    /// How many slots there may be.
    package static let slotCounts = 1...1_000_000
    /// How many blocks there may be.
    package static let blockCounts = 1...100_000_000
    /// How many tokens a second there may be.
    package static let rates = 1...1_000_000_000

    /// Requests that may have a slot at once, vLLM's `max_num_seqs`; at least 1.
    package var slots = 256
    /// Requests that may wait for a slot; nil is any number.
    package var queue: Int?
    /// Blocks of the cache, for running requests and for prefixes that are kept; at least 1.
    package var cacheBlocks = 65_536
    /// Prompt tokens a second that are computed, shared evenly by those that prefill at once; nil takes no time.
    package var prefillRate: Int?
    /// The most tokens a second of one stream.
    package var decodeRate: Int?
    /// The most tokens a second of all streams together.
    ///
    /// Without it and `decodeRate` an answer has its behaviour's own pace, and its slot until it is sent.
    package var totalRate: Int?

    package init() {}

    /// Tokens a second and stream where this many decode; nil where decoding takes no time.
    func decodeRate(running: Int) -> Double? {
        let single = decodeRate.map(Double.init)
        let share = totalRate.map { Double($0) / Double(max(1, running)) }
        return [single, share].compactMap(\.self).min()
    }

    /// Blocks that hold this many tokens.
    static func blocks(holding tokens: Int) -> Int { (tokens + blockTokens - 1) / blockTokens }
}
