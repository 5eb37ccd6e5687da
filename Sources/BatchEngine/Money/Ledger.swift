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

    /// Whether so much more may be set aside.
    func allows(_ reservation: Reservation) -> Bool {
        cost.allows(reservation.cost) && tokens.allows(reservation.tokens)
    }

    mutating func reserve(_ reservation: Reservation) {
        cost.reserve(reservation.cost)
        tokens.reserve(reservation.tokens)
    }

    /// Takes what a request used in place of what was set aside for it.
    ///
    /// - Returns: what it cost, as far as that is known.
    mutating func settle(
        _ reservation: Reservation, _ result: StreamResult, of model: ModelName, askedTier: String?, at now: Int64
    ) -> Double? {
        let billing = Billing(
            servedTier: result.serviceTier, askedTier: askedTier, unixMilliseconds: now,
            region: regions[model.provider])
        let known = prices.cost(of: result, in: model, billing)
        guard isBounded else { return known }
        let used = reservation.used(result, cost: known, price: prices.price(of: model))
        cost.settle(reserved: reservation.cost, used: used.cost)
        tokens.settle(reserved: reservation.tokens, used: used.tokens)
        return known
    }

    /// The bound that keeps a job from being sent.
    var bound: String {
        cost.cap == nil ? "max-tokens-total" : tokens.cap == nil ? "max-cost" : "max-cost or --max-tokens-total"
    }
}
