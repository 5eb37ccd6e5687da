/// Which rate a member of the price table holds, such as `input_cost_per_token_above_272k_tokens_flex`.
package struct PriceKey: Sendable, Hashable {
    /// What is priced.
    package enum Kind: String, Sendable, CaseIterable {
        case input = "input_cost_per_token"
        case output = "output_cost_per_token"
        case cachedInput = "cache_read_input_token_cost"
        case cacheWrite = "cache_creation_input_token_cost"
        /// Written to a cache that keeps it for an hour, and for twelve.
        case cacheWriteOneHour = "cache_creation_input_token_cost_above_1hr"
        case cacheWriteTwelveHours = "cache_creation_input_token_cost_above_12hr"
        case reasoning = "output_cost_per_reasoning_token"
        case audioInput = "input_cost_per_audio_token"
        case imageInput = "input_cost_per_image_token"
        case videoInput = "input_cost_per_video_token"
        case audioOutput = "output_cost_per_audio_token"
        case imageOutput = "output_cost_per_image_token"

        /// The longest names first: some begin with another's.
        fileprivate static let byLength = allCases.sorted { $0.rawValue.utf8.count > $1.rawValue.utf8.count }
    }

    package var kind: Kind
    /// The tokens of input above which it holds; 0 for all requests.
    package var threshold = 0
    package var tier = PriceTier.standard

    package init(_ kind: Kind, above threshold: Int = 0, _ tier: PriceTier = .standard) {
        self.kind = kind
        self.threshold = threshold
        self.tier = tier
    }

    /// Reads a member's name; nil for one that holds no rate of a token.
    package init?(_ name: String) {
        guard let kind = Kind.byLength.first(where: { name.utf8.starts(with: $0.rawValue.utf8) }) else { return nil }
        self.kind = kind
        var rest = name.dropFirst(kind.rawValue.count)
        if rest.hasPrefix("_above_") {
            let digits = rest.dropFirst(7).prefix { $0.isASCII && $0.isNumber }
            guard let number = Int(digits), (1...1_000_000_000).contains(number) else { return nil }
            rest = rest.dropFirst(7 + digits.count)
            let isThousands = rest.hasPrefix("k")
            if isThousands { rest = rest.dropFirst() }
            guard rest.hasPrefix("_tokens") else { return nil }
            rest = rest.dropFirst(7)
            threshold = isThousands ? number * 1000 : number
        }
        if rest.isEmpty { return }
        guard rest.hasPrefix("_"), let tier = PriceTier(suffix: rest.dropFirst()) else { return nil }
        self.tier = tier
    }
}
