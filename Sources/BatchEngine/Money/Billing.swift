package import LLMStreaming

/// What besides its tokens a request's price depends on.
package struct Billing: Sendable, Equatable {
    /// The service tier that served, and the one that was asked for, in the provider's words; nil where not told.
    package var servedTier: String?
    package var askedTier: String?
    /// When it is billed, in Unix milliseconds; nil for no off-peak hour.
    package var unixMilliseconds: Int64?
    /// Where its data stay.
    package var region: BillingRegion?

    package init(
        servedTier: String? = nil, askedTier: String? = nil, unixMilliseconds: Int64? = nil,
        region: BillingRegion? = nil
    ) {
        self.servedTier = servedTier
        self.askedTier = askedTier
        self.unixMilliseconds = unixMilliseconds
        self.region = region
    }
}

/// A host that costs more than the provider's common one.
package enum BillingRegion: Sendable, Hashable {
    /// OpenAI's hosts of a region: `eu`, `us`; `fedramp` is that of the government.
    case dataResidency(String)
    /// A Vertex endpoint that is not the global one.
    case vertex

    /// The region of a host; nil for a provider's common one.
    package init?(host: String) {
        let host = host.lowercased()
        switch host {
        case "eu.api.openai.com": self = .dataResidency("eu")
        case "us.api.openai.com": self = .dataResidency("us")
        case "gov.api.openai.com": self = .dataResidency("fedramp")
        case _ where host.hasSuffix("-aiplatform.googleapis.com") && !host.hasPrefix("global-"): self = .vertex
        default: return nil
        }
    }
}

/// The service tiers that have prices of their own.
package enum PriceTier: String, Sendable, Hashable, CaseIterable {
    case standard, flex, balanced, priority, ultrafast, batch

    /// The tier that the end of a price's name tells.
    init?(suffix: Substring) {
        switch suffix {
        case "flex", "balanced", "priority", "ultrafast": self.init(rawValue: String(suffix))
        case "batches": self = .batch
        default: return nil
        }
    }

    /// The tier by which a request is billed: the one that served it, else the one that it asked for.
    ///
    /// Nil for a word whose price no table tells, such as OpenAI's `scale` or Groq's `performance`.
    package init?(served: String?, asked: String?) {
        let word = served.map { $0.lowercased() }
        switch word {
        case nil, "", "auto", "not_available":
            switch asked?.lowercased() {
            case nil, "auto": self = .standard
            case let asked?: self.init(word: asked)
            }
        case let word?: self.init(word: word)
        }
    }

    private init?(word: String) {
        switch word {
        case "", "default", "standard", "standard_only", "on_demand": self = .standard
        case "flex", "on_demand_flex": self = .flex
        case "balanced": self = .balanced
        case "priority", "fast", "on_demand_priority": self = .priority
        case "ultrafast": self = .ultrafast
        case "batch": self = .batch
        default: return nil
        }
    }
}

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
