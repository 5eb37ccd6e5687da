import LLMStreaming

/// A row of `tiered_pricing`: the rates of requests whose input is longer than its lower bound and at most its upper.
struct PricedRange: Sendable, Equatable {
    var lower: Double
    var upper: Double
    var rates: [PriceKey.Kind: Double]

    /// The row that holds a request; behind the last the last, none for an empty input or without an input rate.
    static func row(for prompt: Int, in rows: [PricedRange]) -> PricedRange? {
        guard prompt > 0 else { return nil }
        let row = rows.first { $0.lower < Double(prompt) && Double(prompt) <= $0.upper } ?? rows.last
        return row?.rates[.input] == nil ? nil : row
    }
}
