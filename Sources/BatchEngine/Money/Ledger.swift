import LLMStreaming

/// What a run's requests may use up, what is set aside for those under way, and what they used: money and tokens.
struct Ledger: Sendable {
    private(set) var cost: Budget
    private(set) var tokens: Budget
    private let prices: PriceTable
    /// The tier that jobs ask for which do not say.
    private let serviceTier: String?
    /// The regions of the providers that bill by them.
    private let regions: [String: BillingRegion]

    init(_ configuration: RunConfiguration, regions: [String: BillingRegion] = [:]) {
        serviceTier = configuration.serviceTier
        self.regions = regions
        cost = configuration.cost
        tokens = configuration.tokens
        prices = configuration.prices
    }

    /// Whether the user bounds anything.
    var isBounded: Bool { cost.cap != nil || tokens.cap != nil }

    /// What a job's next request would have set aside.
    func reservation(for job: borrowing Job, of model: ModelName, largestOutput: Double) -> Reservation {
        Reservation(
            request: job.request, bytes: job.expectedBytes, largestOutput: largestOutput,
            price: prices.price(of: model), serviceTier: serviceTier, region: regions[model.provider])
    }

    /// What is set aside for a request that is under way, of which no more than its bytes is known.
    func reservation(forBytes bytes: Int, of model: ModelName, largestOutput: Double) -> Reservation {
        Reservation(
            request: [], bytes: bytes, largestOutput: largestOutput, price: prices.price(of: model),
            serviceTier: serviceTier, region: regions[model.provider])
    }

    /// Whether so much more may be set aside; where cost is bounded, nothing may whose price is not known.
    func allows(_ reservation: Reservation) -> Bool {
        cost.allows(reservation.cost) && tokens.allows(reservation.tokens)
            && (cost.cap == nil || reservation.isPriced)
    }

    /// Changes what the run may cost.
    ///
    /// - Parameters:
    ///   - cap: in US dollars; nil for no bound.
    ///   - earlier: what earlier runs have spent, where that was not counted before.
    mutating func set(costCap cap: Double?, earlier: Double) {
        cost.cap = cap
        cost.settle(reserved: 0, used: earlier)
    }

    mutating func reserve(_ reservation: Reservation) {
        cost.reserve(reservation.cost)
        tokens.reserve(reservation.tokens)
    }

    /// Gives back what was set aside for a request that was not sent.
    mutating func giveBack(_ reservation: Reservation) {
        cost.settle(reserved: reservation.cost, used: 0)
        tokens.settle(reserved: reservation.tokens, used: 0)
    }

    /// Records what a request used in place of what was set aside for it.
    ///
    /// - Returns: what it cost, as far as that is known.
    mutating func settle(
        _ reservation: Reservation, result: StreamResult, of model: ModelName, askedTier: String?, at now: Int64
    ) -> Double? {
        let billing = Billing(
            servedTier: result.serviceTier, askedTier: askedTier, unixMilliseconds: now,
            region: regions[model.provider])
        let known = prices.cost(of: result, in: model, billing)
        let used = reservation.used(result, cost: known, price: prices.price(of: model))
        cost.settle(reserved: reservation.cost, used: used.cost)
        tokens.settle(reserved: reservation.tokens, used: used.tokens)
        return known
    }

    /// Adds what jobs used up in earlier runs that have come into scope now.
    mutating func add(spentOnCost cost: Double, onTokens tokens: Double) {
        self.cost.settle(reserved: 0, used: cost)
        self.tokens.settle(reserved: 0, used: tokens)
    }

    /// The bound that keeps a job from being sent.
    var bound: String {
        cost.cap == nil ? "max-tokens-total" : tokens.cap == nil ? "max-cost" : "max-cost or --max-tokens-total"
    }
}

/// An amount that the jobs of a run may use up: what is spent, and what is set aside for requests under way.
package struct Budget: Sendable, Equatable {
    /// The most; nil for no bound.
    package internal(set) var cap: Double?
    /// What was used up, by report or estimate, earlier runs included.
    package private(set) var spent: Double
    private var reserved = 0.0

    package init(cap: Double?, spent: Double = 0) {
        self.cap = cap
        self.spent = Self.checked(spent)
    }

    /// Whether so much more may be set aside.
    func allows(_ amount: Double) -> Bool { cap.map { spent + reserved + amount <= $0 } ?? true }

    /// Whether what is spent and set aside is more than allowed.
    var isPassed: Bool { cap.map { spent + reserved > $0 } ?? false }

    /// How much more was used than allowed; nil where not.
    package var overshoot: Double? { cap.flatMap { spent > $0 ? spent - $0 : nil } }

    mutating func reserve(_ amount: Double) { reserved += Self.checked(amount) }

    /// Records what a request used in place of what was set aside for it.
    mutating func settle(reserved amount: Double, used: Double) {
        reserved = max(0, reserved - Self.checked(amount))
        spent += Self.checked(used)
    }

    /// What is summed is never negative, and a number: nothing that is used makes room for more.
    private static func checked(_ amount: Double) -> Double { amount > 0 && amount.isFinite ? amount : 0 }
}

/// What is set aside for a request: the most that it is likely to use up.
struct Reservation: Sendable, Equatable {
    var tokens = 0.0
    var cost = 0.0
    /// Whether what it costs is known; where nothing is set aside nobody asks.
    private(set) var isPriced = true
    private var inputTokens = 0.0
    private var tier = PriceTier.standard

    /// Nothing.
    static let none = Reservation()

    private init() {}

    /// Nothing, since no budget bounds the run; what a request of so many bytes uses up is still counted: a budget may be
    /// set while the run goes on.
    init(unboundedBytes bytes: Int) { inputTokens = Double(bytes) / 2 }

    /// Whether nothing is set aside.
    var isEmpty: Bool { tokens == 0 && cost == 0 }

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
        isPriced = price != nil
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

/// What jobs have used up in earlier runs.
package struct Spending: Sendable, Equatable {
    /// Tokens of a model's attempts whose cost is not stored: they failed before they were reported, or had no price.
    package struct Unpriced: Sendable, Equatable {
        package var model: ModelName
        package var inputTokens: Double
        package var outputTokens: Double

        package init(model: ModelName, inputTokens: Double, outputTokens: Double) {
            self.model = model
            self.inputTokens = inputTokens
            self.outputTokens = outputTokens
        }
    }

    /// In US dollars, as far as it is stored.
    package var costUSD = 0.0
    /// Input and output, by report or estimate.
    package var tokens = 0.0
    package var unpriced: [Unpriced] = []

    package init() {}

    /// The cost, with an estimate of what is not stored.
    package func cost(by prices: PriceTable) -> Double {
        unpriced.reduce(costUSD) { sum, part in
            guard let price = prices.price(of: part.model) else { return sum }
            return sum + part.inputTokens * price.input + part.outputTokens * price.output
        }
    }
}
