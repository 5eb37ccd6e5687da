package import LLMStreaming

/// A request's tokens by what they cost: each is in one of the counts.
package struct BilledTokens: Sendable, Equatable {
    /// All of the input, which the thresholds are compared with.
    package private(set) var prompt: Int
    package private(set) var plainInput = 0
    package private(set) var cached = 0
    /// Written to a cache for the provider's shortest time, or for one that it did not tell.
    package private(set) var written = 0
    package private(set) var writtenForOneHour = 0
    package private(set) var writtenForTwelveHours = 0
    package private(set) var audioInput = 0
    package private(set) var imageInput = 0
    package private(set) var videoInput = 0
    package private(set) var plainOutput = 0
    package private(set) var reasoning = 0
    package private(set) var audioOutput = 0
    package private(set) var imageOutput = 0

    /// Tokens of nothing special.
    package init(input: Int, output: Int) {
        prompt = max(0, input)
        plainInput = prompt
        plainOutput = max(0, output)
    }

    /// The tokens of a report; nil where it leaves the input's or the output's count out.
    package init?(_ usage: TokenUsage) {
        guard let prompt = usage.promptTokens, let completion = usage.completionTokens else { return nil }
        self.prompt = prompt
        var rest = prompt
        /// Removes what is part of the rest.
        func take(_ count: Int?) -> Int {
            let taken = min(rest, max(0, count ?? 0))
            rest -= taken
            return taken
        }
        let input = Self.details(["prompt_tokens_details", "input_tokens_details", "prompt_token_details"], usage.raw)
        let output = Self.details(["completion_tokens_details", "output_tokens_details"], usage.raw)
        cached = take(usage.cachedTokens)
        let all = take(usage.cacheCreationTokens)
        let lasting = usage.raw["cache_creation"]
        let byLifetime = input?["cache_write_tokens_details"] ?? usage.raw["cache_write_tokens_details"]
        writtenForOneHour = min(all, Self.count(lasting?["ephemeral_1h_input_tokens"]))
        writtenForTwelveHours = min(all - writtenForOneHour, Self.count(byLifetime?["ttl_12h_tokens"]))
        written = all - writtenForOneHour - writtenForTwelveHours
        audioInput = take(Self.count(input?["audio_tokens"]))
        imageInput = take(Self.count(input?["image_tokens"]))
        videoInput = take(Self.count(input?["video_tokens"]))
        plainInput = rest
        // What only the total holds is output: thinking that a server counts beside its answer.
        rest = completion.addingClamped(usage.tokensApart)
        reasoning = take(usage.reasoningTokens)
        audioOutput = take(Self.count(output?["audio_tokens"]))
        imageOutput = take(Self.count(output?["image_tokens"]))
        plainOutput = rest
    }

    private static func details(_ names: [String], _ report: JSONObject) -> JSON? {
        names.lazy.compactMap { report[$0] }.first { $0.object != nil }
    }

    private static func count(_ value: JSON?) -> Int { NumberGate.count(value?.int) ?? 0 }
}

/// What each kind of token of one request costs, in US dollars: length, tier and hour are in it.
package struct TokenRates: Sendable, Equatable {
    package var input: Double
    package var output: Double
    package var cachedInput: Double
    package var cacheWrite: Double
    package var cacheWriteOneHour: Double
    package var cacheWriteTwelveHours: Double
    package var reasoning: Double
    /// Nil where the table does not say, and then no such request has a price.
    package var audioInput: Double?
    package var audioOutput: Double?
    package var imageInput: Double
    package var videoInput: Double
    package var imageOutput: Double

    /// What so many tokens cost; nil where a rate is missing that they take.
    func cost(of tokens: BilledTokens) -> Double? {
        guard tokens.audioInput == 0 || audioInput != nil, tokens.audioOutput == 0 || audioOutput != nil else {
            return nil
        }
        // In parts: the compiler takes long for one expression.
        var cost = Double(tokens.plainInput) * input + Double(tokens.cached) * cachedInput
        cost += Double(tokens.written) * cacheWrite
        cost += Double(tokens.writtenForOneHour) * cacheWriteOneHour
        cost += Double(tokens.writtenForTwelveHours) * cacheWriteTwelveHours
        cost += Double(tokens.audioInput) * (audioInput ?? 0)
        cost += Double(tokens.imageInput) * imageInput + Double(tokens.videoInput) * videoInput
        cost += Double(tokens.plainOutput) * output + Double(tokens.reasoning) * reasoning
        cost += Double(tokens.audioOutput) * (audioOutput ?? 0) + Double(tokens.imageOutput) * imageOutput
        return cost
    }
}
