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
