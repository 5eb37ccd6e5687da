import LLMStreaming

/// What is set aside for a request: the most that it is likely to use up.
struct Reservation: Sendable, Equatable {
    var tokens = 0.0
    var cost = 0.0
    private var inputTokens = 0.0
    private var tier = PriceTier.standard

    /// Nothing: no budget bounds the run.
    static let none = Reservation()

    private init() {}

    /// Sets aside for a job.
    ///
    /// - Parameters:
    ///   - request: as stored.
    ///   - bytes: that it has to say. Half of them is more than the tokens of nearly any text, and an estimate that
    ///     is too low would let the run pass its cap.
    ///   - largestOutput: the tokens of an answer where the request bounds none.
    ///   - price: of its model; nil where none is known.
    ///   - serviceTier: the one that is asked for where the request does not say.
    ///   - region: where its data stay.
    init(
        request: [UInt8], bytes: Int, largestOutput: Double, price: ModelPrice?, serviceTier: String? = nil,
        region: BillingRegion? = nil
    ) {
        let content = try? JobRequest(stored: request).content
        inputTokens = Double(bytes) / 2
        let output =
            Double(content?.choices ?? 1) * (content?.maximumTokens.map { Double(max(0, $0)) } ?? largestOutput)
        tokens = inputTokens + output
        tier = PriceTier(served: nil, asked: content?.askedTier ?? serviceTier) ?? .standard
        guard let price else { return }
        let members = content?.members
        let dearest = price.dearest(
            upTo: bytes / 2, tier, keepsCache: (Self.holds(request, "1h"), Self.holds(request, "12h")))
        let factor = price.multiplier(
            speed: members?["speed"]?.string, geography: members?["inference_geo"]?.string, region)
        cost = (inputTokens * dearest.input + output * dearest.output) * max(1, factor)
    }

    /// Whether a request has a text of its own that says this: how long a cache is to keep it.
    private static func holds(_ request: [UInt8], _ lifetime: String) -> Bool {
        let text = Array("\"\(lifetime)\"".utf8)
        return request.indices.contains { request[$0] == text[0] && request[$0...].starts(with: text) }
    }

    /// What an attempt used up, by report; what it did not report is estimated, where the provider took the request.
    func used(_ result: StreamResult, cost known: Double?, price: ModelPrice?) -> (tokens: Double, cost: Double) {
        let pieces = result.partial.contentDeltaCount
        let isTaken = result.usage != nil || !result.partial.isEmpty || result.chunkCount > 0
        guard isTaken else { return (0, known ?? 0) }
        let input = result.usage?.promptTokens.map(Double.init) ?? inputTokens
        let told = (result.usage?.completionTokens ?? 0) + (result.usage?.tokensApart ?? 0)
        let output = Double(max(pieces, told))
        let rates = price?.rates(for: Int(input), tier)
        return (input + output, known ?? rates.map { input * $0.input + output * $0.output } ?? 0)
    }
}
