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

    /// The usage that a report in any provider's form tells.
    ///
    /// Where it lists the requests that one answer took (Anthropic's `iterations`), their sum is what is billed, and
    /// the figures beside the list leave some out.
    public init(raw: JSONObject) {
        self.raw = raw
        var counts = TokenCounts(raw)
        if let billed = TokenCounts.sum(Self.iterations(of: raw).map(TokenCounts.init)) {
            counts.prompt = Self.larger(counts.prompt, billed.prompt)
            counts.completion = Self.larger(counts.completion, billed.completion)
            counts.cached = Self.larger(counts.cached, billed.cached)
            counts.cacheCreation = Self.larger(counts.cacheCreation, billed.cacheCreation)
            counts.reasoning = Self.larger(counts.reasoning, billed.reasoning)
        }
        promptTokens = counts.prompt
        completionTokens = counts.completion
        cachedTokens = counts.cached
        cacheCreationTokens = counts.cacheCreation
        reasoningTokens = counts.reasoning
        totalTokens = counts.total ?? sumOfTokens
    }

    /// The reports of the requests that one answer took, where the report lists them.
    package static func iterations(of raw: JSONObject) -> [JSONObject] {
        (raw["iterations"]?.array ?? []).compactMap(\.object)
    }

    /// Tokens that only the reported total holds: the report does not say of what.
    package var tokensApart: Int {
        guard let totalTokens, let sum = sumOfTokens else { return 0 }
        return max(0, totalTokens - sum)
    }

    private var sumOfTokens: Int? { promptTokens.flatMap { prompt in completionTokens.map { prompt + $0 } } }

    private static func larger(_ left: Int?, _ right: Int?) -> Int? {
        guard let left, let right else { return left ?? right }
        return max(left, right)
    }
}
