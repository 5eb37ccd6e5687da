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
