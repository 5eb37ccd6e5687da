/// What the user asks of a run.
package struct RunConfiguration: Sendable {
    /// The most streams open at once.
    package var concurrency = 64
    /// The user's bounds of providers, and of models as `provider/model`.
    package var limits: [String: ProviderLimits] = [:]
    /// What models cost.
    package var prices = PriceTable()
    /// What the jobs in scope may cost, in US dollars, with what they have cost before.
    package var cost = Budget(cap: nil)
    /// The tokens that they may use up, input and output together, with those of before.
    package var tokens = Budget(cap: nil)
    /// How long a provider, or a model of it, may be out before it gets no more requests.
    package var outageTimeout: Duration = .seconds(900)
    /// The most jobs whose stream has ended and whose COMMIT is still to come: where the store is slow, no more are sent.
    package var maximumUncommitted = 4096
    /// How long open streams may go on after the first signal.
    package var drainTimeout: Duration = .seconds(10)
    /// The most jobs to take up; nil for all.
    package var maximumJobs: Int?
    /// Whether the first failed job ends the intake.
    package var failsFast = false
    /// What is done with partial output, where the job's line does not say.
    package var resume: ResumePolicy = .auto
    /// The service tier that jobs ask for, where their lines do not say.
    package var serviceTier: String?
    /// How long the first content of a request for the tier `flex` may take, which providers say is minutes; nil for as
    /// long as that of any other.
    package var flexFirstToken: Duration? = Self.usualFlexFirstToken
    package var retry = RetryPolicy()
    package var ramp = StartRamp()

    package init() {}

    /// What OpenAI's guide to flex asks clients to wait.
    package static let usualFlexFirstToken = Duration.seconds(900)
}
