/// How many streams the whole run may have: the user's bound, which may change while it goes on, and the steps in which
/// it is reached.
///
/// A value that reads no clock: times are since the run's start. A lower bound lets open streams end; a higher one is
/// reached as the first one was, from as many streams as were allowed until then.
struct RunWidth: Sendable {
    /// The most streams that the user allows.
    private(set) var limit: Int
    /// How many each endpoint gets.
    private(set) var rule: StreamWidth
    private let ramp: StartRamp
    /// Since when it grows, and from how many streams.
    private var start = (time: Duration.zero, streams: 1)

    init(limit: Int, rule: StreamWidth = .fixed, ramp: StartRamp) {
        self.limit = limit
        self.rule = rule
        self.ramp = ramp
    }

    /// Whether the streams of endpoints are found.
    var isFound: Bool { rule != .fixed }

    /// Changes the user's bound, and how many each endpoint gets.
    mutating func set(_ limit: Int, rule: StreamWidth = .fixed, at now: Duration, share: WorkerShare) {
        if limit > self.limit { start = (now, allowance(at: now, share: share).streams) }
        (self.limit, self.rule) = (limit, rule)
    }

    /// What is allowed at a time, and when more is; nil once nothing but the bound holds.
    ///
    /// - Parameter share: of the burst; see `StartRamp`.
    func allowance(at now: Duration, share: WorkerShare) -> StartRamp.Allowance {
        var allowance = ramp.allowance(
            after: now - start.time, limit: limit, share: share, atLeast: start.streams)
        allowance.grows = allowance.grows.map { start.time + $0 }
        return allowance
    }
}
