/// The tokens of a request as its provider counted them; nil means that it did not say, which is not 0.
///
/// ```swift
/// if let usage = completion.usage, let output = usage.completionTokens {
///     print("\(output) tokens, \(usage.reasoningTokens.map(String.init) ?? "unknown how many") of thinking")
/// }
/// ```
public struct TokenUsage: Sendable, Hashable {
    /// All tokens of the input, cached ones included.
    public var promptTokens: Int?
    /// All tokens of the output, reasoning included.
    public var completionTokens: Int?
    /// Input and output together, as reported or else as the sum.
    public var totalTokens: Int?
    /// Input tokens read from a cache.
    public var cachedTokens: Int?
    /// Input tokens written to a cache.
    public var cacheCreationTokens: Int?
    /// Output tokens that were thinking.
    public var reasoningTokens: Int?
    /// The report as it came.
    public var raw: JSONObject

    /// The usage that a report in any provider's form tells (WIRE.md 2 to 4).
    public init(raw: JSONObject) {
        func count(_ value: JSON?) -> Int? { NumberGate.count(value?.int) }
        func int(_ key: String) -> Int? { count(raw[key]) }
        func detail(_ groups: [String], _ key: String) -> Int? {
            groups.lazy.compactMap { count(raw[$0]?[key]) }.first
        }
        self.raw = raw
        let inputDetails = ["prompt_tokens_details", "input_tokens_details"]
        let outputDetails = ["completion_tokens_details", "output_tokens_details"]
        let anthropicCached = int("cache_read_input_tokens")
        let anthropicCreated = int("cache_creation_input_tokens")
        cachedTokens =
            detail(inputDetails, "cached_tokens") ?? anthropicCached ?? int("prompt_cache_hit_tokens")
            ?? int("num_cached_tokens")
        cacheCreationTokens = detail(inputDetails, "cache_write_tokens") ?? anthropicCreated
        reasoningTokens = detail(outputDetails, "reasoning_tokens") ?? detail(outputDetails, "thinking_tokens")
        // Anthropic's input_tokens leave out what the cache held (WIRE.md 4).
        promptTokens =
            int("prompt_tokens") ?? int("input_tokens").map { $0 + (anthropicCached ?? 0) + (anthropicCreated ?? 0) }
        completionTokens = int("completion_tokens") ?? int("output_tokens")
        if let total = int("total_tokens") {
            totalTokens = total
        } else if let promptTokens, let completionTokens {
            totalTokens = promptTokens + completionTokens
        }
    }
}
