/// What the user asks of a run.
package struct RunConfiguration: Sendable {
    /// The most streams open at once.
    package var concurrency = 64
    /// How many of them are opened.
    package var width = StreamWidth.fixed
    /// The order in which jobs are sent.
    package var order = JobOrder.prefix
    /// Whether the first of the jobs that begin alike goes alone to an endpoint.
    package var warmFirst = WarmFirst.auto
    /// The user's limits of providers, and of models as `provider/model`.
    package var limits: [String: ProviderLimits] = [:]
    /// The part of the rates, told and learnt, that this worker may spend; it may change while the run goes on.
    package var share = CurrentShare()
    /// What models cost.
    package var prices = PriceTable()
    /// What the jobs in scope may cost, in US dollars, with what they have cost before.
    package var cost = Budget(cap: nil)
    /// The tokens that they may use, input and output together, with those that they have used before.
    package var tokens = Budget(cap: nil)
    /// How long a provider, or one of its models, may be out before it gets no more requests.
    package var outageTimeout: Duration = .seconds(900)
    /// The most jobs whose stream has ended and whose COMMIT is still to come: with more, a slow store holds up the
    /// sending.
    package var maximumUncommitted = 4096
    /// How long open streams may go on after the first signal.
    package var drainTimeout: Duration = .seconds(10)
    /// The most jobs to take up; nil for all.
    package var maximumJobs: Int?
    /// Whether of jobs with the same request one is sent.
    package var dedupes = false
    /// Whether the first failed job ends the intake.
    package var failsFast = false
    /// What is done with partial output, where the job's line does not say.
    package var resume: ResumePolicy = .auto
    /// The service tier that jobs ask for, where their lines do not say.
    package var serviceTier: String?
    /// How long the first content of a request for the tier `flex` may take, minutes as providers say; nil for as long
    /// as that of any other.
    package var flexFirstToken: Duration? = Self.usualFlexFirstToken
    package var retry = RetryPolicy()
    /// What is made of answers.
    package var answers = AnswerPolicy()
    package var ramp = StartRamp()

    package init() {}

    /// The time that OpenAI's guide to flex asks clients to wait.
    package static let usualFlexFirstToken = Duration.seconds(900)
}

/// How many streams may be open, and how soon after the start: providers answer a burst of a thousand connections in
/// one instant with 429.
package struct StartRamp: Sendable {
    /// The streams that may be open at once in the first step; at least 1.
    package var first = 32
    /// How long it takes until the bound doubles; zero for no ramp.
    package var step: Duration = .seconds(1)

    package init() {}

    /// The bound at a time after the start, and when it grows next.
    package struct Allowance: Sendable, Equatable {
        /// The streams that may be open at once.
        package var streams: Int
        /// How long after the start the bound doubles; nil once it is the limit.
        package var grows: Duration?
    }

    /// What is allowed at a time after the start, at most `limit`.
    ///
    /// - Parameters:
    ///   - share: of the burst; several workers that begin together make one.
    ///   - least: the streams that are allowed from the start, where there were some before it.
    package func allowance(
        after elapsed: Duration, limit: Int, share: WorkerShare = .whole, atLeast least: Int = 1
    ) -> Allowance {
        guard step > .zero else { return Allowance(streams: limit, grows: nil) }
        var streams = max(1, least, Int(Double(first) * share.part))
        var next = step
        // Sixty rounds or so at most: the bound doubles in each.
        while streams < limit, next <= elapsed {
            streams = streams > limit / 2 ? limit : 2 * streams
            next += step
        }
        return streams < limit ? Allowance(streams: streams, grows: next) : Allowance(streams: limit, grows: nil)
    }
}
