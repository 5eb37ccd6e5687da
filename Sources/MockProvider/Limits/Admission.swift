/// What a limiter decided, and what is left.
struct Admission: Sendable {
    /// The time after which to come again; zero of an admitted request.
    let wait: Duration
    let lacksTokens: Bool
    /// What the request costs.
    let tokens: Int
    let requests: TokenBucket?
    let tokensLeft: TokenBucket?
    let limits: RateLimits

    var isAdmitted: Bool { wait == .zero }

    /// Why the request is not admitted.
    func refusal(of model: String) -> ProviderFailure {
        let limit = lacksTokens ? "tokens per min (TPM)" : "requests per min (RPM)"
        return ProviderFailure(status: 429, message: "Rate limit reached for \(model) on \(limit).")
    }
}
