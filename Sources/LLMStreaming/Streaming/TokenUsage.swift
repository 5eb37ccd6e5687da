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

/// The counts that a report tells, under whatever names its server has for them; nil where it does not say.
struct TokenCounts {
    /// Input, what a cache held or took included.
    var prompt: Int?
    /// Output, reasoning included.
    var completion: Int?
    var total: Int?
    var cached: Int?
    var cacheCreation: Int?
    var reasoning: Int?

    init(_ report: JSONObject) {
        func count(_ names: String...) -> Int? {
            let told = names.lazy.compactMap { Self.count(report[$0]) }
            return told.first { $0 > 0 } ?? told.first
        }
        func detail(_ groups: [String], _ name: String) -> Int? {
            groups.lazy.compactMap { Self.count(report[$0]?[name]) }.first
        }
        let inputDetails = ["prompt_tokens_details", "input_tokens_details", "prompt_token_details"]
        let outputDetails = ["completion_tokens_details", "output_tokens_details"]
        let read = count("cache_read_input_tokens")
        let written = count("cache_creation_input_tokens")
        cached =
            detail(inputDetails, "cached_tokens") ?? read
            ?? count("prompt_cache_hit_tokens", "num_cached_tokens", "cached_tokens")
        cacheCreation = detail(inputDetails, "cache_write_tokens") ?? written
        reasoning = detail(outputDetails, "reasoning_tokens") ?? detail(outputDetails, "thinking_tokens")
        prompt = count("prompt_tokens", "promptTokens", "prompt_eval_count")
        if prompt ?? 0 == 0, let input = count("input_tokens", "inputTokens") {
            // Anthropic's input_tokens leave out what the cache held.
            prompt = input + (read ?? 0) + (written ?? 0)
        }
        // Every request has an input: a zero stands for a figure that the server does not know.
        if prompt == 0 { prompt = nil }
        completion = count("completion_tokens", "output_tokens", "completionTokens", "outputTokens", "eval_count")
        total = count("total_tokens", "totalTokens").flatMap { $0 > 0 ? $0 : nil }
        takeWhatIsApart(hasAudio: Self.isPositive(report["prompt_audio_seconds"]))
    }

    /// Takes tokens that only the total holds to where they belong, as far as the report tells it.
    ///
    /// xAI counts reasoning beside the output, Mistral the tokens of sound beside the input.
    private mutating func takeWhatIsApart(hasAudio: Bool) {
        if total == nil, let reasoning, let completion, reasoning > completion {
            // More than the output that it would be a part of: without a total, that alone tells.
            self.completion = completion + reasoning
            return
        }
        guard let total, let prompt, let completion, total > prompt + completion else { return }
        let apart = total - prompt - completion
        if let reasoning, reasoning == apart || reasoning > completion {
            self.completion = completion + min(apart, reasoning)
        } else if hasAudio || cached ?? 0 > prompt {
            self.prompt = prompt + apart
        }
    }

    /// The sum of the counts of several requests, each as far as one of them tells it; nil for none.
    static func sum(_ parts: [TokenCounts]) -> TokenCounts? {
        guard var sum = parts.first else { return nil }
        func add(_ figure: WritableKeyPath<TokenCounts, Int?>, _ part: TokenCounts) {
            guard let more = part[keyPath: figure] else { return }
            sum[keyPath: figure] = min(NumberGate.counts.upperBound, (sum[keyPath: figure] ?? 0) + more)
        }
        for part in parts.dropFirst() {
            add(\.prompt, part)
            add(\.completion, part)
            add(\.total, part)
            add(\.cached, part)
            add(\.cacheCreation, part)
            add(\.reasoning, part)
        }
        return sum
    }

    /// A count, which some servers write as a text.
    private static func count(_ value: JSON?) -> Int? {
        NumberGate.count(value?.int ?? value?.string.flatMap { Int($0) })
    }

    private static func isPositive(_ value: JSON?) -> Bool { value?.double.map { $0 > 0 } ?? false }
}

/// What a provider has reported of a request's tokens so far, put together from its reports.
extension JSONObject {
    /// This report with a later one over it: member by member the later one wins, unless it says nothing.
    ///
    /// Servers fill in zeros where they do not know a figure, before the real one and behind it: neither a zero nor a
    /// null takes the place of a positive figure.
    func updated(by later: JSONObject) -> JSONObject {
        goingOn(with: JSONObject(later.members.filter { !$0.value.isNull }), choosing: Self.toldFigure)
    }

    private static func toldFigure(_ earlier: JSON, _ later: JSON) -> JSON {
        switch (earlier, later) {
        case (.object(let earlier), .object(let later)): .object(earlier.updated(by: later))
        case (.array(let elements), .array(let others)) where others.isEmpty && !elements.isEmpty: earlier
        case (.number, _), (.string, _):
            !earlier.isPositive || later.isPositive || later.isStructure ? later : earlier
        case (.object, _), (.array, _): later.isPositive || later.isStructure ? later : earlier
        default: later
        }
    }
}

extension JSON {
    fileprivate var isPositive: Bool { (double ?? string.flatMap { Double($0) }).map { $0 > 0 } ?? false }
    fileprivate var isStructure: Bool { object != nil || array != nil }
}
